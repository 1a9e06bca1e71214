// Rows of rows: each row of a sub-form has a panel with a small table (add, copy, remove, move with Alt and the arrows).
// To the rest of the page all of it is one value of the row: a widget that carries the rows with what they compute.
import Big from 'big.js';
import { evaluate } from '../formula/index.ts';
import { t } from '../shell/words.ts';
import { Inputs } from './live/inputs.ts';
import { shown } from './live/numbers.ts';
import { isQuestion, type About, type Data, type Values } from './live/types.ts';
import { pageData } from './page.ts';

export function installNested(form: HTMLFormElement): void {
  const data = form.querySelector('[data-nested], [data-part-shape]') ? pageData() : null;
  if (data) new Nested(form, data);
}

const widgetOf = (target: EventTarget | null): HTMLElement | null => (target instanceof Element ? target.closest<HTMLElement>('[data-nested]') : null);
const partsOf = (widget: HTMLElement): HTMLTableRowElement[] => [...widget.querySelectorAll<HTMLTableRowElement>('[data-parts] > tr')];

class Nested {
  private readonly abouts = new Map<string, About>();
  private readonly related = new Map<string, Values>();
  private readonly inputs: Inputs;
  private readonly later = new Set<HTMLElement>();
  private next = 1_000;

  constructor(private readonly form: HTMLFormElement, private readonly data: Data) {
    for (const outer of data.fields) for (const inner of outer.rows ?? []) if (inner.rows) this.abouts.set(`${outer.key}.${inner.key}`, inner);
    for (const [path, found] of Object.entries(data.related ?? {})) {
      for (const [id, values] of Object.entries(found)) this.related.set(`${path}#${id}`, values);
    }
    this.inputs = new Inputs(form, data.facts, (path, id) => this.related.get(`${path}#${id}`));
    this.meet();
    form.addEventListener('dg:rows', () => this.meet());
    form.addEventListener('dg:set', (event) => {
      const widget = event.target as HTMLElement;
      if (widget.dataset.nested !== undefined) this.replace(widget, (event as CustomEvent<{ value: unknown }>).detail.value);
    }, true);
    for (const name of ['input', 'change', 'dg:changed']) form.addEventListener(name, (event) => this.typed(event.target));
    form.addEventListener('dg:picked', (event) => void this.picked((event as CustomEvent<{ name: string }>).detail.name));
    form.addEventListener('keydown', (event) => this.pressed(event));
    form.closest('main')?.addEventListener('click', (event) => this.clicked(event), true);
  }

  /** Panels that came onto the page; one in which something is wrong stands open. */
  private meet(): void {
    this.inputs.index();
    for (const widget of this.form.querySelectorAll<HTMLElement>('[data-nested]:not([data-met])')) {
      widget.dataset.met = '';
      this.compute(widget);
      if (widget.querySelector('.invalid-feedback')) this.open(widget, true);
    }
  }

  // -- what a person does --------------------------------------------------------------------------------------------

  private clicked(event: Event): void {
    const target = event.target as Element;
    const link = target.closest<HTMLAnchorElement>('a[href^="#f-"]');
    const led = link && widgetOf(document.getElementById(decodeURIComponent(link.hash.slice(1))));
    if (led) this.open(led, true);
    const widget = widgetOf(target);
    if (!widget) return;
    const part = target.closest<HTMLTableRowElement>('tr[data-part]');
    if (target.closest('[data-nested-toggle]')) this.open(widget, this.panel(widget).hidden !== false);
    else if (target.closest('[data-add-part]')) this.focus(this.add(widget));
    else if (part && target.closest('[data-copy-part]')) this.copy(widget, part);
    else if (part && target.closest('[data-remove-part]')) this.remove(widget, part);
    else if (part && target.closest('[data-move-part]')) this.move(widget, part, Number(target.closest<HTMLElement>('[data-move-part]')!.dataset.movePart));
  }

  private pressed(event: KeyboardEvent): void {
    const widget = widgetOf(event.target);
    const part = (event.target as Element).closest<HTMLTableRowElement>('tr[data-part]');
    if (!widget) return;
    if (part && event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault();
      if (this.editable(widget)) this.move(widget, part, event.key === 'ArrowUp' ? -1 : 1);
    } else if (event.key === 'Escape' && !event.defaultPrevented && !this.panel(widget).hidden && !(event.target as Element).closest('[aria-expanded=true][role=combobox]')) {
      this.open(widget, false);
      widget.querySelector<HTMLElement>('[data-nested-toggle]')?.focus();
    } else if (part && event.key === 'Enter' && (event.target as Element).matches('input:not([role=combobox])') && this.editable(widget)) {
      event.preventDefault(); // a further row, as in a spreadsheet, instead of saving the form
      const below = part.nextElementSibling as HTMLTableRowElement | null;
      this.focus(below ?? this.add(widget));
    }
  }

