import { describe, expect, it } from 'vitest';
import type { Bench } from './bench.ts';
import { setType, valueType } from './expects.ts';

const types = new Map([['text', { value: 'text' }], ['number', { value: 'number' }], ['relation', { value: 'record' }], ['formula', { value: '' }]]);
const doc = {
  fields: [{ key: 'note', type: 'text' }, { key: 'buyer', type: 'relation' }, { key: 'net', type: 'formula', options: { result: 'money' } }, { key: 'lines', type: 'subform', fields: [{ key: 'qty', type: 'number' }] }],
  rules: [{ key: 'r', actions: [{ key: 'a', do: 'set', fields: ['note'] }, { key: 'b', do: 'set', fields: ['lines.qty'] }, { key: 'c', do: 'set', fields: ['buyer'] }, { key: 'd', do: 'set' }] }],
};
const bench = { types, doc } as unknown as Bench;
const of = (action: string): string => setType(bench, ['rules', 'r', 'actions', action]);

describe('the kind of value that is expected', () => {
  it('is that of the field which a rule sets, not a condition', () => {
    expect([of('a'), of('b'), of('c'), of('d')]).toEqual(['text', 'number', '', '']);
  });
  it('is a number where a formula gives money', () => {
    expect(valueType(bench, doc.fields[2] as never)).toBe('number');
  });
});
