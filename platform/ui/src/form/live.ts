// Formulas, defaults, rules and linkage while one types: the same trees as on the server, which has the last word.
// `live/model.ts` computes, this reads the inputs, shows what changed and asks the server for what only it knows.
import { Inputs, LINKED } from './live/inputs.ts';
import { lookOf } from './live/currency.ts';
import { Model, type Place } from './live/model.ts';
import { shown } from './live/numbers.ts';
import { Related, TITLE } from './live/related.ts';
import { Server, type Answer } from './live/server.ts';
import { Show } from './live/show.ts';
import type { About, Data, Message, State, Values } from './live/types.ts';
import { pageData } from './page.ts';
import { RowTable, type Entry } from './table.ts';
import { Totals } from './totals.ts';

export { readNumber, shown } from './live/numbers.ts';

export function installLive(form: HTMLFormElement): void {
  const data = pageData();
  if (data) void new Live(form, data).start();
}

export class Live {
  private related: Related;
  private inputs: Inputs;
  private model: Model;
  private server: Server;
  private show: Show;
  private tables = new Map<string, RowTable>();
  private totals: Totals;
  private abouts = new Map<string, About>();
  private queued = false;
  private rearranged = false;
  private waiting = new Set<string>();
  private left = new Set<string>();
  private lockedAtFirst = false;
  private counted = '';

  constructor(private form: HTMLFormElement, private data: Data) {
    this.related = new Related(form, data);
    for (const holder of form.querySelectorAll<HTMLElement>('[data-subform]')) {
      const key = holder.dataset.subform!;
      const table = RowTable.of(holder, data.tables?.[key]);
      table.fill = (entries) => this.fillIn(table, entries);
      this.tables.set(key, table);
    }
    this.totals = new Totals(form);
    this.inputs = new Inputs(form, data.facts, (path, id) => this.related.of(path, id), (name) => this.stored(name));
    for (const about of data.fields) {
      this.abouts.set(about.key, about);
      for (const inner of about.rows ?? []) this.abouts.set(`${about.key}.${inner.key}`, inner);
    }
    this.model = new Model(data, this.collect(), (place) => this.isFree(place));
    this.server = new Server(form, data, (answer) => this.arrived(answer));
    this.show = new Show(form, data, this.inputs);
  }

  async start(): Promise<void> {
    this.form.addEventListener('input', (event) => this.typed(event.target as HTMLElement));
    this.form.addEventListener('change', (event) => {
      this.left.add((event.target as HTMLInputElement).name);
      this.typed(event.target as HTMLElement);
    });
    this.form.addEventListener('dg:changed', (event) => {
      const target = event.target as HTMLElement;
      if (target.dataset.live !== undefined) this.typed(target);
      else this.rearrange();
    });
    this.form.addEventListener('dg:picked', (event) => void this.picked((event as CustomEvent<{ name: string }>).detail.name));
    this.form.addEventListener('submit', (event) => this.beforeSubmit(event));
    this.form.addEventListener('formdata', (event) => {
      for (const table of this.tables.values()) table.contribute(event.formData);
    });
    this.form.addEventListener('dg:rows', () => {
      this.inputs.index();
      this.show.index();
      if (!this.rearranged) this.show.apply(this.locked(this.model.state), (message) => this.isHeard(message));
    });
    this.form.addEventListener('dg:values', (event) => this.accept((event as CustomEvent<Values>).detail));
    this.form.addEventListener('dg:fill', (event) => this.take((event as CustomEvent<Filled>).detail));
    await Promise.all(Object.keys(this.data.needs).map((path) => this.related.fetchAll(path)));
    if (this.related.any) this.readAgain();
    this.show.index();
    this.run();
    this.lockedAtFirst = this.data.mode === 'update' && this.model.state.locked;
    this.form.dataset.ready = 'ready';
  }

  // -- from the page -----------------------------------------------------------------------------------------------

  private typed(target: HTMLElement): void {
    const name = target.dataset.live ?? (target as HTMLInputElement).name ?? '';
    if (!name || target.closest('dg-picker')) return;
    const place = this.placeOf(name);
    if (!place) return;
    target.dataset.touched = '1';
    this.waiting.add(name);
    this.later();
  }

