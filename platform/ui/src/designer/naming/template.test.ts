import { expect, it } from 'vitest';
import { fits } from '../inputs.ts';
import type { Schema } from '../types.ts';
import type { World } from './around.ts';
import { reading } from './template.ts';

const world = {
  doc: { kind: 'form', key: 'repair', title: '报修', fields: [{ key: 'no', type: 'text', label: '编号' }, { key: 'day', type: 'date', label: '日期' }] },
  locale: 'zh-CN', types: new Map(), boot: { forms: [], option_sets: [], system: [] },
} as unknown as World;

it('a template is read with the labels of its fields; what names none reads as nothing', () => {
  expect(reading(world, 'repair', '{no} - {day:yyyy-MM}')).toBe('“编号” - “日期”');
  expect(reading(world, 'repair', 'https://a.example/?q={nothing}')).toBe('');
  expect(reading(world, 'repair', 'plain')).toBe('');
});

it('a setting is asked for only where another one gives it a meaning', () => {
  const schemas: Record<string, Schema> = {
    do: { enum: ['open', 'set'] }, url: { type: 'string', 'x-when': { do: ['open'] } },
    of: { enum: ['record', 'field'], default: 'record' }, field: { type: 'string', 'x-when': { of: ['field'] } },
    currency_field: { type: 'string' },
  };
  expect([fits('url', { do: 'open' }, schemas), fits('url', { do: 'set' }, schemas), fits('url', {}, schemas)]).toEqual([true, false, false]);
  expect([fits('field', {}, schemas), fits('field', { of: 'field' }, schemas)]).toEqual([false, true]);
  expect([fits('currency_field', {}, schemas), fits('currency_field', { result: 'number' }, schemas)]).toEqual([true, false]);
});
