import { expect, test } from 'vitest';
import { fill } from './words.ts';

test('values are put into their places, unknown places stay', () => {
  expect(fill('{n} of {all} {x}', { n: 1, all: 20 })).toBe('1 of 20 {x}');
});