  private typed(target: EventTarget | null): void {
    const widget = widgetOf(target);
    if (!widget || target === widget || widget.dataset.met === undefined) return;
    if (target instanceof HTMLElement) delete target.dataset.auto;
    if (!this.later.size) requestAnimationFrame(() => this.settle());
    this.later.add(widget);
  }

  private settle(): void {
    for (const widget of this.later) if (widget.isConnected) this.tell(widget);
    this.later.clear();
  }

  /** The row's expressions hear of it: to them the panel is one field. */
  private tell(widget: HTMLElement): void {
    this.compute(widget);
    widget.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  }

  private open(widget: HTMLElement, open: boolean): void {
    const row = widget.closest<HTMLElement>('tr[data-row]');
    for (const other of row?.querySelectorAll<HTMLElement>('[data-nested]') ?? []) {
      const shows = open && other === widget;
      this.panel(other).hidden = !shows;
      other.querySelector('[data-nested-toggle]')?.setAttribute('aria-expanded', String(shows));
    }
    row?.toggleAttribute('data-nested-open', open);
    if (!row || !open) return;
    const fit = (): void => row.style.setProperty('--dg-nested-height', `${this.panel(widget).offsetHeight}px`);
    fit();
    new ResizeObserver((_, watch) => (this.panel(widget).hidden ? watch.disconnect() : fit())).observe(this.panel(widget));
  }

  private add(widget: HTMLElement): HTMLTableRowElement {
    const part = this.shaped(widget);
    widget.querySelector('[data-parts]')!.append(part);
    this.inputs.index();
    this.draw(widget, part, () => true);
    this.tell(widget);
    return part;
  }

  private copy(widget: HTMLElement, part: HTMLTableRowElement): void {
    const made = this.shaped(widget);
    part.after(made);
    this.inputs.index();
    this.fill(widget, made, this.read(widget, part));
    this.tell(widget);
    this.focus(made);
  }

  private remove(widget: HTMLElement, part: HTMLTableRowElement): void {
    const next = (part.nextElementSibling ?? part.previousElementSibling) as HTMLElement | null;
    part.remove();
    this.inputs.index();
    this.tell(widget);
    (next?.querySelector<HTMLElement>('[data-remove-part]') ?? widget.querySelector<HTMLElement>('[data-add-part]'))?.focus();
  }

  private move(widget: HTMLElement, part: HTMLTableRowElement, step: number): void {
    const other = step < 0 ? part.previousElementSibling : part.nextElementSibling;
    if (!other) return;
    const focused = document.activeElement as HTMLElement | null;
    if (step < 0) other.before(part);
    else other.after(part);
    this.inputs.index();
    focused?.focus();
    this.tell(widget);
  }

  private focus(part: HTMLElement): void {
    part.querySelector<HTMLElement>('input:not([type=hidden]), select, textarea')?.focus();
  }

  // -- values --------------------------------------------------------------------------------------------------------

  private panel(widget: HTMLElement): HTMLElement {
    return widget.querySelector<HTMLElement>('[data-nested-panel]')!;
  }

  private editable(widget: HTMLElement): boolean {
    return widget.querySelector('[data-add-part]') !== null;
  }

  private fields(widget: HTMLElement): readonly About[] {
    return this.abouts.get(widget.dataset.nested!)?.rows ?? [];
  }

  private name(widget: HTMLElement, part: HTMLElement, key: string): string {
    return `${widget.dataset.live!}[${part.dataset.part!}].${key}`;
  }

