import { describe, expect, it } from 'vitest';
import { constant, written } from './default.ts';

describe('default values', () => {
  it('are read back as they were written', () => {
    for (const [type, value] of [['text', 'say "hi"'], ['number', '-2.5'], ['boolean', 'TRUE'], ['date', '2024-02-29']] as const) {
      expect(constant(written(value, type) ?? '', type)).toBe(value);
    }
    expect(written('', 'text')).toBeUndefined();
  });

  it('that are computed are no fixed values', () => {
    expect(constant('"a" & "b"', 'text')).toBeUndefined();
    expect(constant('1 + 2', 'number')).toBeUndefined();
    expect(constant('TODAY()', 'date')).toBeUndefined();
    expect(constant('"a"', 'number')).toBeUndefined();
  });
});
