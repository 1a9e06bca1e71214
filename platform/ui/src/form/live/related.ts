// What expressions read of the records that relations point at: sent with the page, else asked for once.
import type { Data, Values } from './types.ts';

export const TITLE = '_title';

export class Related {
  private known = new Map<string, Values>();

  constructor(private form: HTMLFormElement, private data: Data) {
    this.learn(data.related);
  }

  get any(): boolean {
    return this.known.size > 0;
  }

  learn(related: Record<string, Record<string, Values>> = {}): void {
    for (const [path, found] of Object.entries(related)) {
      for (const [id, values] of Object.entries(found)) this.known.set(`${path}#${id}`, values);
    }
  }

  of(path: string, id: string): Values | undefined {
    return this.known.get(`${path}#${id}`);
  }

  /** A chosen record with what is known of it; other values as they are. */
  beside(path: string, value: unknown): unknown {
    if (typeof value !== 'object' || value === null || !('id' in value)) return value;
    return { ...value, ...this.of(path, String(value.id)) };
  }

  /** Ask for the records that are chosen now, each once. */
  async fetchAll(path: string): Promise<void> {
    if (!this.data.needs[path]) return;
    const key = path.split('.').at(-1)!;
    const names = path.includes('.') ? `[name^="${path.split('.')[0]}["][name$="].${key}"]` : `[name="${path}"]`;
    const ids = [...this.form.querySelectorAll<HTMLInputElement>(`dg-picker input[type=hidden]${names}`)].map((one) => one.value).filter(Boolean);
    await Promise.all([...new Set(ids)].map((id) => this.fetch(path, id)));
  }

  /** A record that nobody chose here, with its title (`_title`); without one where it cannot be told. */
  async find(path: string, id: string): Promise<Values> {
    if (!this.of(path, id)?.[TITLE]) await this.ask(path, id, '&title=1');
    return this.of(path, id)!;
  }

  private async fetch(path: string, id: string): Promise<void> {
    if (!this.of(path, id)) await this.ask(path, id);
  }

  private async ask(path: string, id: string, more = ''): Promise<void> {
    const url = `/a/${this.data.app}/${this.data.form}/related?path=${encodeURIComponent(path)}&id=${id}${more}`;
    const answer = await fetch(url, { headers: { Accept: 'application/json' } });
    this.known.set(`${path}#${id}`, answer.ok ? ((await answer.json()) as Values) : { id });
  }
}
