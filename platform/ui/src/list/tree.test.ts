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
  it('takes one day of a range for its first and its last, and leaves out a place that is not whole', () => {
    const day = '2026-03-01';
    const group = fromJson({ and: [['', day], [day, ''], ['', ''], 'this_month'].map((value) => ({ field: 'a', op: 'covers', value })) });
    expect(toJson(group)).toEqual({ and: [[day, day], [day, day], 'this_month'].map((value) => ({ field: 'a', op: 'covers', value })) });
    expect(['121.4,31.2,500', '121.4,,500', ''].map((value) => toJson({ field: 'a', op: 'within', value }) !== null)).toEqual([true, false, false]);
  });
});
