import { expect, test } from 'vitest';
import { used } from './purge.ts';

test('rules of nothing but pseudo-classes stay, with what pages use of them', async () => {
  expect(await used(':is(a,button,.nowhere-used):focus-visible{color:red}')).toContain(':is(a,button):focus-visible{color:red}');
  expect(await used('.a-b{x:y}:where(.nowhere-used):hover{color:red}')).toBe('');
});

test('what metadata chooses stays, whatever it chooses', async () => {
  for (const rule of ['.dg-tag[data-color=cyan]{color:red}', '.dg-rating[data-picture=heart]{color:red}', '.dz-f-function{color:red}']) {
    expect(await used(rule)).toBe(rule);
  }
  expect(await used('.dg-tag[data-nowhere=used]{color:red}')).toBe('');
});
