// <dg-signature>: a pad to sign on. The picture is sent shortly after the last stroke, at the latest before the form is.
import type SignaturePad from 'signature_pad';
import { t } from '../../shell/words.ts';
import { send, type Stored } from './send.ts';
import './viewer.ts';

const WAIT = 700;

export class SignatureInput extends HTMLElement {
  private pad: SignaturePad | null = null;
  private timer = 0;
  private sending: Promise<void> | null = null;

  connectedCallback(): void {
    this.addEventListener('click', (event) => {
      const target = event.target as Element;
      if (target.closest('[data-clear]')) this.clear();
      if (target.closest('[data-undo]')) this.undo();
      if (target.closest('[data-reuse]')) void this.reuse();
    });
    this.settle(false);
    new ResizeObserver(() => this.fit()).observe(this.canvas);
    void this.start();
  }

  private get canvas(): HTMLCanvasElement {
    return this.querySelector('canvas')!;
  }

  private get field(): HTMLInputElement {
    return this.querySelector<HTMLInputElement>('input[type=hidden]')!;
  }

  private async start(): Promise<void> {
    const { default: Pad } = await import('signature_pad');
    this.pad = new Pad(this.canvas, { penColor: '#1b2432', backgroundColor: 'rgb(255, 255, 255)', minWidth: 0.8, maxWidth: 2.6 });
    this.fit();
    this.pad.addEventListener('beginStroke', () => {
      clearTimeout(this.timer);
      this.querySelector('[data-signed]')?.remove();
      this.hint(false);
    });
    this.pad.addEventListener('endStroke', () => this.later());
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), WAIT);
    this.tools();
  }

  private tools(): void {
    const undo = this.querySelector<HTMLButtonElement>('[data-undo]');
    if (undo) undo.disabled = !this.pad?.toData().length;
  }

  /** Take the last stroke away; without any it is not signed. */
  private undo(): void {
    const drawn = this.pad?.toData() ?? [];
    drawn.pop();
    if (!drawn.length) return this.clear();
    this.pad?.fromData(drawn);
    this.later();
  }

  /** As many pixels as the screen has, so that lines are sharp; what was drawn stays. */
  private fit(): void {
    const ratio = Math.max(devicePixelRatio || 1, 1);
    const width = Math.round(this.canvas.offsetWidth * ratio);
    if (!this.pad || width === 0 || this.canvas.width === width) return;
    const drawn = this.pad.toData();
    this.canvas.width = width;
    this.canvas.height = Math.round(this.canvas.offsetHeight * ratio);
    this.canvas.getContext('2d')?.scale(ratio, ratio);
    this.pad.clear();
    this.pad.fromData(drawn);
  }

  /** Whether something was drawn that was not sent yet. */
  get waiting(): boolean {
    return this.timer !== 0 || this.sending !== null;
  }

  async flush(): Promise<void> {
    if (this.sending) return this.sending;
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.pad || this.pad.isEmpty()) return;
    this.sending = this.store().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  private async store(): Promise<void> {
    const blob = await new Promise<Blob | null>((done) => this.canvas.toBlob(done, 'image/png'));
    if (!blob) return;
    try {
      this.write(await send(blob, 'signature.png'));
      this.trouble('');
    } catch (error) {
      this.trouble((error as Error).message);
    }
  }

  private clear(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    this.pad?.clear();
    this.tools();
    this.querySelector('[data-signed]')?.remove();
    this.write(null);
    this.canvas.focus();
  }

  private async reuse(): Promise<void> {
    const answer = await fetch('/files/last-signature', { headers: { Accept: 'application/json' } });
    const stored = answer.ok ? ((await answer.json()) as Stored | null) : null;
    if (!stored) return this.trouble(t('You have not signed anything yet'));
    this.clear();
    const picture = document.createElement('img');
    picture.src = `/files/${stored.id}`;
    picture.alt = t('Signature');
    picture.dataset.signed = '';
    this.canvas.after(picture);
    this.write(stored);
    this.trouble('');
  }

  private write(stored: Stored | null): void {
    this.field.value = stored ? JSON.stringify([stored]) : '';
    this.settle(true);
  }

  private settle(tell: boolean): void {
    this.hint(this.field.value === '' || this.field.value === '[]');
    const files = JSON.parse(this.field.value || '[]') as Stored[];
    this.dataset.value = JSON.stringify(files.map((one) => one.name));
    if (tell) this.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  }

  private hint(shown: boolean): void {
    const hint = this.querySelector<HTMLElement>('[data-hint]');
    if (hint) hint.hidden = !shown;
  }

  private trouble(text: string): void {
    const place = this.querySelector('[data-trouble]');
    if (place) place.textContent = text;
  }
}

if (!customElements.get('dg-signature')) customElements.define('dg-signature', SignatureInput);

// A form waits for the signatures that are on their way.
document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  const waiting = [...form.querySelectorAll<SignatureInput>('dg-signature')].filter((one) => one.waiting);
  if (waiting.length === 0) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = event.submitter;
  void Promise.all(waiting.map((one) => one.flush())).then(() => form.requestSubmit(button));
}, true);
