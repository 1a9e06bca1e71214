// Questions to the server while one types: data linkage and what reads other forms. Asked 250 ms after the last change;
// an answer that a later question has overtaken is thrown away.
import type { Data } from './types.ts';
import { filling, post } from '../post.ts';

const WAIT = 250;

export interface Linked { path: string; value?: unknown; choices?: { value: string; label: string }[]; rows?: Record<string, unknown>[] }
export interface Answer { linked: Linked[]; answers: Record<string, unknown> }

export class Server {
  private timer = 0;
  private waiting = new Set<string>();
  private running: AbortController | null = null;

  constructor(private form: HTMLFormElement, private data: Data, private arrived: (answer: Answer) => void) {}

  /** Ask for linkages by their place (`rate`, `lines[2].price`) and for expressions by their name. */
  ask(names: readonly string[]): void {
    if (!names.length) return;
    for (const name of names) this.waiting.add(name);
    clearTimeout(this.timer);
    this.running?.abort();
    this.form.setAttribute('aria-busy', 'true');
    this.timer = window.setTimeout(() => void this.send(), WAIT);
  }

  get busy(): boolean {
    return this.waiting.size > 0;
  }

  /** Ask at once what is waiting: before the record is sent. */
  async settle(): Promise<void> {
    clearTimeout(this.timer);
    this.running?.abort();
    if (this.busy) await this.send();
  }

  private async send(): Promise<void> {
    const names = [...this.waiting];
    const control = (this.running = new AbortController());
    const body = filling(this.form, this.data.record);
    for (const name of names) body.append('_ask', name);
    try {
      const answer = await post(`/a/${this.data.app}/${this.data.form}/live`, body, {}, control.signal);
      if (control.signal.aborted) return;
      this.done(names);
      if (answer.ok) this.arrived((await answer.json()) as Answer);
    } catch {
      if (!control.signal.aborted) this.done(names); // offline: saving asks the server anyway
    }
  }

  private done(names: readonly string[]): void {
    for (const name of names) this.waiting.delete(name);
    this.form.removeAttribute('aria-busy');
  }
}
