// The list of candidates: one line each, under the headings of their groups. Arrow keys move, space chooses, + and -
// change the quantity, Enter fills in.
import { t } from '../../shell/words.ts';
import { button, made } from '../elements.ts';
import type { Chosen, Group, Item } from './state.ts';

export interface Column { readonly key: string; readonly label: string; readonly number: boolean }

interface Hooks {
  quantities: boolean;
  /** The number of the row in which a record stands and cannot stand twice. */
  inRow: (id: string) => string;
  changed: () => void;
  full: (group: Group) => unknown;
  nearEnd: () => void;
  fill: () => void;
  up: () => void;
}

interface Line { readonly item: Item; readonly element: HTMLLIElement; readonly box: HTMLInputElement; readonly why: HTMLElement; readonly amount: HTMLInputElement | null }

export class Lines {
  readonly element = made('div', 'dg-choose-list');
  private readonly head = made('div', 'dg-choose-head');
  private readonly list = made('ul');
  private readonly end = made('div', 'dg-choose-end');
  private lines: Line[] = [];
  private byId = new Map<string, Line>();
  private counters = new Map<string, HTMLElement>();
  private active = 0;

  constructor(private readonly chosen: Chosen, private readonly hooks: Hooks) {
    this.head.setAttribute('aria-hidden', 'true');
    this.element.append(this.head, this.list, this.end);
    this.list.addEventListener('keydown', (event) => this.key(event));
    this.list.addEventListener('focusin', (event) => this.activate(this.lineOf(event.target as Element)));
    new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.lines.length && this.hooks.nearEnd(), { root: this.element, rootMargin: '600px' }).observe(this.end);
  }

  get count(): number {
    return this.lines.length;
  }

  get ids(): string[] {
    return this.lines.map((one) => one.item.id);
  }

  show(columns: readonly Column[], items: readonly Item[], next: boolean): void {
    if (!next) {
      this.lines = [];
      this.byId.clear();
      this.counters.clear();
      this.active = 0;
      this.list.replaceChildren();
      this.element.scrollTop = 0;
      this.element.style.setProperty('--columns', String(columns.length));
      this.element.classList.toggle('dg-choose-plain', !this.hooks.quantities);
      this.head.hidden = columns.length === 0;
      this.head.replaceChildren(made('span'), made('span'), ...columns.map((one) => made('span', one.number ? 'text-end' : '', one.label)), made('span'));
    }
    for (const item of items) {
      if (this.byId.has(item.id)) continue;
      this.heading(item.group);
      const line = this.line(item, columns);
      this.lines.push(line);
      this.byId.set(item.id, line);
      this.list.append(line.element);
    }
    this.update();
  }

  private heading(key: string): void {
    const group = this.chosen.groups.get(key);
    if (!group || this.counters.has(key)) return;
    const heading = made('li', 'dg-choose-group');
    const counter = made('span', 'dg-choose-counter');
    heading.append(made('strong', '', group.title || t('Without a group')), counter);
    this.counters.set(key, counter);
    this.list.append(heading);
  }

  private line(item: Item, columns: readonly Column[]): Line {
    const element = made('li', 'dg-choose-line');
    const box = made('input', 'form-check-input');
    box.type = 'checkbox';
    box.id = `dg-choose-${item.id}`;
    box.tabIndex = this.lines.length === 0 ? 0 : -1;
    const why = made('small', 'dg-choose-why');
    why.id = `${box.id}-why`;
    box.setAttribute('aria-describedby', why.id);
    const title = made('label', 'dg-choose-title', item.title);
    title.htmlFor = box.id;
    title.append(why);
    const cells = item.cells.map((text, index) => {
      const cell = made('span', columns[index]?.number ? 'text-end dg-number' : '', text);
      cell.dataset.label = columns[index]?.label ?? '';
      return cell;
    });
    const values = made('div', 'dg-choose-cells');
    values.append(...cells);
    element.append(box, title, values);
    let amount: HTMLInputElement | null = null;
    if (this.hooks.quantities) {
      const stepper = made('span', 'dg-choose-stepper');
      amount = made('input', 'form-control');
      amount.inputMode = 'decimal';
      amount.tabIndex = -1;
      amount.setAttribute('aria-label', t('Quantity of {title}', { title: item.title }));
      const typed = amount;
      amount.addEventListener('change', () => this.give(item, Number(typed.value.replace(',', '.')) || 0));
      amount.addEventListener('focus', () => typed.select());
      const less = button('−', 'dg-tool', () => this.step(item, -1));
      const more = button('+', 'dg-tool', () => this.step(item, 1));
      less.tabIndex = more.tabIndex = -1;
      less.setAttribute('aria-label', t('One less'));
      more.setAttribute('aria-label', t('One more'));
      stepper.append(less, amount, more);
      element.append(stepper);
    }
    box.addEventListener('change', () => this.toggle(item));
    return { item, element, box, why, amount };
  }

  // -- choosing ----------------------------------------------------------------------------------------------------------

  private against(item: Item): string {
    const row = this.hooks.inRow(item.id);
    return row ? t('Already in row {row}', { row }) : item.why;
  }

  private toggle(item: Item): void {
    if (this.chosen.picks.has(item.id)) this.chosen.remove(item.id);
    else this.add(item, 1);
    this.hooks.changed();
  }

  private add(item: Item, quantity: number): void {
    if (this.against(item)) return;
    if (this.chosen.add({ id: item.id, title: item.title, group: item.group, quantity, row: null, was: 0 })) return;
    const group = this.chosen.groups.get(item.group);
    if (group) this.hooks.full(group);
  }

  private step(item: Item, by: number): void {
    this.give(item, (this.chosen.picks.get(item.id)?.quantity ?? 0) + by);
  }

  private give(item: Item, quantity: number): void {
    const before = this.chosen.picks.get(item.id)?.quantity ?? 0;
    if (!this.chosen.picks.has(item.id) && quantity > 0) this.add(item, Math.min(quantity, Math.max(1, this.chosen.room(item.group))));
    else if (this.chosen.give(item.id, quantity) < quantity && quantity > before) {
      const group = this.chosen.groups.get(item.group);
      if (group) this.hooks.full(group);
    }
    this.hooks.changed();
  }

  // -- drawing -----------------------------------------------------------------------------------------------------------

  judge(why: Readonly<Record<string, string>>): void {
    for (const one of this.lines) one.item.why = why[one.item.id] ?? '';
    this.update();
  }

  update(): void {
    for (const { item, element, box, why, amount } of this.lines) {
      const pick = this.chosen.picks.get(item.id);
      const against = this.against(item);
      box.checked = pick !== undefined;
      const off = against !== '' && !pick;
      element.classList.toggle('dg-choose-off', off);
      element.classList.toggle('dg-choose-on', pick !== undefined);
      box.setAttribute('aria-disabled', String(off));
      if (why.textContent !== against) why.textContent = against;
      if (amount) {
        amount.value = pick ? String(pick.quantity) : '';
        amount.placeholder = '0';
        amount.disabled = off;
        for (const each of amount.parentElement!.querySelectorAll('button')) each.disabled = off;
      }
    }
    for (const [key, counter] of this.counters) this.draw(counter, this.chosen.groups.get(key)!);
  }

  private draw(counter: HTMLElement, group: Group): void {
    const count = this.chosen.count(group.key);
    const { min, max } = group;
    const values = { count: String(count), min: String(min), max: String(max) };
    if (max !== null) counter.textContent = min === max ? t('{count} of {max}', values) : min > 0 ? t('{count} of {min}–{max}', values) : t('{count} of at most {max}', values);
    else counter.textContent = min > 0 ? t('{count} of at least {min}', values) : count ? t('{count} chosen', values) : '';
    counter.dataset.state = count > 0 && count < min ? 'short' : max !== null && count >= max ? 'full' : '';
  }

  // -- keys --------------------------------------------------------------------------------------------------------------

  focus(): void {
    this.lines[this.active]?.box.focus();
  }

  private lineOf(target: Element): number {
    return this.lines.findIndex((one) => one.element.contains(target));
  }

  private activate(index: number): void {
    if (index < 0 || index === this.active) return;
    const before = this.lines[this.active];
    if (before) before.box.tabIndex = -1;
    if (before?.amount) before.amount.tabIndex = -1;
    this.active = index;
    const line = this.lines[index]!;
    line.box.tabIndex = 0;
    if (line.amount) line.amount.tabIndex = 0;
  }

  private key(event: KeyboardEvent): void {
    const index = this.lineOf(event.target as Element);
    const line = this.lines[index];
    if (!line) return;
    const writing = event.target === line.amount;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const to = this.lines[index + (event.key === 'ArrowDown' ? 1 : -1)];
      if (!to) return event.key === 'ArrowUp' ? this.hooks.up() : undefined;
      (writing ? (to.amount ?? to.box) : to.box).focus();
      to.element.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (writing) this.give(line.item, Number(line.amount!.value.replace(',', '.')) || 0);
      this.hooks.fill();
    } else if (!writing && this.hooks.quantities && (event.key === '+' || event.key === '=' || event.key === '-')) {
      event.preventDefault();
      this.step(line.item, event.key === '-' ? -1 : 1);
    }
  }
}
