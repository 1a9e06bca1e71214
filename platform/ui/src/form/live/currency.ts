// In which currency an amount is shown: a field's own, or the one that its record names.
import Big from 'big.js';
import { evaluate } from '../../formula/index.ts';
import { shown, type Look } from './numbers.ts';
import type { About, Data, Values } from './types.ts';

/** How an amount of a record or row looks: its currency may stand in the row or in the record around it. */
export function lookOf(about: About, around: Values, row: Values | undefined, data: Data): Look {
  if (!about.unit) return about;
  const code = evaluate(about.unit, row ? { ...around, ...row } : around, data.facts);
  const symbol = typeof code === 'string' && code ? code : (about.symbol ?? '');
  return { ...about, symbol, decimals: data.digits?.[symbol] ?? about.decimals ?? 2 };
}

/** The total of a column; blank where amounts are in different currencies and no base amounts are kept. */
export function totalOf(about: About, around: Values, rows: readonly Values[], data: Data, sum: (key: string) => Big): string {
  if (!about.unit) return shown(about, sum(about.key).toFixed());
  const filled = rows.filter((row) => row[about.key] !== null && row[about.key] !== undefined && row[about.key] !== '');
  const first = lookOf(about, around, filled[0], data);
  const mixed = !about.unitAround && filled.some((row) => lookOf(about, around, row, data).symbol !== first.symbol);
  if (!mixed) return shown(first, sum(about.key).toFixed());
  const base = about.base;
  if (!base || filled.some((row) => typeof row[base.key] !== 'string')) return '';
  return shown({ ...about, symbol: base.symbol }, sum(base.key).toFixed());
}