  /** What was typed a moment ago, and what only the server knows of it, goes along. */
  private beforeSubmit(event: SubmitEvent): void {
    if (this.waiting.size || this.rearranged) this.compute();
    if (!this.server.busy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void this.server.settle().then(() => this.form.requestSubmit(event.submitter));
  }

  private rearrange(): void {
    this.rearranged = true;
    this.later();
  }

  private later(): void {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.compute();
    });
  }

  /** Take over what was typed and bring the record to rest. */
  compute(): void {
    const start = performance.now();
    if (this.rearranged) this.readRows();
    for (const name of this.waiting) {
      const place = this.placeOf(name);
      if (!place) continue;
      const value = this.inputs.read(place.about, name, this.pathOf(place));
      this.model.edit(place, value);
      if (this.left.has(name) && value === null) this.model.again(place); // not while somebody is about to type another
    }
    this.waiting.clear();
    this.left.clear();
    this.run();
    performance.clearMeasures('dg-live'); // the last one only: for tests and for whoever looks
    performance.measure('dg-live', { start, end: performance.now() });
  }

  private run(): void {
    const { changes, asks, questions } = this.model.run();
    for (const change of changes) this.put(change, change.value);
    this.show.apply(this.locked(this.model.state), (message) => this.isHeard(message));
    this.totals.show(this.model, this.abouts, this.data);
    this.recount();
    this.spell();
    const names = asks.map(({ linkage, row }) => (row ? this.statePath(linkage.subform!, linkage.path.split('.')[1]!, row) : linkage.path));
    this.server.ask([...names, ...questions]);
  }

  /** Where a field stands on the page: once, or in every row that has inputs. */
  private places(path: string): { name: string; row: Values | undefined }[] {
    const [head, key] = path.split('.') as [string, string?];
    if (key === undefined) return [{ name: head, row: undefined }];
    return (this.tables.get(head)?.entries ?? []).flatMap((one) => (one.element && one.row ? [{ name: `${head}[${one.number}].${key}`, row: one.row }] : []));
  }

  /** Amounts that are shown, not typed, in another currency than before: the number may be the same. */
  private recount(): void {
    const paid = [...this.abouts].filter(([, about]) => about.unit);
    const look = (about: About, row?: Values): ReturnType<typeof lookOf> => lookOf(about, this.model.values, row, this.data);
    const now = paid.map(([, about]) => look(about).symbol).join();
    if (now === this.counted) return;
    const first = this.counted === '';
    this.counted = now;
    for (const [path, about] of first ? [] : paid) {
      for (const { name, row } of this.places(path)) {
        const output = this.inputs.output(name);
        if (output) output.textContent = shown(look(about, row), (row ?? this.model.values)[about.key]);
      }
    }
  }

  /** What look-ups show of the records that are chosen now: their words come from the server, with the record. */
  private spell(): void {
    for (const [path, about] of this.abouts) {
      if (!about.words) continue;
      const inner = about.words.includes('.');
      for (const { name, row } of this.places(path)) {
        const output = this.inputs.output(name);
        const relation = about.words.split('.').at(-1)!;
        if (!output || !this.inputs.has(this.nameOf(relation, inner ? row : undefined))) continue;
        const chosen = ((inner ? row : undefined) ?? this.model.values)[relation] as { _words?: Record<string, string> } | null | undefined;
        const text = chosen?._words?.[path] ?? '';
        if (output.textContent !== text) output.textContent = text;
      }
    }
  }

  /** A record is locked by what is stored, not by what is typed now. */
  private locked(state: State): State {
    const now = this.form.dataset.ready === 'ready' ? this.lockedAtFirst : this.data.mode === 'update' && state.locked;
    return state.locked === now ? state : { ...state, locked: now };
  }

  /** A new record is not scolded before somebody has filled in something that the message is about. */
  private isHeard(message: Message): boolean {
    if (this.data.mode === 'update') return true;
    if (this.form.querySelector('[data-error-summary]')) return true;
    return this.form.querySelector('[data-touched]') !== null && message.rule !== '';
  }

  private put(place: Place, value: unknown): void {
    if (LINKED.has(place.about.type) && (typeof value === 'string' || typeof value === 'number')) {
      void this.identify(place, String(value));
      value = { id: value, title: '…' };
    }
    const name = this.nameOf(place.key, place.row);
    const output = this.inputs.output(name);
    if (output) {
      output.dataset.value = JSON.stringify(value ?? null);
      if (!place.about.words) output.textContent = shown(lookOf(place.about, this.model.values, place.row, this.data), value);
      return;
    }
    if (place.about.rows) return;
    if (this.inputs.write(place.about, name, value) || !place.row || place.about.formula) return;
    this.entryOf(place)?.changed.add(place.key);
  }

  /** An expression gave a record's number alone: its title, and what is read of it, come from the server. */
  private async identify(place: Place, id: string): Promise<void> {
    const path = this.pathOf(place);
    const found = await this.related.find(path, id);
    const held = (place.row ?? this.model.values)[place.key];
    if (String(typeof held === 'object' && held !== null ? (held as Values)['id'] : held) !== id) return; // another one by now
    this.put(place, { id, title: found[TITLE] ?? `#${id}` });
    if (!this.data.needs[path]) return;
    this.model.give(place, { ...found, id }, false);
    this.run();
  }

  // -- rows ----------------------------------------------------------------------------------------------------------

  private entryOf(place: Place): Entry | undefined {
    return place.row && this.tables.get(place.subform ?? '')?.of(place.row);
  }

  private collect(): Values {
    const values: Values = {};
    for (const about of this.data.fields) {
      const table = this.tables.get(about.key);
      if (!about.rows) values[about.key] = this.inputs.read(about, about.key, about.key);
      else values[about.key] = table ? table.entries.map((entry) => this.adopt(about, table, entry)) : [];
    }
    return values;
  }

  /** The values of a row: as its inputs hold them, or as the server told them where it has no inputs yet. */
  private adopt(about: About, table: RowTable, entry: Entry): Values {
    if (entry.row) return entry.row;
    const row: Values = {};
    for (const inner of about.rows ?? []) {
      const path = `${about.key}.${inner.key}`;
      const value = entry.element ? this.inputs.read(inner, `${about.key}[${entry.number}].${inner.key}`, path) : (entry.first?.[inner.key] ?? null);
      row[inner.key] = this.related.beside(path, value);
    }
    return table.adopt(entry, row);
  }

  /** What is stored of a field without an input, for expressions that read it. */
  private stored(name: string): unknown {
    const found = /^([^[\]]+)\[([^\]]+)\]\.(.+)$/.exec(name);
    if (!found) return this.data.stored?.[name];
    const entry = this.tables.get(found[1]!)?.at(found[2]!);
    return entry?.id ? (this.data.storedRows?.[found[1]!]?.[entry.id]?.[found[3]!] ?? entry.first?.[found[3]!]) : null;
  }

  private readRows(): void {
    this.rearranged = false;
    this.inputs.index();
    for (const about of this.data.fields.filter((one) => one.rows)) {
      const table = this.tables.get(about.key);
      if (!table) continue;
      const rows = table.entries.map((entry) => this.adopt(about, table, entry));
      const before = this.model.rows(about.key);
      if (rows.length !== before.length || rows.some((row, index) => row !== before[index])) this.model.arrange(about.key, rows);
      this.readCells(about, table);
    }
    for (const about of this.data.fields.filter((one) => !one.rows)) {
      this.model.give({ about, key: about.key }, this.inputs.read(about, about.key, about.key), false);
    }
    this.show.index();
  }

  private readCells(about: About, table: RowTable): void {
    for (const entry of table.entries) {
      if (!entry.element || !entry.row) continue;
      for (const inner of about.rows ?? []) {
        const value = this.inputs.read(inner, `${about.key}[${entry.number}].${inner.key}`, `${about.key}.${inner.key}`);
        this.model.give({ about: inner, key: inner.key, subform: about.key, row: entry.row }, value, false);
      }
    }
  }

  /** Rows got inputs: show in them what is known of them. */
  private fillIn(table: RowTable, entries: readonly Entry[]): void {
    const about = this.abouts.get(table.key);
    this.inputs.index();
    for (const entry of entries) {
      for (const inner of entry.row ? (about?.rows ?? []) : []) {
        const name = `${table.key}[${entry.number}].${inner.key}`;
        const value = entry.row![inner.key];
        const output = this.inputs.output(name);
        if (output) {
          output.dataset.value = JSON.stringify(value ?? null);
          if ((inner.formula || inner.follow) && !inner.words) output.textContent = shown(lookOf(inner, this.model.values, entry.row!, this.data), value);
        } else if (entry.changed.has(inner.key) || (entry.id === null && value !== null && value !== undefined)) {
          this.inputs.write(inner, name, value ?? null);
        }
      }
    }
  }

  /** Values for rows that a person did not type: pasted, copied or picked. They count as typed. */
  private take(filled: Filled): void {
    const about = this.abouts.get(filled.table.key);
    this.related.learn(filled.related);
    this.readRows();
    for (const { entry, values } of filled.rows) {
      for (const inner of about?.rows ?? []) {
        if (!(inner.key in values) || !entry.row || inner.formula) continue;
        const path = `${filled.table.key}.${inner.key}`;
        const value = this.related.beside(path, values[inner.key]);
        const name = `${filled.table.key}[${entry.number}].${inner.key}`;
        if (!inner.readonly) entry.changed.add(inner.key);
        if (entry.element && this.inputs.write(inner, name, value)) {
          entry.used = true;
          this.touch(name);
        } else if (entry.element) {
          this.put({ about: inner, key: inner.key, subform: filled.table.key, row: entry.row }, value);
        }
        this.model.edit({ about: inner, key: inner.key, subform: filled.table.key, row: entry.row }, value);
      }
    }
    this.run();
  }

  private readAgain(): void {
    for (const about of this.data.fields) {
      if (!about.rows) this.model.give({ about, key: about.key }, this.inputs.read(about, about.key, about.key), false);
      const table = about.rows && this.tables.get(about.key);
      if (table) this.readCells(about, table);
    }
  }

  private placeOf(name: string): Place | null {
    const found = /^([^[\]]+)(?:\[([^\]]+)\]\.(.+))?$/.exec(name);
    const about = found ? this.abouts.get(found[3] === undefined ? found[1]! : `${found[1]}.${found[3]}`) : undefined;
    if (!found || !about || about.formula) return null;
    if (found[3] === undefined) return { about, key: about.key };
    const row = this.tables.get(found[1]!)?.at(found[2]!)?.row;
    return row ? { about, key: about.key, subform: found[1]!, row } : null;
  }

  private pathOf(place: Place): string {
    return place.subform === undefined ? place.key : `${place.subform}.${place.key}`;
  }

  private nameOf(key: string, row?: Values): string {
    if (!row) return key;
    for (const table of this.tables.values()) {
      const entry = table.of(row);
      if (entry) return `${table.key}[${entry.number}].${key}`;
    }
    return `[].${key}`; // a row that is gone
  }

  /** Whether a default may still be given: nobody typed here, and the row or record is new. */
  private isFree(place: Place): boolean {
    const name = this.nameOf(place.key, place.row);
    const entry = this.entryOf(place);
    if (place.row && (!entry || entry.id !== null || (!entry.element && entry.changed.has(place.key)))) return false;
    const held = (place.row ?? this.model.values)[place.key];
    if (entry && !entry.element) return held === null || held === undefined || held === '';
    const control = this.inputs.controls(name).at(-1) ?? this.inputs.widget(name);
    if (!control && this.inputs.output(name)) return place.row !== undefined || this.data.mode === 'create'; // nobody types there
    if (!control || control.dataset.touched) return false;
    const unread = control instanceof HTMLInputElement && control.type === 'text' && control.value.trim() !== '';
    if (unread && (held === null || held === undefined) && control.dataset.auto === undefined) return false; // "abc" in a number stays, with what is said of it
    return held === null || held === undefined || held === '' || control.dataset.auto !== undefined;
  }

  // -- related records -------------------------------------------------------------------------------------------------

  private async picked(name: string): Promise<void> {
    const path = name.replace(/\[[^\]]*\]/, '');
    await this.related.fetchAll(path);
    const place = this.placeOf(name);
    if (!place) return;
    this.refill(place, path);
    this.model.edit(place, this.inputs.read(place.about, name, path));
    this.run();
    if (this.data.copies?.[path]) await this.fillFrom(place, path);
  }

  /** A record that was just chosen fills what its relation copies; it stays this record's own afterwards. */
  private async fillFrom(place: Place, path: string): Promise<void> {
    const chosen = (place.row ?? this.model.values)[place.key];
    const id = typeof chosen === 'object' && chosen !== null ? (chosen as Values)['id'] : chosen;
    if (id === null || id === undefined || id === '') return;
    const url = `/a/${this.data.app}/${this.data.form}/copies?path=${encodeURIComponent(path)}&id=${String(id)}`;
    const answer = await fetch(url, { headers: { Accept: 'application/json' } });
    if (!answer.ok) return;
    const { values } = (await answer.json()) as { values: Values };
    const entry = this.entryOf(place);
    const table = place.subform === undefined ? undefined : this.tables.get(place.subform);
    if (table && entry) return this.take({ table, rows: [{ entry, values }] });
    for (const about of this.data.fields) {
      if (!(about.key in values)) continue;
      const value = this.related.beside(about.key, values[about.key]);
      if (this.inputs.write(about, about.key, value)) this.touch(about.key);
      this.model.edit({ about, key: about.key }, value);
      const output = this.inputs.output(about.key);
      if (output) this.put({ about, key: about.key }, value);
    }
    this.run();
  }

  private touch(name: string): void {
    for (const control of this.inputs.controls(name)) {
      delete control.dataset.auto;
      control.dataset.touched = '1';
    }
  }

  /** A record that was just picked fills what its fields are the defaults of, whatever stood there. */
  private refill(place: Place, path: string): void {
    const key = path.split('.').at(-1)!;
    const fields = place.subform === undefined ? this.data.fields : (this.abouts.get(place.subform)?.rows ?? []);
    for (const one of fields) {
      if (!one.default || !JSON.stringify(one.default).includes(`"path":["${key}",`)) continue;
      for (const control of this.inputs.controls(this.nameOf(one.key, place.row))) {
        delete control.dataset.touched;
        control.dataset.auto = '1';
      }
    }
  }

  // -- what the server answered ----------------------------------------------------------------------------------------

  private arrived(answer: Answer): void {
    for (const one of answer.linked) {
      if (one.rows) this.fillRows(one.path, one.rows);
      const place = one.rows ? null : this.model.placeOf(one.path);
      if (!place) continue;
      if (one.choices) this.model.offer(one.path, one.choices.map((each) => each.value));
      else if (!this.model.keeps(this.pathOf(place), place.row)) this.model.give(place, one.value ?? null);
    }
    this.model.answer(answer.answers);
    if (this.rearranged) this.readRows();
    this.run();
  }

  /** Values that a call brought: they count as typed. */
  private accept(values: Values): void {
    for (const name of Object.keys(values)) {
      const place = this.placeOf(name);
      const value = this.related.beside(name, values[name]);
      if (!place || !this.inputs.write(place.about, name, value)) continue;
      this.touch(name);
      this.model.edit(place, value);
    }
    this.run();
  }

  /** Rows are numbered by their order, as on the server. */
  private statePath(subform: string, key: string, row: Values): string {
    return `${subform}[${this.model.rows(subform).indexOf(row)}].${key}`;
  }

  private fillRows(key: string, rows: readonly Record<string, unknown>[]): void {
    const about = this.abouts.get(key);
    const table = this.tables.get(key);
    if (!about?.rows || !table?.editable || this.model.keeps(key)) return;
    table.clear();
    for (const values of rows) {
      const entry = table.insert();
      const given = about.rows.filter((inner) => values[inner.key] !== undefined && !inner.formula);
      table.adopt(entry, Object.fromEntries(about.rows.map((inner) => [inner.key, this.related.beside(`${key}.${inner.key}`, values[inner.key] ?? null)])));
      for (const inner of given) entry.changed.add(inner.key);
    }
    this.rearranged = true;
    table.settle();
  }
}

interface Filled {
  table: RowTable;
  rows: { entry: Entry; values: Values }[];
  related?: Record<string, Record<string, Values>>;
}
