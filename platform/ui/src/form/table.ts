// The rows of a sub-form. All of them are here as values; inputs stand on the page only for a window of 50, so that
// thousands of rows open at once and a keystroke stays cheap. Rows with inputs that somebody used are kept aside whole
// ("parked") when the window moves; the others come back from the server. A long table sends only what was changed.
import type { Values } from './live/types.ts';

export const WINDOW = 50;

/** What the server tells of a long table: each row as expressions read it, null for rows that are not stored; the
 * stored order and the rows that were removed, where the page comes back unsaved. */
export interface Stored { rows: readonly (Values | null)[]; order?: readonly number[]; gone?: readonly Values[] }

export interface Entry {
  readonly number: string;
  readonly id: string | null;
  /** The values when the page was opened: what a save is compared with. */
  readonly first: Values | null;
  row: Values | null;
  element: HTMLTableRowElement | null;
  /** Whether its inputs were used: then they are what is sent. */
  used: boolean;
  /** Fields that were given while there were no inputs for them. */
  readonly changed: Set<string>;
  readonly errors: Map<string, { text: string; message: string }>;
}

const tables = new WeakMap<Element, RowTable>();

export class RowTable {
  entries: Entry[] = [];
  start = 0;
  readonly key: string;
  /** Everything that the page was opened with, removed rows too. */
  private readonly stored: readonly Values[];
  /** Puts values into inputs that were made for rows which had none. */
  fill: (entries: readonly Entry[]) => void = () => undefined;
  private fresh: Entry[] = [];
  private readonly body: HTMLElement;
  private readonly parked: HTMLElement;
  private readonly gone: string[];
  private readonly firstOrder: string[];
  private readonly byNumber = new Map<string, Entry>();
  private readonly byRow = new WeakMap<Values, Entry>();
  private next = 0;
  private long = false;
  private asked = 0;

  static of(holder: Element, stored?: Stored): RowTable {
    const known = tables.get(holder);
    if (known) return known;
    const made = new RowTable(holder as HTMLElement, stored);
    tables.set(holder, made);
    return made;
  }

  private constructor(readonly holder: HTMLElement, stored?: Stored) {
    this.stored = [...(stored?.rows ?? []), ...(stored?.gone ?? [])].filter((one): one is Values => one !== null);
    this.gone = (stored?.gone ?? []).map((one) => String(one['id']));
    this.key = holder.dataset.subform ?? '';
    this.body = holder.querySelector<HTMLElement>('[data-rows]')!;
    this.parked = document.createElement('tbody');
    this.parked.hidden = true;
    this.parked.dataset.parked = '';
    this.body.after(this.parked);
    const elements = new Map([...this.body.querySelectorAll<HTMLTableRowElement>(':scope > tr[data-row]')].map((one) => [one.dataset.row!, one]));
    const count = stored?.rows.length ?? elements.size;
    this.long = stored !== undefined;
    const names = stored ? Array.from({ length: count }, (_, index) => String(index)) : [...elements.keys()];
    names.forEach((number, index) => {
      const element = elements.get(number) ?? null;
      const first = stored?.rows[index] ?? null;
      const id = element?.querySelector<HTMLInputElement>('input[name$="].id"]')?.value ?? (first ? String(first['id']) : null);
      const entry = this.made(number, id, first, element);
      entry.used = element?.dataset.posted !== undefined;
      this.entries.push(entry);
    });
    this.next = Math.max(-1, ...names.map(Number)) + 1;
    this.firstOrder = stored?.order?.map(String) ?? this.entries.flatMap((one) => (one.id === null ? [] : [one.id]));
    for (const name of ['input', 'change', 'dg:changed', 'dg:picked']) holder.addEventListener(name, (event) => this.use(event.target as Element));
    if (this.entries.length > WINDOW) this.settle();
  }

  private made(number: string, id: string | null, first: Values | null, element: HTMLTableRowElement | null): Entry {
    const entry: Entry = { number, id, first, row: null, element, used: false, changed: new Set(), errors: new Map() };
    this.byNumber.set(number, entry);
    return entry;
  }

  private use(target: Element): void {
    const number = target.closest<HTMLElement>('tr[data-row]')?.dataset.row;
    const entry = number === undefined ? undefined : this.byNumber.get(number);
    if (entry) entry.used = true;
  }

