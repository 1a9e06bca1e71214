// Finding, cutting and putting together texts and lists of texts, by code points (engines/formula/pieces.py).

import { LOWER_LETTERS, SPACES, UPPER_LETTERS } from './letters.ts';
import { Decimal, type Maybe, whole } from './numbers.ts';
import { lower, type Text, text, upper } from './texts.ts';

type List = readonly string[] | null;

const MAX_TEXT = 10_000;
const MOST_PAIRS = 500;
const LETTERS = new Set(UPPER_LETTERS + LOWER_LETTERS);
const CONTROLS = /[\u0000-\u001f]/g;

const listed = (items: readonly string[]): List => {
  const found = items.filter((item) => item !== '');
  return found.length > 0 ? found : null;
};

export function replace(value: Text, start: Maybe, size: Maybe, replacement: Text): Text {
  const first = whole(start, 0, MAX_TEXT + 1);
  const count = whole(size, -1, MAX_TEXT + 1);
  if (first === null || first < 1 || count === null || count < 0) return null;
  const signs = Array.from(value ?? '');
  return text(signs.slice(0, first - 1).join('') + (replacement ?? '') + signs.slice(first - 1 + count).join(''));
}

export function repeat(value: Text, count: Maybe): Text {
  const times = whole(count, -1, MAX_TEXT);
  if (value === null || times === null || times < 0) return null;
  return text(value.repeat(Math.min(times, Math.floor(MAX_TEXT / Array.from(value).length) + 1)));
}

/** Where the nth occurrence begins, -1 if there is none; from the end if negative. Places count UTF-16 units. */
function nthPlace(value: string, part: string, nth: Maybe): number {
  let count = whole(nth, -MAX_TEXT - 1, MAX_TEXT + 1) ?? 0;
  if (count < 0) count += value.split(part).length;
  let place = -part.length;
  for (let step = 0; step < count; step += 1) {
    place = value.indexOf(part, place + part.length);
    if (place < 0) return -1;
  }
  return count > 0 ? place : -1;
}

export function substituteNth(value: Text, old: Text, replacement: Text, nth: Maybe): Text {
  if ((whole(nth, 0, 1) ?? 0) < 1) return null;
  if (value === null || old === null) return value;
  const place = nthPlace(value, old, nth);
  return place < 0 ? value : text(value.slice(0, place) + (replacement ?? '') + value.slice(place + old.length));
}

export function before(value: Text, part: Text, nth: Maybe): Text {
  const place = value === null || part === null ? -1 : nthPlace(value, part, nth);
  return place < 0 ? null : value!.slice(0, place) || null;
}

export function after(value: Text, part: Text, nth: Maybe): Text {
  const place = value === null || part === null ? -1 : nthPlace(value, part, nth);
  return place < 0 ? null : value!.slice(place + part!.length) || null;
}

export function allBetween(value: Text, start: Text, end: Text): List {
  if (value === null || start === null || end === null) return null;
  const found: string[] = [];
  let first = value.indexOf(start);
  for (let pair = 0; pair < MOST_PAIRS && first >= 0; pair += 1) {
    const last = value.indexOf(end, first + start.length);
    if (last < 0) break;
    found.push(value.slice(first + start.length, last));
    first = value.indexOf(start, last + end.length);
  }
  return listed(found);
}

export function between(value: Text, start: Text, end: Text): Text {
  const first = value === null || start === null || end === null ? -1 : value.indexOf(start);
  const last = first < 0 ? -1 : value!.indexOf(end!, first + start!.length);
  return last < 0 ? null : value!.slice(first + start!.length, last) || null;
}

export const split = (value: Text, separator: Text): List =>
  value === null ? null : listed(separator === null ? [value] : value.split(separator));

export function glue(items: List, separator: Text): Text {
  const most = Math.floor(MAX_TEXT / (Array.from(separator ?? '').length + 1)) + 1;
  return items === null ? null : text(items.slice(0, most).join(separator ?? ''));
}

export function textJoin(separator: Text, skip: boolean | null, ...parts: Text[]): Text {
  const found = skip ? parts.filter((part) => part !== null) : parts;
  let whole = found[0] ?? '';
  for (const part of found.slice(1)) if (whole.length < 2 * MAX_TEXT) whole += (separator ?? '') + (part ?? '');
  return text(whole);
}

export function item(items: List, place: Maybe): Text {
  const at = whole(place, -MAX_TEXT - 1, MAX_TEXT + 1);
  return items === null || !at ? null : (items.at(at > 0 ? at - 1 : at) ?? null);
}

export const listOf = (...parts: Text[]): List => listed(parts.map((part) => part ?? ''));
export const hasAny = (items: List, wanted: List): boolean =>
  items !== null && wanted !== null && wanted.some((one) => items.includes(one));
export const hasAll = (items: List, wanted: List): boolean =>
  items !== null && wanted !== null && wanted.every((one) => items.includes(one));
export const oneOf = (value: Text, wanted: List): boolean => value !== null && wanted !== null && wanted.includes(value);

export function proper(value: Text): Text {
  if (value === null) return null;
  const signs = Array.from(value);
  const [small, capital] = [Array.from(lower(value)!), Array.from(upper(value)!)];
  return signs.map((_, place) => (place > 0 && LETTERS.has(signs[place - 1]!) ? small : capital)[place]!).join('');
}

export const reverse = (value: Text): Text => (value === null ? null : Array.from(value).reverse().join(''));
export const clean = (value: Text): Text => (value === null ? null : value.replace(CONTROLS, '') || null);
export const withoutSpaces = (value: Text): Text =>
  value === null ? null : Array.from(value).filter((sign) => !SPACES.includes(sign)).join('') || null;

export function signOf(code: Maybe): Text {
  const number = whole(code, 0, 0x110000);
  if (!number || number === 0x110000 || (number >= 0xd800 && number < 0xe000)) return null;
  return String.fromCodePoint(number);
}

export const codeOf = (value: Text): Maybe => (value === null ? null : new Decimal(value.codePointAt(0)!));

/** Percent signs and the numbers of bytes; `kept` are the characters that stay beside letters and digits. */
export const encodeUri = (value: Text, kept: Text): Text =>
  value === null ? null : text(kept?.includes(':') ? encodeURI(value) : encodeURIComponent(value));

export function decodeUri(value: Text, kept: Text): Text {
  if (value === null) return null;
  try {
    const decoded = kept ? decodeURI(value) : decodeURIComponent(value);
    return decoded.includes('\0') ? null : text(decoded);
  } catch {
    return null;
  }
}
