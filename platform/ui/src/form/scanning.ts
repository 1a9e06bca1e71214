// Codes on the page of a form: as the choice of a record, or into the rows of a sub-form, where each code adds a row or
// raises its quantity.
import Big from 'big.js';
import { t } from '../shell/words.ts';
import { installScanning } from './camera/button.ts';
import type { Take, Taken } from './camera/scan.ts';
import type { Values } from './live/types.ts';
import type { Picker } from './picker.ts';
import { RowTable, type Entry } from './table.ts';

interface Item { id: number; title: string }
interface Found { items: Item[]; related: Record<string, Record<string, Values>> }

export function installCodes(root: Document): void {
  installScanning(root, {
    record: (button) => {
      const picker = button.closest('.dg-scannable')!.querySelector<Picker>('dg-picker')!;
      return { take: intoPicker(picker, button.dataset.scanUrl!), many: picker.many };
    },
    rows: (button) => ({ take: intoRows(button.closest<HTMLElement>('[data-subform]')!, button), many: true }),
  });
}

const unknown = (code: string): Taken => ({ text: t('Nothing has the code {code}', { code }), good: false });
const trouble = (): Taken => ({ text: t('The code could not be looked up; try again'), good: false });

function intoPicker(picker: Picker, url: string): Take {
  return async (code) => {
    const found = await ask(url, code);
    if (!found) return trouble();
    const [one, more] = found.items;
    if (!one) return unknown(code);
    if (more) return several(code);
    picker.choose(one);
    picker.dispatchEvent(new CustomEvent('dg:picked', { bubbles: true, detail: { name: picker.dataset.name } }));
    return { text: one.title, good: true, done: !picker.many };
  };
}

const several = (code: string): Taken => ({ text: t('More than one record has the code {code}; choose it by its name', { code }), good: false });

function intoRows(holder: HTMLElement, button: HTMLElement): Take {
  const table = RowTable.of(holder);
  const { scanField: field = '', scanQuantity: quantity = '', scanUrl: url } = button.dataset;
  return async (code) => {
    const found = url ? await ask(url, code) : null;
    if (url && !found) return trouble();
    const item = found?.items[0] ?? null;
    if (url && !item) return unknown(code);
    if ((found?.items.length ?? 0) > 1) return several(code);
    const value = item ?? code;
    const title = item?.title ?? code;
    const known = quantity ? table.entries.find((one) => same(one.row?.[field], value)) : undefined;
    if (known) return raise(holder, table, known, quantity, title);
    return add(holder, table, { [field]: value, ...(quantity ? { [quantity]: '1' } : {}) }, field, title, found?.related);
  };
}

function same(held: unknown, value: Item | string): boolean {
  if (typeof value === 'string') return held === value;
  return typeof held === 'object' && held !== null && String((held as { id?: unknown }).id) === String(value.id);
}

async function raise(holder: HTMLElement, table: RowTable, entry: Entry, quantity: string, title: string): Promise<Taken> {
  await table.reveal(entry);
  const more = (step: number): string => {
    const now = entry.row?.[quantity];
    const count = new Big(typeof now === 'string' || typeof now === 'number' ? now : 0).plus(step).toFixed();
    fill(holder, table, entry, { [quantity]: count });
    return count;
  };
  return { text: `${title} × ${more(1)}`, good: true, undo: () => void more(-1) };
}

async function add(
  holder: HTMLElement, table: RowTable, values: Values, field: string, title: string, related?: Found['related'],
): Promise<Taken> {
  const blank = table.entries.at(-1); // the empty row that a new record begins with
  const entry = blank && blank.id === null && !blank.used && !blank.changed.size ? blank : table.insert();
  await table.reveal(entry);
  fill(holder, table, entry, values, related);
  const picker = entry.element?.querySelector<Picker>(`dg-picker[data-name$="].${field}"]`);
  picker?.dispatchEvent(new CustomEvent('dg:picked', { bubbles: true, detail: { name: picker.dataset.name } }));
  return { text: `${title} × 1`, good: true, undo: () => take(holder, table, entry) };
}

function take(holder: HTMLElement, table: RowTable, entry: Entry): void {
  table.remove(entry);
  void table.show(table.start);
  holder.closest('form')?.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
}

function fill(holder: HTMLElement, table: RowTable, entry: Entry, values: Values, related?: Found['related']): void {
  holder.closest('form')?.dispatchEvent(new CustomEvent('dg:fill', { detail: { table, rows: [{ entry, values }], related } }));
}

async function ask(url: string, code: string): Promise<Found | null> {
  try {
    const answer = await fetch(`${url}&code=${encodeURIComponent(code.slice(0, 500))}`, { headers: { Accept: 'application/json' } });
    return answer.ok ? ((await answer.json()) as Found) : null;
  } catch {
    return null;
  }
}