  // -- finding ---------------------------------------------------------------------------------------------------------

  /** Remember the values of a row: they are the same object as long as the page lives. */
  adopt(entry: Entry, row: Values): Values {
    entry.row = row;
    this.byRow.set(row, entry);
    return row;
  }

  at(number: string): Entry | undefined {
    return this.byNumber.get(number);
  }

  of(row: Values): Entry | undefined {
    return this.byRow.get(row);
  }

  get paged(): boolean {
    return this.entries.length > WINDOW;
  }

  get editable(): boolean {
    return this.holder.querySelector('[data-row-shape]') !== null;
  }

  // -- changing --------------------------------------------------------------------------------------------------------

  /** A new row without inputs yet; `show` or `settle` makes them when its page is on view. */
  insert(at = this.entries.length): Entry {
    const entry = this.made(String(this.next++), null, null, null);
    this.entries.splice(at, 0, entry);
    return entry;
  }

  remove(entry: Entry): void {
    if (entry.id !== null) this.gone.push(entry.id);
    this.entries = this.entries.filter((one) => one !== entry);
    this.byNumber.delete(entry.number);
    entry.element?.remove();
  }

  clear(): void {
    for (const entry of [...this.entries]) this.remove(entry);
  }

  move(entry: Entry, step: number): boolean {
    const from = this.entries.indexOf(entry);
    const to = from + step;
    if (from < 0 || to < 0 || to >= this.entries.length) return false;
    this.entries.splice(from, 1);
    this.entries.splice(to, 0, entry);
    return true;
  }

  // -- the window ------------------------------------------------------------------------------------------------------

  /** Show the page that a row stands on. */
  async reveal(entry: Entry): Promise<void> {
    const index = this.entries.indexOf(entry);
    if (index >= 0) await this.show(Math.floor(index / WINDOW) * WINDOW);
  }

  async show(start: number): Promise<void> {
    const last = Math.max(0, Math.floor((this.entries.length - 1) / WINDOW) * WINDOW);
    this.start = Math.max(0, Math.min(start, last));
    const missing = this.view().filter((one) => !one.element && one.id !== null);
    if (missing.length) {
      const number = ++this.asked;
      this.holder.setAttribute('aria-busy', 'true');
      const found = await this.fetch(missing);
      if (number !== this.asked) return;
      this.holder.removeAttribute('aria-busy');
      for (const entry of missing) {
        const element = found.get(entry.number);
        if (element && !entry.element) this.give(entry, element);
      }
    }
    this.settle();
  }

  private view(): Entry[] {
    return this.entries.slice(this.start, this.start + WINDOW);
  }

  /** Put the rows of the window onto the page, in their order; what leaves is parked where it was used. */
  settle(): void {
    if (this.start >= this.entries.length) this.start = Math.max(0, Math.floor((this.entries.length - 1) / WINDOW) * WINDOW);
    const view = new Set(this.view());
    for (const entry of view) if (!entry.element && entry.id === null) this.give(entry, this.shaped(entry.number));
    for (const entry of this.entries) {
      if (!entry.element || view.has(entry)) continue;
      if (entry.used || entry.id === null) {
        if (entry.element.parentElement !== this.parked) this.parked.append(entry.element);
      } else {
        entry.element.remove();
        entry.element = null;
      }
    }
    let before: Element | null = null;
    for (const entry of view) {
      if (!entry.element) continue;
      const place: Element | null = before ? before.nextElementSibling : this.body.firstElementChild;
      if (place !== entry.element) this.body.insertBefore(entry.element, place);
      before = entry.element;
    }
    this.entries.forEach((entry, index) => {
      if (entry.element) entry.element.dataset.place = String(index);
    });
    this.long ||= this.paged;
    const fresh = this.fresh;
    this.fresh = [];
    if (fresh.length) this.fill(fresh);
    for (const entry of fresh) {
      for (const [key, wrong] of entry.errors) if (entry.element) say(entry.element, `${this.key}[${entry.number}].${key}`, wrong);
    }
    this.holder.dispatchEvent(new CustomEvent('dg:rows', { bubbles: true }));
  }

