import { describe, expect, it } from 'vitest';
import { read, write, type TypeOf } from './conditions.ts';

const TYPES: Record<string, string> = {
  amount: 'number', limit: 'number', name: 'text', urgent: 'boolean', due: 'date', at: 'datetime', tags: 'list', owner: 'record', lines: 'records', 'lines.qty': 'number', 'customer.grade': 'text',
};
const typeOf: TypeOf = (name) => TYPES[name] ?? '';
const again = (text: string): string => {
  const found = read(text, typeOf);
  return found ? write(found, typeOf) : 'no';
};

describe('conditions of rules', () => {
  it('are read back as they were written', () => {
    for (const text of [
      'amount > 5000', 'amount <= -2.5', 'amount > limit', 'name = "紧急"', 'customer.grade <> "A"', 'name = "say ""hi"""', 'urgent', 'NOT(urgent)', 'name = ""', 'amount <> ""',
      'due < TODAY()', 'due >= TODAY() + 7', 'due < TODAY() - 3', 'due = DATE(2024, 2, 29)', 'DATE(at) < TODAY()', 'CONTAINS(tags, "vip")', 'NOT(CONTAINS(name, "x"))', 'STARTSWITH(name, "SO")',
      'owner = CURRENTUSER()', 'ISBLANK(owner)', 'NOT(ISBLANK(tags))', 'HASROLE("sales")', 'INDEPT("华东")', 'ANY(lines, qty > 3)', 'EVERY(lines, qty > limit)', 'ANY(lines, qty = "")',
      'AND(amount > 1, OR(urgent, name = "x"), due < TODAY())',
    ]) expect(again(text)).toBe(text);
    expect(again('')).toBe('');
  });

  it('leave other shapes to the formula editor', () => {
    for (const text of ['amount * 2 > 3', 'SUM(lines, qty) > 3', 'amount > ', 'AND(amount > 1, YEAR(due) = 2024)', 'unknown = 1', 'amount = "x"', 'amount > 1 + 2', 'ANY(lines, AND(qty > 1, qty < 3))', 'urgent urgent', 'name < "b"', '(amount > 1)']) {
      expect(read(text, typeOf)).toBeUndefined();
    }
  });

  it('leave out what is not finished', () => {
    expect(write({ join: 'OR', items: [{ field: 'amount', op: '>', kind: 'value', value: '' }, { field: 'urgent', op: 'yes', kind: 'value', value: '' }] }, typeOf)).toBe('urgent');
  });
});
