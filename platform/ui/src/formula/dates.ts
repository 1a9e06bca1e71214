// Dates (rule 10): a date is days since 1970, an instant milliseconds since 1970. Beyond years 1 to 9999 is blank.

import { Decimal, divide, type Maybe, whole } from './numbers.ts';
import type { Facts } from './types.ts';

export type Day = number | null;
export type Instant = number | null;

const DAY_MS = 86_400_000;
const FIRST_DAY = -719_162; // 0001-01-01
const LAST_DAY = 2_932_896; // 9999-12-31
const FIRST_MS = FIRST_DAY * DAY_MS;
const LAST_MS = (LAST_DAY + 1) * DAY_MS - 1;

const big = (value: number): Maybe => new Decimal(value);
const validDay = (day: number): Day => (day >= FIRST_DAY && day <= LAST_DAY ? day : null);
const validInstant = (ms: number): Instant => (ms >= FIRST_MS && ms <= LAST_MS ? ms : null);
const remainder = (value: number, size: number): number => ((value % size) + size) % size;

/** Days since 1970 of a date of the Gregorian calendar (Howard Hinnant's algorithm). */
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Year, month and day of days since 1970. */
export function civil(days: number): [number, number, number] {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted + (shifted < 10 ? 3 : -9);
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1];
}

