import { describe, expect, it } from 'vitest';
import { callAt, rowsAt, spelled, stretch, tokens } from './tokens.ts';

const NAMES = new Set(['amount', 'customer', 'customer.grade', 'lines', 'lines.qty', 'lines.price', 'gold']);
const known = (name: string): boolean => NAMES.has(name);
const fields = (text: string): (string | undefined)[] => tokens(text, known).filter((one) => one.kind === 'field').map((one) => one.name);

describe('pieces of expressions', () => {
  it('knows fields through relations and leaves texts alone', () => {
    expect(fields('IF(customer.grade = "amount", amount, 3)')).toEqual(['customer.grade', 'amount']);
    expect(tokens('amount_2 + "open', known).map((one) => one.kind)).toEqual(['unknown', 'text']);
  });

  it('reads names behind rows as fields of the rows', () => {
    expect(fields('SUM(lines, qty * price) + amount')).toEqual(['lines', 'lines.qty', 'lines.price', 'amount']);
    expect(fields('SUM(FILTER(lines, qty > 1), price)')).toEqual(['lines', 'lines.qty', 'lines.price']);
    expect(fields('qty')).toEqual([]);
    expect(rowsAt('SUM(lines, q', 12, known)).toEqual(['lines']);
    expect(rowsAt('SUM(lines', 9, known)).toEqual([]);
    const deep = (name: string): boolean => known(name) || name.startsWith('lines.parts');
    expect(rowsAt('SUM(lines, qty * SUM(parts, ', 28, deep)).toEqual(['lines.parts', 'lines']);
  });

  it('knows the call around a place', () => {
    expect(callAt('IF(amount > ROUND(1, 2), ', 25)).toEqual({ name: 'IF', argument: 1 });
    expect(callAt('(amount', 7)).toBeUndefined();
    expect(callAt('如果（amount，', 10)).toEqual({ name: '如果', argument: 1 });
  });

  it('finds places that are told in code points', () => {
    expect(stretch('"😀" & x', { column: 7, length: 1 })).toEqual([7, 8]);
    expect(stretch('a\nbc', { line: 2, column: 2 })).toEqual([3, 4]);
    expect(stretch('a +', { column: 4 })).toEqual([2, 3]);
    expect(stretch('a', {})).toBeUndefined();
  });
});

describe('labels that were typed where names belong', () => {
  const called = [['amount', '金额'], ['customer', '客户'], ['customer.grade', '客户 › 等级'], ['lines', '明细'], ['lines.qty', '明细 › 数量'], ['rate', '比率'], ['rate_2', '比率'], ['close', 'Expected close']].map(([name, label]) => ({ name: name as string, label: label as string }));
  const after = (text: string, at = -1): string => spelled(text, called, at).reverse().reduce((now, one) => now.slice(0, one.from) + one.text + now.slice(one.to), text);

  it('become the names of fields, through relations and in rows too', () => {
    expect(after('ROUND(金额 * 1.1, 2) + SUM(明细, 数量)')).toBe('ROUND(amount * 1.1, 2) + SUM(lines, 数量)');
    expect(after(after('SUM(明细, 数量)'))).toBe('SUM(lines, qty)');
    expect(after('客户.等级 = "金额"')).toBe('customer.grade = "金额"');
  });
  it('stay where two fields are called so, where they are being typed, and where no field is called so', () => {
    expect(after('比率 + 数量 + 总额')).toBe('比率 + 数量 + 总额');
    expect(after('金额', 2)).toBe('金额');
    expect(after('Expected close')).toBe('Expected close');
    expect(after('金额(1)')).toBe('金额(1)');
  });
});
