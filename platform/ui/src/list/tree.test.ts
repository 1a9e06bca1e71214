import { describe, expect, it } from 'vitest';
import { fromJson, toJson } from './tree.ts';

describe('the filter tree', () => {
  it('gives back what it was made of', () => {
    const json = { and: [{ field: 'state', op: 'in', value: ['a'] }, { or: [{ field: 'n', op: 'gt', value: '3' }, { expression: 'n > 3' }] }] };
    expect(toJson(fromJson(json))).toEqual(json);
  });
  it('puts a single condition into a group', () => {
    expect(toJson(fromJson({ field: 'a', op: 'empty' }))).toEqual({ and: [{ field: 'a', op: 'empty' }] });
  });
  it('leaves out what is not filled in', () => {
    const group = fromJson(null);
    group.parts.push({ field: 'a', op: 'eq', value: '' }, { field: 'b', op: 'between', value: ['', '2'] }, { field: 'c', op: 'in', value: [] });
    expect(toJson(group)).toEqual({ and: [{ field: 'b', op: 'between', value: [null, '2'] }] });
    expect(toJson({ joint: 'and', parts: [{ joint: 'or', parts: [] }] })).toBeNull();
  });
});
