// Texts by code points (rule 8). Blank is null; an empty result is blank.

import { LOWER_LETTERS, SPACES, UPPER_LETTERS } from './letters.ts';
import { Decimal, type Maybe, whole } from './numbers.ts';

export type Text = string | null;

const MAX_TEXT = 10_000;
const TO_LOWER = pairs(UPPER_LETTERS, LOWER_LETTERS);
const TO_UPPER = pairs(LOWER_LETTERS, UPPER_LETTERS);

function pairs(from: string, to: string): ReadonlyMap<string, string> {
  const targets = Array.from(to);
  return new Map(Array.from(from).map((sign, place) => [sign, targets[place]!]));
}

const count = (value: Maybe): number | null => {
  const size = whole(value, -1, MAX_TEXT + 1);
  return size === null || size < 0 ? null : size;
};

/** A text as a result: at most 10,000 characters, empty is blank. */
export function text(value: string): Text {
  return (value.length <= MAX_TEXT ? value : Array.from(value).slice(0, MAX_TEXT).join('')) || null;
}

export function join(...parts: Text[]): Text {
  let whole = '';
  for (const part of parts) if (whole.length < 2 * MAX_TEXT) whole += part ?? '';
  return text(whole);
}

export function length(value: Text): Maybe {
  return new Decimal(value === null ? 0 : Array.from(value).length);
}

export function left(value: Text, size: Maybe): Text {
  const end = count(size);
  return value === null || end === null ? null : Array.from(value).slice(0, end).join('') || null;
}

export function right(value: Text, size: Maybe): Text {
  const end = count(size);
  return value === null || !end ? null : Array.from(value).slice(-end).join('') || null;
}

export function mid(value: Text, start: Maybe, size: Maybe): Text {
  const first = count(start);
  const end = count(size);
  if (value === null || !first || end === null) return null;
  return Array.from(value).slice(first - 1, first - 1 + end).join('') || null;
}

export function find(part: Text, value: Text, start: Maybe): Maybe {
  const first = count(start);
  if (part === null || value === null || !first) return null;
  const rest = Array.from(value).slice(first - 1).join('');
  const place = rest.indexOf(part);
  return place < 0 ? null : new Decimal(first + Array.from(rest.slice(0, place)).length);
}

const mapped = (value: Text, letters: ReadonlyMap<string, string>): Text =>
  value === null ? null : Array.from(value, (sign) => letters.get(sign) ?? sign).join('');

export const upper = (value: Text): Text => mapped(value, TO_UPPER);
export const lower = (value: Text): Text => mapped(value, TO_LOWER);

export function trim(value: Text): Text {
  if (value === null) return null;
  let start = 0;
  let end = value.length;
  while (start < end && SPACES.includes(value[start]!)) start += 1;
  while (end > start && SPACES.includes(value[end - 1]!)) end -= 1;
  return value.slice(start, end) || null;
}

export function substitute(value: Text, old: Text, replacement: Text): Text {
  if (value === null || old === null) return value;
  const parts = value.split(old);
  // never more of them than fit into a text
  const most = replacement ? Math.floor(MAX_TEXT / Array.from(replacement).length) + 2 : parts.length;
  return text(parts.slice(0, most).join(replacement ?? ''));
}

export const contains = (value: Text, part: Text): boolean => value !== null && part !== null && value.includes(part);
export const starts = (value: Text, part: Text): boolean => value !== null && part !== null && value.startsWith(part);
export const ends = (value: Text, part: Text): boolean => value !== null && part !== null && value.endsWith(part);
export const has = (items: readonly string[] | null, item: Text): boolean =>
  items !== null && item !== null && items.includes(item);

const fold = (value: Text): Text => (value === null ? null : trim(lower(value.normalize('NFKC'))));
export const same = (a: Text, b: Text): boolean => fold(a) === fold(b);

/** Order by code points; JavaScript's own order is by UTF-16 units. */
export function compareTexts(a: string, b: string): number {
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()];
  for (;;) {
    const [x, y] = [left.next(), right.next()];
    if (x.done || y.done) return Number(!!y.done) - Number(!!x.done);
    if (x.value !== y.value) return x.value.codePointAt(0)! - y.value.codePointAt(0)!;
  }
}
