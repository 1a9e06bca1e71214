// <dg-live-query>: records of another form that fit what is filled in, asked of the server when a field that its
// conditions read changes.
import { filling, post } from './post.ts';

const WAIT = 300;

export class LiveQuery extends HTMLElement {
  private timer = 0;
  private running: AbortController | null = null;
  private last = '';

  connectedCallback(): void {
    const form = this.closest('form');
    if (!form) return;
    for (const name of ['input', 'change', 'dg:changed', 'dg:picked']) form.addEventListener(name, () => this.later());
    new MutationObserver(() => this.later()).observe(form, { attributes: true, attributeFilter: ['data-ready', 'aria-busy'] });
    this.later(0);
  }

  private later(wait = WAIT): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), wait);
  }

  private async ask(): Promise<void> {
    const form = this.closest('form')!;
    const body = filling(form, this.dataset.record);
    const reads = new Set((this.dataset.reads ?? '').split(' ').filter(Boolean));
    const now = JSON.stringify([...body].filter(([name]) => reads.has(name.replace(/\[.*/, '').replace(/\..*/, ''))).map(([name, value]) => [name, String(value)]));
    if (now === this.last) return;
    this.last = now;
    this.running?.abort();
    const control = (this.running = new AbortController());
    this.setAttribute('aria-busy', 'true');
    try {
      const answer = await post(this.dataset.url!, body, { Accept: 'text/html', 'HX-Request': 'true' }, control.signal);
      if (answer.ok) this.innerHTML = await answer.text();
      else this.last = '';
    } catch {
      if (!control.signal.aborted) this.last = ''; // offline: asked again with the next change
    }
    if (!control.signal.aborted) this.removeAttribute('aria-busy');
  }
}

customElements.define('dg-live-query', LiveQuery);