function monthLength(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

export function readDate(value: unknown): Day {
  const match = typeof value === 'string' ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  return match ? dayFrom(Number(match[1]), Number(match[2]), Number(match[3])) : null;
}

export function readInstant(value: unknown): Instant {
  if (typeof value !== 'string') return null;
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(value);
  const day = match ? readDate(match[1]) : null;
  if (!match || day === null) return null;
  const zone = match[6];
  let ahead = 0;
  if (zone && zone !== 'Z') {
    ahead = (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000 * (zone[0] === '-' ? -1 : 1);
  }
  const clock = (Number(match[2]) * 60 + Number(match[3])) * 60_000 + Number(match[4] ?? 0) * 1000;
  return validInstant(day * DAY_MS + clock + Number((match[5] ?? '').padEnd(3, '0').slice(0, 3)) - ahead);
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

export function showDate(day: number): string {
  const [year, month, date] = civil(day);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(date, 2)}`;
}

export function showInstant(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  const rest = ms - day * DAY_MS;
  const clock = [Math.floor(rest / 3_600_000), Math.floor(rest / 60_000) % 60, Math.floor(rest / 1000) % 60];
  return `${showDate(day)}T${clock.map((part) => pad(part, 2)).join(':')}.${pad(rest % 1000, 3)}Z`;
}

function offsetMs(facts: Facts, ms: number): number {
  let [low, high] = [0, facts.offsets.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (facts.offsets[middle]![0] <= ms) low = middle;
    else high = middle - 1;
  }
  return facts.offsets[low]?.[1] ?? 0;
}

export const localMs = (facts: Facts, instant: number): number => instant + offsetMs(facts, instant);

/** A reading that occurs twice means its first occurrence, one that clocks skip is read with the offset before. */
export function fromLocalMs(facts: Facts, ms: number): Instant {
  const [before, after] = [offsetMs(facts, ms - DAY_MS), offsetMs(facts, ms + DAY_MS)];
  if (offsetMs(facts, ms - before) !== before && offsetMs(facts, ms - after) === after) return validInstant(ms - after);
  return validInstant(ms - before);
}

export const dateOf = (facts: Facts, instant: Instant): Day =>
  instant === null ? null : validDay(Math.floor(localMs(facts, instant) / DAY_MS));
export const startOf = (facts: Facts, day: Day): Instant => (day === null ? null : fromLocalMs(facts, day * DAY_MS));

/** The instant at which the clocks of the zone show so many milliseconds of a day. */
export const startOfClock = (facts: Facts, day: number, clock: number): Instant => fromLocalMs(facts, day * DAY_MS + clock);

/** A part of what the clocks of the zone show. */
export function clock(facts: Facts, instant: Instant, size: number, modulus: number): number | null {
  return instant === null ? null : Math.floor(remainder(localMs(facts, instant), modulus) / size);
}

export const part = (day: Day, place: 0 | 1 | 2): Maybe => (day === null ? null : big(civil(day)[place]));
export const weekday = (day: Day): Maybe => (day === null ? null : big(remainder(day + 3, 7) + 1));

function dayFrom(year: number, month: number, day: number): Day {
  const exists = year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= monthLength(year, month);
  return exists ? daysOf(year, month, day) : null;
}

export function makeDate(year: Maybe, month: Maybe, day: Maybe): Day {
  const parts = [year, month, day].map((value) => whole(value, -1, 10_000));
  return parts.includes(null) ? null : dayFrom(...(parts as [number, number, number]));
}

export function toDate(text: string | null): Day {
  const stripped = text?.replace(/^[ \t\r\n\u00a0\u3000]+|[ \t\r\n\u00a0\u3000]+$/g, '') ?? '';
  const match = /^([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})$/.exec(stripped);
  return match ? dayFrom(Number(match[1]), Number(match[2]), Number(match[3])) : null;
}

/** A count, cut to a whole one and kept within what any calendar can use, of groups. */
export function times(count: Maybe, size: Maybe): Maybe {
  const groups = whole(count, -4_000_000, 4_000_000);
  return groups === null || size === null ? null : size.times(groups);
}

export function plusDays(day: Day, count: Maybe): Day {
  const days = whole(count, -4_000_000, 4_000_000);
  return day === null || days === null ? day : validDay(day + days);
}

export function plusMonths(day: Day, count: Maybe): Day {
  const shift = whole(count, -200_000, 200_000);
  if (day === null || shift === null) return day;
  const [year, month, date] = civil(day);
  const months = year * 12 + month - 1 + shift;
  const [newYear, newMonth] = [Math.floor(months / 12), remainder(months, 12) + 1];
  return newYear < 1 || newYear > 9999 ? null : daysOf(newYear, newMonth, Math.min(date, monthLength(newYear, newMonth)));
}

export function monthEnd(day: Day): Day {
  if (day === null) return null;
  const [year, month] = civil(day);
  return daysOf(year, month, monthLength(year, month));
}

export const daysBetween = (later: Day, earlier: Day): Maybe =>
  later === null || earlier === null ? null : big(later - earlier);

export function plusTime(instant: Instant, days: Maybe): Instant {
  if (instant === null || days === null) return instant;
  if (days.abs().gt(4_000_000)) return null;
  return validInstant(instant + days.times(DAY_MS).round(0, 1).toNumber());
}

export const timeBetween = (later: Instant, earlier: Instant): Maybe =>
  later === null || earlier === null ? null : divide(big(later - earlier), big(DAY_MS));

function moved(facts: Facts, instant: Instant, count: Maybe, move: (day: Day, count: Maybe) => Day): Instant {
  if (instant === null || count === null) return instant;
  const reading = localMs(facts, instant);
  const day = validDay(Math.floor(reading / DAY_MS));
  const target = day === null ? null : move(day, count);
  return target === null ? null : fromLocalMs(facts, target * DAY_MS + remainder(reading, DAY_MS));
}

export const moveDays = (facts: Facts, instant: Instant, count: Maybe): Instant => moved(facts, instant, count, plusDays);
export const moveMonths = (facts: Facts, instant: Instant, count: Maybe): Instant =>
  moved(facts, instant, count, plusMonths);

export function plusUnits(instant: Instant, count: Maybe, size: Maybe): Instant {
  if (instant === null || count === null || size === null) return instant;
  const bound = Math.floor(400_000_000_000_000 / size.toNumber());
  return validInstant(instant + whole(count, -bound, bound)! * size.toNumber());
}

export function monthsBetween(start: Day, end: Day): Maybe {
  if (start === null || end === null) return null;
  const [from, to] = end < start ? [end, start] : [start, end];
  const [a, b] = [civil(from), civil(to)];
  const months = (b[0] - a[0]) * 12 + b[1] - a[1] - (b[2] < a[2] ? 1 : 0);
  return big(end < start && months ? -months : months);
}

export function unitsBetween(start: Instant, end: Instant, size: Maybe): Maybe {
  if (start === null || end === null || size === null) return null;
  return big(Math.trunc((end - start) / size.toNumber()) + 0);
}
