// Formulas, defaults, rules and linkage while one types: the same trees as on the server, which has the last word.
// `live/model.ts` computes, this reads the inputs, shows what changed and asks the server for what only it knows.
import { Inputs } from './live/inputs.ts';
import { Model, type Place } from './live/model.ts';
import { shown } from './live/numbers.ts';
import { Server, type Answer } from './live/server.ts';
import { Show } from './live/show.ts';
import type { About, Data, Message, State, Values } from './live/types.ts';
import { addRow } from './rows.ts';

export { readNumber, shown } from './live/numbers.ts';

export function installLive(form: HTMLFormElement): void {
  const source = document.getElementById('dg-form-data');
  if (!source) return;
  const live = new Live(form, JSON.parse(source.textContent ?? '{}') as Data);
  void live.start();
}

export class Live {
  private related = new Map<string, Values>();
  private inputs: Inputs;
  private model: Model;
  private server: Server;
  private show: Show;
  private rowOf = new WeakMap<Element, Values>();
  private elementOf = new WeakMap<Values, HTMLElement>();
  private abouts = new Map<string, About>();
  private queued = false;
  private rearranged = false;
  private waiting = new Set<string>();
  private lockedAtFirst = false;

  constructor(private form: HTMLFormElement, private data: Data) {
    this.inputs = new Inputs(form, data.facts, (path, id) => this.related.get(`${path}#${id}`));
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
    this.form.addEventListener('change', (event) => this.typed(event.target as HTMLElement));
    this.form.addEventListener('dg:changed', (event) => {
      const target = event.target as HTMLElement;
      if (target.dataset.live !== undefined) this.typed(target);
      else this.rearrange();
    });
    this.form.addEventListener('dg:picked', (event) => void this.picked((event as CustomEvent<{ name: string }>).detail.name));
    this.form.addEventListener('submit', (event) => this.beforeSubmit(event));
    await Promise.all(Object.keys(this.data.needs).map((path) => this.fetchAll(path)));
    if (this.related.size) this.readAgain();
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
      if (place) this.model.edit(place, this.inputs.read(place.about, name, this.pathOf(place)));
    }
    this.waiting.clear();
    this.run();
    performance.clearMeasures('dg-live'); // the last one only: for tests and for whoever looks
    performance.measure('dg-live', { start, end: performance.now() });
  }

  private run(): void {
    const { changes, asks, questions } = this.model.run();
    for (const change of changes) this.put(change, change.value);
    this.show.apply(this.locked(this.model.state), (message) => this.isHeard(message));
    const names = asks.map(({ linkage, row }) => (row ? this.statePath(linkage.subform!, linkage.path.split('.')[1]!, row) : linkage.path));
    this.server.ask([...names, ...questions]);
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
    const name = this.nameOf(place.key, place.row);
    const output = this.inputs.output(name);
    if (output) {
      output.dataset.value = JSON.stringify(value ?? null);
      output.textContent = shown(place.about, value);
      return;
    }
    if (place.about.rows) return;
    this.inputs.write(place.about, name, value);
  }

  // -- rows ----------------------------------------------------------------------------------------------------------

  private bodyRows(key: string): HTMLElement[] {
    return [...this.form.querySelectorAll<HTMLElement>(`[data-subform="${key}"] [data-rows] > tr[data-row]`)];
  }

  private collect(): Values {
    const values: Values = {};
    for (const about of this.data.fields) {
      values[about.key] = about.rows ? this.bodyRows(about.key).map((row) => this.readRow(about, row)) : this.inputs.read(about, about.key, about.key);
    }
    return values;
  }

  private readRow(about: About, element: HTMLElement): Values {
    const row: Values = {};
    for (const inner of about.rows ?? []) row[inner.key] = this.inputs.read(inner, `${about.key}[${element.dataset.row}].${inner.key}`, `${about.key}.${inner.key}`);
    this.rowOf.set(element, row);
    this.elementOf.set(row, element);
    return row;
  }

  private readRows(): void {
    this.rearranged = false;
    this.inputs.index();
    for (const about of this.data.fields.filter((one) => one.rows)) {
      const elements = this.bodyRows(about.key);
      const rows = elements.map((element) => this.rowOf.get(element) ?? this.readRow(about, element));
      const before = this.model.rows(about.key);
      if (rows.length !== before.length || rows.some((row, index) => row !== before[index])) this.model.arrange(about.key, rows);
      for (const [index, row] of rows.entries()) { // pasted cells
        for (const inner of about.rows ?? []) {
          const value = this.inputs.read(inner, `${about.key}[${elements[index]!.dataset.row}].${inner.key}`, `${about.key}.${inner.key}`);
          this.model.give({ about: inner, key: inner.key, subform: about.key, row }, value, false);
        }
      }
    }
    for (const about of this.data.fields.filter((one) => !one.rows)) {
      this.model.give({ about, key: about.key }, this.inputs.read(about, about.key, about.key), false);
    }
    this.show.index();
  }

  private readAgain(): void {
    for (const about of this.data.fields) {
      if (!about.rows) this.model.give({ about, key: about.key }, this.inputs.read(about, about.key, about.key), false);
      for (const row of about.rows ? this.model.rows(about.key) : []) {
        for (const inner of about.rows ?? []) {
          const value = this.inputs.read(inner, this.nameOf(inner.key, row), `${about.key}.${inner.key}`);
          this.model.give({ about: inner, key: inner.key, subform: about.key, row }, value, false);
        }
      }
    }
  }

  private placeOf(name: string): Place | null {
    const found = /^([^[\]]+)(?:\[([^\]]+)\]\.(.+))?$/.exec(name);
    const about = found ? this.abouts.get(found[3] === undefined ? found[1]! : `${found[1]}.${found[3]}`) : undefined;
    if (!found || !about || about.formula) return null;
    if (found[3] === undefined) return { about, key: about.key };
    const element = this.bodyRows(found[1]!).find((one) => one.dataset.row === found[2]);
    const row = element && this.rowOf.get(element);
    return row ? { about, key: about.key, subform: found[1]!, row } : null;
  }

  private pathOf(place: Place): string {
    return place.subform === undefined ? place.key : `${place.subform}.${place.key}`;
  }

  private nameOf(key: string, row?: Values): string {
    const element = row && this.elementOf.get(row);
    if (!element) return key;
    const subform = element.closest<HTMLElement>('[data-subform]')?.dataset.subform ?? '';
    return `${subform}[${element.dataset.row}].${key}`;
  }

  /** Whether a default may still be given: nobody typed here, and the row or record is new. */
  private isFree(place: Place): boolean {
    const name = this.nameOf(place.key, place.row);
    const control = this.inputs.controls(name).at(-1) ?? this.inputs.widget(name);
    if (!control || control.dataset.touched) return false;
    const element = place.row && this.elementOf.get(place.row);
    if (element?.querySelector('[name$="].id"]')) return false;
    const value = (place.row ?? this.model.values)[place.key];
    return value === null || value === undefined || value === '' || control.dataset.auto !== undefined;
  }

  // -- related records -------------------------------------------------------------------------------------------------

  private async picked(name: string): Promise<void> {
    const path = name.replace(/\[[^\]]*\]/, '');
    await this.fetchAll(path);
    const place = this.placeOf(name);
    if (!place) return;
    this.refill(place, path);
    this.model.edit(place, this.inputs.read(place.about, name, path));
    this.run();
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

  /** Values of the related records that are chosen now, each asked for once. */
  private async fetchAll(path: string): Promise<void> {
    if (!this.data.needs[path]) return;
    const key = path.split('.').at(-1)!;
    const names = path.includes('.') ? `[name^="${path.split('.')[0]}["][name$="].${key}"]` : `[name="${path}"]`;
    const ids = [...this.form.querySelectorAll<HTMLInputElement>(`dg-picker input[type=hidden]${names}`)].map((one) => one.value).filter(Boolean);
    await Promise.all([...new Set(ids)].map((id) => this.fetch(path, id)));
  }

  private async fetch(path: string, id: string): Promise<void> {
    if (this.related.has(`${path}#${id}`)) return;
    const url = `/a/${this.data.app}/${this.data.form}/related?path=${encodeURIComponent(path)}&id=${id}`;
    const answer = await fetch(url, { headers: { Accept: 'application/json' } });
    this.related.set(`${path}#${id}`, answer.ok ? ((await answer.json()) as Values) : { id });
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

  /** Rows are numbered by their order, as on the server. */
  private statePath(subform: string, key: string, row: Values): string {
    return `${subform}[${this.model.rows(subform).indexOf(row)}].${key}`;
  }

  private fillRows(key: string, rows: readonly Record<string, unknown>[]): void {
    const about = this.abouts.get(key);
    const holder = this.form.querySelector<HTMLElement>(`[data-subform="${key}"]`);
    if (!about?.rows || !holder?.querySelector('[data-row-shape]') || this.model.keeps(key)) return;
    for (const element of this.bodyRows(key)) element.remove();
    for (const values of rows) {
      const element = addRow(holder);
      this.inputs.index();
      for (const inner of about.rows) {
        if (values[inner.key] !== undefined) this.inputs.write(inner, `${key}[${element.dataset.row}].${inner.key}`, values[inner.key]);
      }
    }
    this.rearranged = true;
  }
}
