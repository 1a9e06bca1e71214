// <dg-location>: a point and its description. The browser is asked where it is only when the button is pressed.
import { t } from '../../shell/words.ts';

export class LocationInput extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('input', () => this.tell());
    this.addEventListener('dg:set', (event) => this.set((event as CustomEvent<{ value: unknown }>).detail.value));
    this.querySelector('[data-locate]')?.addEventListener('click', () => this.locate());
  }

  private input(part: string): HTMLInputElement {
    return this.querySelector<HTMLInputElement>(`[data-part=${part}]`)!;
  }

  /** Show a place that a rule or a formula gives. */
  private set(value: unknown): void {
    const match = /^\s*(-?[\d.]+),(-?[\d.]+)\s*(.*)$/.exec(typeof value === 'string' ? value : '');
    ['lng', 'lat', 'address'].forEach((part, place) => {
      this.input(part).value = match?.[place + 1] ?? '';
    });
    this.querySelector<HTMLInputElement>('input[type=hidden]')!.value = match ? match[0].trim() : '';
  }

  private locate(): void {
    const said = this.querySelector<HTMLElement>('[data-said]');
    const say = (text: string): void => {
      if (said) said.textContent = text;
    };
    if (!('geolocation' in navigator)) return say(t('This browser cannot tell where it is'));
    say(t('Looking for your position …'));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.input('lng').value = coords.longitude.toFixed(6);
        this.input('lat').value = coords.latitude.toFixed(6);
        say(t('Accurate to about {metres} m', { metres: Math.round(coords.accuracy) }));
        this.tell();
      },
      (error) => say(error.code === error.PERMISSION_DENIED ? t('You have not allowed this page to read your position') : t('Your position could not be found')),
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  }

  private tell(): void {
    const [lng, lat, address] = ['lng', 'lat', 'address'].map((part) => this.input(part).value.trim());
    const filled = Boolean(lng || lat || address);
    this.querySelector<HTMLInputElement>('input[type=hidden]')!.value = filled ? JSON.stringify({ lng, lat, address }) : '';
    const whole = Number.isFinite(Number(lng)) && lng && lat ? `${Number(lng).toFixed(6)},${Number(lat).toFixed(6)} ${address}`.trim() : null;
    this.dataset.value = JSON.stringify(whole);
    this.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  }
}

if (!customElements.get('dg-location')) customElements.define('dg-location', LocationInput);
