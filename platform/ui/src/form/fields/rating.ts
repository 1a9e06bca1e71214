// <dg-rating>: radios drawn as stars. A click on the star that is chosen takes the rating away, where it may be blank.
import { setValue } from './value.ts';

export class Rating extends HTMLElement {
  private was = '';

  connectedCallback(): void {
    this.addEventListener('change', () => this.tell());
    this.addEventListener('pointerdown', () => {
      this.was = this.chosen;
    });
    this.addEventListener('click', (event) => this.again(event.target as Element));
    this.addEventListener('keydown', (event) => {
      if ((event.key === 'Delete' || event.key === 'Backspace') && this.hasAttribute('data-clears')) this.clear();
    });
    this.addEventListener('focus', () => this.radios().find((one) => one.checked || !this.chosen)?.focus());
  }

  get chosen(): string {
    return this.radios().find((one) => one.checked)?.value ?? '';
  }

  private radios(): HTMLInputElement[] {
    return [...this.querySelectorAll<HTMLInputElement>('input[type=radio]')];
  }

  private again(target: Element): void {
    if (!(target instanceof HTMLInputElement) || !this.hasAttribute('data-clears')) return;
    if (target.value === this.was) this.clear();
    this.was = '';
  }

  private clear(): void {
    for (const one of this.radios()) one.checked = false;
    this.tell();
  }

  private tell(): void {
    const now = this.querySelector('output');
    if (now) now.textContent = this.chosen;
    setValue(this, this.chosen || null);
  }
}

customElements.define('dg-rating', Rating);