  private give(entry: Entry, element: HTMLTableRowElement): void {
    entry.element = element;
    this.body.append(element); // custom elements come to life before they are filled
    this.fresh.push(entry);
  }

  private shaped(number: string): HTMLTableRowElement {
    const shape = this.holder.querySelector<HTMLTemplateElement>('[data-row-shape]');
    if (!shape) throw new Error('a sub-form without a shape for rows');
    const row = (shape.content.cloneNode(true) as DocumentFragment).querySelector('tr')!;
    for (const element of [row, ...row.querySelectorAll('*')]) {
      for (const attribute of [...element.attributes]) {
        if (attribute.value.includes('__row__')) attribute.value = attribute.value.replaceAll('__row__', number);
      }
    }
    return row;
  }

  private async fetch(entries: readonly Entry[]): Promise<Map<string, HTMLTableRowElement>> {
    const rows = entries.map((one) => `${one.number}:${one.id}`).join(',');
    const answer = await fetch(`${this.holder.dataset.rowsUrl}?rows=${rows}`, { headers: { Accept: 'text/html', 'HX-Request': 'true' } });
    const holder = document.createElement('template');
    if (answer.ok) holder.innerHTML = await answer.text();
    return new Map([...holder.content.querySelectorAll<HTMLTableRowElement>('tr[data-row]')].map((one) => [one.dataset.row!, one]));
  }

  // -- sending ---------------------------------------------------------------------------------------------------------

  /** What a long table sends instead of every input: rows that were changed, removed or moved. */
  contribute(data: FormData): void {
    if (!this.long || !this.editable) return;
    const rows: Record<string, Values> = {};
    const base: Values[] = [];
    for (const entry of this.entries) {
      if (entry.id !== null && !entry.used && entry.element) {
        for (const name of [...data.keys()]) if (name.startsWith(`${this.key}[${entry.number}].`)) data.delete(name);
      }
      if (entry.id !== null && (entry.used || entry.changed.size) && entry.first) base.push(entry.first);
      if (entry.element && entry.used) continue;
      const sent: Values = {};
      for (const key of entry.changed) sent[key] = entry.errors.get(key)?.text ?? plain(entry.row?.[key]);
      if (!entry.changed.size) continue;
      rows[entry.number] = entry.id === null ? sent : { id: entry.id, ...sent };
    }
    const order = this.entries.map((one) => one.id ?? `#${one.number}`);
    const kept = this.firstOrder.filter((id) => !this.gone.includes(id));
    const moved = order.length !== kept.length || order.some((one, index) => one !== kept[index]);
    data.set(`${this.key}[~]`, JSON.stringify({ rows, gone: this.gone, ...(moved ? { order } : {}) }));
    const before = data.get('_base');
    if (typeof before !== 'string' || !before) return;
    const removed = new Set(this.gone);
    for (const one of this.stored) if (removed.has(String(one['id']))) base.push(one);
    data.set('_base', JSON.stringify({ ...(JSON.parse(before) as Values), [this.key]: base }));
  }

}

/** Show what is wrong with a cell, and the text that could not be read. */
export function say(row: Element, name: string, wrong: { text: string; message: string }): void {
  const control = [...row.querySelectorAll<HTMLInputElement>('input, textarea')].find((one) => one.name === name && one.type !== 'hidden');
  const cell = control?.closest('td') ?? row.querySelector(`[data-name="${CSS.escape(name)}"], [data-live="${CSS.escape(name)}"], [name="${CSS.escape(name)}"]`)?.closest('td');
  if (control && ['text', 'tel', 'email', 'url', 'textarea', 'search'].includes(control.type)) control.value = wrong.text;
  control?.classList.add('is-invalid');
  control?.setAttribute('aria-invalid', 'true');
  if (!cell) return;
  cell.querySelector(':scope > .invalid-feedback')?.remove();
  const message = document.createElement('div');
  message.className = 'invalid-feedback d-block';
  message.textContent = wrong.message;
  cell.append(message);
}

/** A value as it is sent: of records their ids. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null && 'id' in value && ('title' in value || Object.keys(value).length === 1)) return (value as { id: unknown }).id;
  return value ?? null;
}
