// A block of cells from a spreadsheet: the server reads each cell as an import does (numbers, dates, names of records),
// so that what lands in the rows is what would be saved; what cannot be read stands beside its cell with the reason.
import { t } from '../shell/words.ts';
import type { Values } from './live/types.ts';
import { say, type Entry, type RowTable } from './table.ts';
import { post } from './post.ts';

export const MOST_ROWS = 5000;

interface Read { values: Values; problems: Record<string, string> }
interface Answer { rows: Read[]; related: Record<string, Record<string, Values>> }

/** Cells as spreadsheets put them on the clipboard: tabs between, lines below; quotes around cells with breaks. */
export function readCells(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const plain = text.replace(/\r\n?/g, '\n');
  for (let index = 0; index < plain.length; index++) {
    const sign = plain[index]!;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (plain[index + 1] === '"') cell += plain[++index]!;
      else quoted = false;
    } else if (sign === '"' && cell === '') quoted = true;
    else if (sign === '\t' || sign === '\n') {
      row.push(cell);
      cell = '';
      if (sign === '\n') rows.push(row.splice(0));
    } else cell += sign;
  }
  if (cell !== '' || row.length) rows.push([...row, cell]);
  while (rows.length && rows.at(-1)!.every((one) => one.trim() === '')) rows.pop();
  return rows;
}

/** The columns that a block fills: from the one with the cursor to the right, or those that its first line names. */
export function columnsOf(cells: readonly string[][], columns: readonly { key: string; label: string }[], start: number): { keys: (string | null)[]; head: boolean } {
  const first = (cells[0] ?? []).map((one) => one.trim());
  const named = first.map((text) => columns.find((one) => one.label === text)?.key ?? null);
  if (cells.length > 1 && first.length > 1 && named.filter((one) => one !== null).length >= Math.max(2, first.length - 1)) return { keys: named, head: true };
  return { keys: first.map((_, index) => columns[start + index]?.key ?? null), head: false };
}

export async function pasteInto(form: HTMLFormElement, table: RowTable, entry: Entry, target: HTMLElement, text: string): Promise<void> {
  const cells = readCells(text);
  const columns = [...table.holder.querySelectorAll<HTMLElement>('th[data-write]')].map((one) => ({ key: one.dataset.write!, label: one.dataset.label ?? '' }));
  const here = target.closest<HTMLElement>('td[data-field]')?.dataset.field?.split('.')[1];
  const { keys, head } = columnsOf(cells, columns, Math.max(0, columns.findIndex((one) => one.key === here)));
  const lines = (head ? cells.slice(1) : cells).slice(0, MOST_ROWS);
  table.holder.setAttribute('aria-busy', 'true');
  const answer = await read(table.key, keys, lines);
  table.holder.removeAttribute('aria-busy');
  if (!answer) return notice(table, t('The cells could not be read; try again'));
  const from = table.entries.indexOf(entry);
  const rows: { entry: Entry; values: Values }[] = [];
  let wrong = 0;
  answer.rows.forEach((one, index) => {
    const row = table.entries[from + index] ?? table.insert();
    rows.push({ entry: row, values: one.values });
    for (const key of Object.keys(one.values)) row.errors.delete(key);
    for (const [key, message] of Object.entries(one.problems)) {
      wrong += 1;
      row.errors.set(key, { text: lines[index]?.[keys.indexOf(key)] ?? '', message });
      row.changed.add(key);
    }
  });
  table.settle();
  form.dispatchEvent(new CustomEvent('dg:fill', { detail: { table, rows, related: answer.related } }));
  for (const { entry: row } of rows) {
    for (const [key, problem] of row.errors) {
      if (!row.element) continue;
      row.used = true;
      say(row.element, `${table.key}[${row.number}].${key}`, problem);
    }
  }
  form.dispatchEvent(new CustomEvent('dg:pasted', { bubbles: true }));
  notice(table, wrong
    ? t('{rows} rows pasted, {wrong} cells could not be read', { rows: String(rows.length), wrong: String(wrong) })
    : t('{rows} rows pasted', { rows: String(rows.length) }));
}

async function read(key: string, keys: readonly (string | null)[], lines: readonly string[][]): Promise<Answer | null> {
  const where = location.pathname.split('/').slice(0, 4).join('/');
  const body = JSON.stringify({ subform: key, columns: keys, cells: lines });
  try {
    const answer = await post(`${where}/cells`, body, { 'Content-Type': 'application/json' });
    return answer.ok ? ((await answer.json()) as Answer) : null;
  } catch {
    return null;
  }
}

function notice(table: RowTable, text: string): void {
  const place = table.holder.querySelector<HTMLElement>('[data-rows-said]');
  if (place) place.textContent = text;
}
