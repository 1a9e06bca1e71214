// The totals row of a sub-form: over all rows, those without inputs too. The model keeps the sums.
import Big from 'big.js';
import { totalOf } from './live/currency.ts';
import type { Model } from './live/model.ts';
import type { About, Data } from './live/types.ts';

export class Totals {
  private cells: { table: string; key: string; element: HTMLElement }[] = [];

  constructor(form: HTMLElement) {
    for (const holder of form.querySelectorAll<HTMLElement>('[data-subform]')) {
      for (const element of holder.querySelectorAll<HTMLElement>('[data-sum]')) {
        if (element.closest('[data-subform]') === holder) this.cells.push({ table: holder.dataset.subform!, key: element.dataset.sum!, element });
      }
    }
  }

  show(model: Model, abouts: ReadonlyMap<string, About>, data: Data): void {
    for (const { table, key, element } of this.cells) {
      const inner = abouts.get(`${table}.${key}`);
      if (!inner) continue;
      const text = totalOf(inner, model.values, model.rows(table), data, (column) => new Big(model.sum(`${table}.${column}`) || 0));
      if (element.textContent !== text) element.textContent = text;
    }
  }
}