  private shaped(widget: HTMLElement): HTMLTableRowElement {
    const holder = widget.closest('[data-subform]')!;
    const shape = holder.querySelector<HTMLTemplateElement>(`[data-part-shape="${CSS.escape(widget.dataset.nested!)}"]`)!;
    const row = (shape.content.cloneNode(true) as DocumentFragment).querySelector('tr')!;
    const line = /\[([^\]]+)\]/.exec(widget.dataset.live!)![1]!;
    const number = String(this.next++);
    for (const element of [row, ...row.querySelectorAll('*')]) {
      for (const attribute of [...element.attributes]) {
        if (attribute.value.includes('__')) attribute.value = attribute.value.replaceAll('__row__', line).replaceAll('__part__', number);
      }
    }
    return row;
  }

  private read(widget: HTMLElement, part: HTMLElement): Values {
    const row: Values = {};
    for (const one of this.fields(widget)) row[one.key] = this.inputs.read(one, this.name(widget, part, one.key), `${widget.dataset.nested!}.${one.key}`);
    return row;
  }

  private fill(widget: HTMLElement, part: HTMLElement, values: Values): void {
    for (const one of this.fields(widget)) {
      const value = values[one.key];
      if (!one.formula && value !== null && value !== undefined) this.inputs.write(one, this.name(widget, part, one.key), value);
    }
  }

  /** Other rows than before: a copied row of the sub-form brings its own along, as new ones. */
  private replace(widget: HTMLElement, value: unknown): void {
    for (const part of partsOf(widget)) part.remove();
    for (const values of Array.isArray(value) ? (value as Values[]) : []) {
      const part = this.shaped(widget);
      widget.querySelector('[data-parts]')!.append(part);
      this.inputs.index();
      this.fill(widget, part, values);
    }
    widget.dataset.met = '';
    this.compute(widget);
  }

  /** Defaults of fields in which nobody wrote. */
  private draw(widget: HTMLElement, part: HTMLElement, which: (one: About) => boolean): void {
    const row = this.read(widget, part);
    for (const one of this.fields(widget)) {
      if (!one.default || isQuestion(one.default) || !which(one)) continue;
      const name = this.name(widget, part, one.key);
      const held = row[one.key];
      const free = held === null || held === undefined || held === '' || this.inputs.controls(name).some((each) => each.dataset.auto !== undefined);
      const value = evaluate(one.default, row, this.data.facts);
      if (free && value !== null && value !== '') this.inputs.write(one, name, value);
    }
  }

  /** Read every row, compute its formulas, and leave the whole as the value of the widget. */
  private compute(widget: HTMLElement): void {
    const fields = this.fields(widget);
    const formulas = fields.filter((one) => one.formula && !isQuestion(one.formula));
    const rows = partsOf(widget).map((part) => {
      const row = this.read(widget, part);
      for (let pass = 0, moved = true; moved && pass <= formulas.length; pass++) {
        moved = false;
        for (const one of formulas) {
          const value = isQuestion(one.formula!) ? null : evaluate(one.formula!, row, this.data.facts);
          moved ||= value !== row[one.key];
          row[one.key] = value;
        }
      }
      for (const one of formulas) {
        const output = this.inputs.output(this.name(widget, part, one.key));
        if (!output) continue;
        output.dataset.value = JSON.stringify(row[one.key] ?? null);
        output.textContent = shown(one, row[one.key]);
      }
      return row;
    });
    widget.dataset.value = JSON.stringify(rows);
    const count = widget.querySelector<HTMLElement>('[data-nested-count]');
    if (count) count.textContent = rows.length === 1 ? t('1 row') : t('{count} rows', { count: String(rows.length) });
    for (const cell of widget.querySelectorAll<HTMLElement>('[data-part-sum]')) {
      const about = fields.find((one) => one.key === cell.dataset.partSum);
      const sum = rows.reduce((total, row) => total.plus(String(row[cell.dataset.partSum!] ?? 0)), new Big(0));
      cell.textContent = about ? shown(about, sum.toFixed()) : sum.toFixed();
    }
  }

  /** A record was chosen in a row of rows: what expressions read of it, and the defaults that it gives. */
  private async picked(name: string): Promise<void> {
    const found = /^([^[\]]+)\[([^\]]+)\]\.([^[\]]+)\[([^\]]+)\]\.(.+)$/.exec(name);
    if (!found) return;
    const [, outer, line, inner, number, key] = found as unknown as [string, string, string, string, string, string];
    const widget = this.form.querySelector<HTMLElement>(`[data-live="${CSS.escape(`${outer}[${line}].${inner}`)}"]`);
    const part = widget?.querySelector<HTMLElement>(`tr[data-part="${CSS.escape(number)}"]`);
    if (!widget || !part) return;
    const path = `${outer}.${inner}.${key}`;
    const id = this.inputs.picker(name)?.chosen()[0]?.id;
    if (this.data.needs[path] && id !== undefined && !this.related.has(`${path}#${String(id)}`)) {
      const url = `/a/${this.data.app}/${this.data.form}/related?path=${encodeURIComponent(path)}&id=${String(id)}`;
      const answer = await fetch(url, { headers: { Accept: 'application/json' } });
      this.related.set(`${path}#${String(id)}`, answer.ok ? ((await answer.json()) as Values) : { id });
    }
    this.draw(widget, part, (one) => JSON.stringify(one.default).includes(`"path":["${key}",`));
    this.tell(widget);
  }
}
