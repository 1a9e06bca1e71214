import { expect, test } from 'vitest';
import { names, symbol } from './icons.ts';

test('the list is one name a line, with comments, without repeats', () => {
  expect(names('# things\nuser\n\nbell # top bar\nuser\n')).toEqual(['bell', 'user']);
});

test('a symbol keeps the drawing only', () => {
  const svg = '<!--\ntags: [x]\n-->\n<svg\n  width="24"\n>\n  <path d="M1 1" />\n</svg>\n';
  expect(symbol('x', svg)).toBe('<symbol id="x" viewBox="0 0 24 24"><path d="M1 1" /></symbol>');
});
