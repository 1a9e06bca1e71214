// The totals row of a sub-form: over all rows, those without inputs too. Only what changed is added anew.
import Big from 'big.js';
import { shown } from './live/numbers.ts';
import type { About, Values } from './live/types.ts';
import type { RowTable } from './table.ts';

interface Sum { total: Big; seen: Map<Values, string> }

export class Totals {
  private sums = new Map<string, Sum>();
  private cells = new Map<string, HTMLElement[]>();

  constructor(form: HTMLElement) {
    for (const holder of form.querySelectorAll<HTMLElement>('[data-subform]')) {
      this.cells.set(holder.dataset.subform!, [...holder.querySelectorAll<HTMLElement>('[data-sum]')]);
    }
  }

  show(table: RowTable, about: About | undefined, rows: readonly Values[]): void {
    for (const cell of this.cells.get(table.key) ?? []) {
      const key = cell.dataset.sum!;
      const inner = about?.rows?.find((one) => one.key === key);
      if (!inner) continue;
      const text = shown(inner, this.sum(`${table.key}.${key}`, key, rows).toFixed());
      if (cell.textContent !== text) cell.textContent = text;
    }
  }

  private sum(name: string, key: string, rows: readonly Values[]): Big {
    let sum = this.sums.get(name);
    if (!sum || sum.seen.size !== rows.length) this.sums.set(name, (sum = { total: new Big(0), seen: new Map() }));
    for (const row of rows) {
      const value = row[key];
      const now = typeof value === 'string' || typeof value === 'number' ? String(value) : '0';
      const before = sum.seen.get(row);
      if (before === now) continue;
      sum.total = sum.total.plus(now).minus(before ?? 0);
      sum.seen.set(row, now);
    }
    return sum.total;
  }
}
