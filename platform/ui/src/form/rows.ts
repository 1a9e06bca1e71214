// Rows of sub-forms: add, copy, remove, and paste a block of cells from a spreadsheet.
import { Picker } from './picker.ts';

export function installRows(form: HTMLFormElement): void {
  form.addEventListener('click', (event) => {
    const target = event.target as Element;
    const holder = target.closest<HTMLElement>('[data-subform]');
    if (!holder) return;
    const row = target.closest<HTMLTableRowElement>('tr[data-row]');
    if (target.closest('[data-add-row]')) focusFirst(addRow(holder));
    else if (row && target.closest('[data-copy-row]')) copyRow(holder, row);
    else if (row && target.closest('[data-remove-row]')) row.remove();
    else return;
    form.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  });
  form.addEventListener('paste', (event) => {
    const input = event.target as HTMLInputElement;
    const text = event.clipboardData?.getData('text/plain') ?? '';
    const row = input.closest<HTMLTableRowElement>('tr[data-row]');
    const holder = input.closest<HTMLElement>('[data-subform]');
    if (!row || !holder || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    pasteCells(holder, row, input, text);
    form.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  });
}

export function addRow(holder: HTMLElement): HTMLTableRowElement {
  const shape = holder.querySelector<HTMLTemplateElement>('[data-row-shape]');
  const body = holder.querySelector<HTMLElement>('[data-rows]');
  if (!shape || !body) throw new Error('a sub-form without a shape for rows');
  const numbers = [...body.querySelectorAll<HTMLElement>('tr[data-row]')].map((row) => Number(row.dataset.row));
  const next = String(Math.max(-1, ...numbers) + 1);
  const row = (shape.content.cloneNode(true) as DocumentFragment).querySelector('tr')!;
  for (const element of [row, ...row.querySelectorAll('*')]) {
    for (const attribute of [...element.attributes]) {
      if (attribute.value.includes('__row__')) attribute.value = attribute.value.replaceAll('__row__', next);
    }
  }
  body.append(row);
  return row;
}

function focusFirst(row: HTMLTableRowElement): void {
  row.querySelector<HTMLElement>('input:not([type=hidden]), select, textarea')?.focus();
}

const inputs = (row: Element): HTMLInputElement[] =>
  [...row.querySelectorAll<HTMLInputElement>('input[name], select[name], textarea[name]')];

const keyOf = (input: HTMLInputElement): string => input.name.replace(/^.*\]\./, '');

function copyRow(holder: HTMLElement, row: HTMLTableRowElement): void {
  const copy = addRow(holder);
  row.after(copy);
  for (const picker of row.querySelectorAll<Picker>('dg-picker')) {
    const key = (picker.dataset.name ?? '').replace(/^.*\]\./, '');
    const other = copy.querySelector<Picker>(`dg-picker[data-name$="].${key}"]`);
    for (const one of picker.chosen()) other?.choose(one);
  }
  for (const input of inputs(row)) {
    if (keyOf(input) === 'id' || input.closest('dg-picker')) continue;
    const others = inputs(copy).filter((one) => keyOf(one) === keyOf(input) && one.type === input.type);
    const same = input.type === 'checkbox' ? others.find((one) => one.value === input.value) : others[0];
    if (!same) continue;
    same.value = input.value;
    same.checked = input.checked;
    if (input.dataset.touched) same.dataset.touched = '1';
  }
}

function pasteCells(holder: HTMLElement, first: HTMLTableRowElement, input: HTMLInputElement, text: string): void {
  const keys = inputs(first).filter((one) => one.type !== 'hidden').map(keyOf);
  const start = keys.indexOf(keyOf(input));
  let row: HTMLTableRowElement | null = first;
  for (const line of text.replace(/\r?\n$/, '').split(/\r?\n/)) {
    row ??= addRow(holder);
    line.split('\t').forEach((cell, offset) => {
      const target = inputs(row!).find((one) => one.type !== 'hidden' && keyOf(one) === keys[start + offset]);
      if (!target) return;
      target.value = cell.trim();
      target.dataset.touched = '1';
    });
    row = row.nextElementSibling as HTMLTableRowElement | null;
  }
}
