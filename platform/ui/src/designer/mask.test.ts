import { expect, test } from 'vitest';
import { masked, sampleFor } from './mask.ts';

test('the example shows what the server shows', () => {
  expect(masked('13812348000', { kind: 'phone' })).toBe('138****8000');
  expect(masked('张三丰', { kind: 'name' })).toBe('张**');
  expect(masked('zhang@site.cn', { kind: 'email' })).toBe('z***@site.cn');
  expect(masked('@x', { kind: 'email' })).toBe('***@x');
  expect(masked('zhang', { kind: 'email' })).toBe('z***');
  expect(masked('anything', { kind: 'all' })).toBe('******');
  expect(masked('A1234', { kind: 'custom', keep_end: 2 })).toBe('***34');
  expect(masked('138', { kind: 'phone' })).toBe('***');
});

test('every kind of mask has a value to be shown with', () => {
  expect(masked(sampleFor('phone', 'phone'), { kind: 'phone' })).toBe('138****8000');
  expect(masked(sampleFor('text', 'name'), { kind: 'name' })).toBe('张**');
  expect(sampleFor('text', 'id')).toHaveLength(18);
});
