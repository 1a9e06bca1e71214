import { describe, expect, test } from 'vitest';

// The elements are defined when their modules load; a test needs only their reckoning.
globalThis.HTMLElement ??= class {} as never;
globalThis.customElements ??= { define: () => undefined } as never;
const { firstDay } = await import('./period.ts');
const { days } = await import('./range.ts');
const { address } = await import('./clean.ts');

describe('periods', () => {
  test.each([
    ['2026', '2026-01-01'],
    ['2026-03', '2026-03-01'],
    ['2026-Q4', '2026-10-01'],
    ['2026-W01', '2025-12-29'],
    ['2020-W53', '2020-12-28'],
    ['2026-13', null],
    ['soon', null],
    ['', null],
  ])('%s begins on %s', (text, day) => {
    expect(firstDay(text)).toBe(day);
  });
});

test('a range counts both of its ends', () => {
  expect(days('2026-02-28', '2026-03-01')).toBe(2);
  expect(days('2026-03-01', '2026-03-01')).toBe(1);
  expect(days('2026-03-02', '2026-03-01')).toBe(0);
  expect(days('', '2026-03-01')).toBe(0);
});

test('links lead to the web and to mailboxes only', () => {
  expect(address('www.example.com')).toBe('https://www.example.com');
  expect(address('localhost:8080/a')).toBe('https://localhost:8080/a');
  expect(address('lin@example.com')).toBe('mailto:lin@example.com');
  expect(address('/a/crm/customer/7')).toBe('/a/crm/customer/7');
  expect(address(' javascript:alert(1)')).toBe('');
  expect(address('data:text/html,x')).toBe('');
});
