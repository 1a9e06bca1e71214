import Big from 'big.js';
import { expect, test } from 'vitest';
import { lookOf, totalOf } from './currency.ts';
import { shown } from './numbers.ts';
import type { About, Data, Facts, Tree, Values } from './types.ts';

const facts = { now: '2026-03-05T08:00:00.000Z', today: '2026-03-05', zone: 'Asia/Shanghai', offsets: [], user: null, settings: {} } as unknown as Facts;
const unit: Tree = { node: 'field', type: 'text', path: ['unit'] };
const data = { facts, digits: { JPY: 0 } } as unknown as Data;
const about: About = { key: 'spent', type: 'money', decimals: 2, symbol: 'CNY', unit, base: { key: 'base', symbol: 'CNY' } };
const added = (rows: readonly Values[]) => (key: string): Big => rows.reduce((sum, row) => sum.plus(String(row[key] ?? 0)), new Big(0));

test('an amount is shown in the currency that its row names, else in its own', () => {
  expect(shown(lookOf(about, {}, { unit: 'USD' }, data), '1200')).toBe('$1,200.00');
  expect(shown(lookOf(about, {}, { unit: 'JPY' }, data), '1200')).toBe('JP¥1,200');
  expect(shown(lookOf(about, { unit: 'EUR' }, undefined, data), '5')).toBe('€5.00');
  expect(shown(lookOf(about, {}, { unit: null }, data), '5')).toBe('¥5.00');
});

test('rows of one currency have a total in it, rows of several in the base currency or none', () => {
  const dollars: Values[] = [{ unit: 'USD', spent: '1', base: '7' }, { unit: 'USD', spent: '2', base: '14' }, { unit: 'EUR', spent: null }];
  expect(totalOf(about, {}, dollars, data, added(dollars))).toBe('$3.00');
  const both: Values[] = [{ unit: 'USD', spent: '1', base: '7' }, { unit: 'EUR', spent: '2', base: '16' }];
  expect(totalOf(about, {}, both, data, added(both))).toBe('¥23.00');
  const { base: _, ...bare } = about;
  expect(totalOf(bare, {}, both, data, added(both))).toBe('');
});
