// What a person does with the rows of a sub-form: add, copy, remove, move (Alt and the arrow keys), turn the pages of a
// long one, and paste a block of cells from a spreadsheet.
import { t } from '../shell/words.ts';
import { pageData } from './page.ts';
import { pasteInto } from './paste.ts';
import { Picker } from './picker.ts';
import { RowTable, WINDOW, type Entry } from './table.ts';

export function installRows(form: HTMLFormElement): void {
  const stored = pageData()?.tables ?? {};
  for (const holder of form.querySelectorAll<HTMLElement>('[data-subform]')) {
    const table = RowTable.of(holder, stored[holder.dataset.subform!]);
    drawPager(table);
    holder.addEventListener('dg:rows', () => drawPager(table));
  }
  form.addEventListener('click', (event) => {
    const target = event.target as Element;
    const error = target.closest<HTMLAnchorElement>('a[href^="#f-"]');
    if (error) return void openAt(form, decodeURIComponent(error.hash.slice(1)));
    const holder = target.closest<HTMLElement>('[data-subform]');
    if (holder) pressed(form, RowTable.of(holder), target);
  });
  form.closest('main')?.addEventListener('click', (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('[data-error-summary] a[href^="#f-"]');
    if (link && !form.contains(link)) openAt(form, decodeURIComponent(link.hash.slice(1)));
  });
  form.addEventListener('keydown', (event) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') || inNested(event.target)) return;
    const found = where(event.target as Element);
    if (!found || !found.table.editable) return;
    event.preventDefault();
    move(form, found.table, found.entry, event.key === 'ArrowUp' ? -1 : 1);
  });
  form.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    const found = where(event.target as Element);
    if (!found || !/[\t\n]/.test(text.trim()) || inNested(event.target)) return;
    event.preventDefault();
    void pasteInto(form, found.table, found.entry, event.target as HTMLElement, text);
  });
}

function where(target: Element): { table: RowTable; entry: Entry } | null {
  const row = target.closest<HTMLElement>('tr[data-row]');
  const holder = target.closest<HTMLElement>('[data-subform]');
  const table = row && holder ? RowTable.of(holder) : null;
  const entry = table?.at(row!.dataset.row!);
  return table && entry ? { table, entry } : null;
}

function pressed(form: HTMLFormElement, table: RowTable, target: Element): void {
  const entry = where(target)?.entry;
  const page = target.closest<HTMLElement>('[data-page]');
  if (page) return void table.show(Number(page.dataset.page));
  if (target.closest('[data-add-row]')) {
    const added = table.insert();
    void table.reveal(added).then(() => {
      focusFirst(added);
      tell(form);
    });
  } else if (entry && target.closest('[data-copy-row]')) copy(form, table, entry);
  else if (entry && target.closest('[data-remove-row]')) {
    const next = table.entries[table.entries.indexOf(entry) + 1] ?? table.entries.at(-2);
    table.remove(entry);
    void table.show(table.start).then(() => next?.element?.querySelector<HTMLElement>('[data-remove-row]')?.focus());
    tell(form);
  } else if (entry && target.closest('[data-move-row]')) {
    move(form, table, entry, Number(target.closest<HTMLElement>('[data-move-row]')!.dataset.moveRow));
  }
}

function tell(form: HTMLFormElement): void {
  form.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
}

function move(form: HTMLFormElement, table: RowTable, entry: Entry, step: number): void {
  const focused = document.activeElement as HTMLElement | null;
  if (!table.move(entry, step)) return;
  void table.reveal(entry).then(() => {
    focused?.focus();
    tell(form);
  });
}

function focusFirst(entry: Entry): void {
  entry.element?.querySelector<HTMLElement>('input:not([type=hidden]), select, textarea')?.focus();
}

/** Open the page on which a row stands that a message leads to. */
function openAt(form: HTMLFormElement, id: string): void {
  const element = document.getElementById(id);
  const found = element && where(element);
  if (!found || found.table.holder.closest('form') !== form) return;
  void found.table.reveal(found.entry).then(() => element.focus());
}

/** Rows of rows see to themselves (`nested.ts`); as a whole they are one value of their row. */
const inNested = (target: EventTarget | null): boolean => target instanceof Element && target.closest('[data-nested]') !== null;

const inputs = (row: Element): HTMLInputElement[] =>
  [...row.querySelectorAll<HTMLInputElement>('input[name], select[name], textarea[name]')].filter((one) => !inNested(one));

const keyOf = (input: HTMLInputElement): string => input.name.replace(/^.*\]\./, '');

/** A copy below the row: its inputs as they are, and what its widgets hold. */
function copy(form: HTMLFormElement, table: RowTable, entry: Entry): void {
  const made = table.insert(table.entries.indexOf(entry) + 1);
  void table.reveal(made).then(() => {
    if (!made.element || !entry.element) return;
    for (const picker of [...entry.element.querySelectorAll<Picker>('dg-picker')].filter((one) => !inNested(one))) {
      const key = (picker.dataset.name ?? '').replace(/^.*\]\./, '');
      const other = made.element.querySelector<Picker>(`dg-picker[data-name$="].${key}"]`);
      for (const one of picker.chosen()) other?.choose(one);
    }
    for (const input of inputs(entry.element)) {
      if (keyOf(input) === 'id' || input.closest('dg-picker')) continue;
      const others = inputs(made.element).filter((one) => keyOf(one) === keyOf(input) && one.type === input.type);
      const same = input.type === 'checkbox' || input.type === 'radio' ? others.find((one) => one.value === input.value) : others[0];
      if (!same) continue;
      same.value = input.value;
      same.checked = input.checked;
      same.dataset.touched = '1';
    }
    for (const widget of entry.element.querySelectorAll<HTMLElement>('[data-live]')) {
      const key = (widget.dataset.live ?? '').replace(/^.*\]\./, '');
      const other = made.element.querySelector<HTMLElement>(`[data-live$="].${key}"]`);
      if (!other || widget.dataset.value === undefined || inNested(widget.parentElement)) continue;
      other.dataset.value = widget.dataset.value;
      other.dispatchEvent(new CustomEvent('dg:set', { detail: { value: JSON.parse(widget.dataset.value) as unknown } }));
    }
    made.used = true;
    focusFirst(made);
    tell(form);
  });
}

function drawPager(table: RowTable): void {
  const pager = table.holder.querySelector<HTMLElement>('[data-rows-pager]');
  if (!pager) return;
  pager.hidden = !table.paged;
  if (!table.paged) return;
  const count = table.entries.length;
  const text = t('Rows {from}–{to} of {count}', { from: String(table.start + 1), to: String(Math.min(count, table.start + WINDOW)), count: String(count) });
  const label = pager.querySelector<HTMLElement>('[data-rows-where]');
  if (label) label.textContent = text;
  const last = Math.floor((count - 1) / WINDOW) * WINDOW;
  const to: Record<string, number> = { first: 0, previous: table.start - WINDOW, next: table.start + WINDOW, last };
  for (const button of pager.querySelectorAll<HTMLButtonElement>('[data-turn]')) {
    const start = to[button.dataset.turn!]!;
    button.dataset.page = String(start);
    button.disabled = start < 0 || start > last || start === table.start;
  }
}
