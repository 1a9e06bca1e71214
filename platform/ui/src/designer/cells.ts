// How inputs look: the server draws each field with the template of the real page; here they are fetched together and
// kept by what they depend on.
import { send } from './api.ts';
import type { FieldSpec } from './types.ts';

const IGNORED = new Set(['key', 'help', 'width', 'hidden', 'unique', 'default', 'required', 'fields', 'label']);

interface Waiting {
  name: string;
  spec: FieldSpec;
  rows: boolean;
}

export class Cells {
  private readonly known = new Map<string, string>();
  private readonly last = new Map<string, string>();
  private readonly asked = new Set<string>();
  private waiting: Waiting[] = [];
  private timer?: ReturnType<typeof setTimeout>;

  constructor(
    private readonly url: string,
    private readonly arrived: () => void,
  ) {}

  /** The HTML of an input; until it is there, how the field looked before, or nothing. */
  look(path: string, spec: FieldSpec): string | undefined {
    const rows = path.includes('.');
    const shape = Object.fromEntries(Object.entries(spec).filter(([name]) => !IGNORED.has(name) || (name === 'label' && spec.type === 'button')));
    const name = (rows ? 'r' : 'f') + JSON.stringify(shape);
    const html = this.known.get(name);
    if (html !== undefined) {
      if (html) this.last.set(path, html);
      return html || (this.last.get(path) ?? '');
    }
    if (!this.asked.has(name)) {
      this.asked.add(name);
      this.waiting.push({ name, spec, rows });
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.fetch(), 30);
    }
    return this.last.get(path);
  }

  private async fetch(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    for (const rows of [false, true]) {
      const some = batch.filter((one) => one.rows === rows);
      if (some.length) await this.ask(some, rows);
    }
    this.arrived();
  }

  private async ask(batch: Waiting[], rows: boolean): Promise<void> {
    try {
      const fields = batch.map((one) => ({ ...one.spec, default: undefined, help: undefined }));
      const answer = await send<{ cells: (string | null)[] }>('POST', this.url, { fields, rows });
      batch.forEach((one, index) => this.known.set(one.name, answer.cells[index] ?? ''));
    } catch {
      for (const one of batch) this.asked.delete(one.name); // drawn plainly; asked again with the next change
    }
  }
}
