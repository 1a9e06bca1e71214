// Weeks, months, quarters and years of dates (engines/formula/periods.py). A date is days since 1970.

import { civil, type Day, type Instant, monthEnd, plusDays, plusMonths, startOfClock } from './dates.ts';
import { Decimal, divide, type Maybe, whole } from './numbers.ts';
import type { Facts } from './types.ts';

const big = (value: number): Maybe => new Decimal(value);
const remainder = (value: number, size: number): number => ((value % size) + size) % size;

/** The weekday, 0 for Monday. */
const fromMonday = (day: number): number => remainder(day + 3, 7);

/** Excel's return types: the weekday on which the week begins, 0 for Monday. */
function weekStart(style: number): number | null {
  if (style === 1) return 6;
  if (style === 2) return 0;
  return style >= 11 && style <= 17 ? style - 11 : null;
}

export function weekdayBy(day: Day, kind: Maybe): Maybe {
  const style = whole(kind, 0, 99);
  if (day === null || style === null) return null;
  if (style === 3) return big(fromMonday(day));
  const start = weekStart(style);
  return start === null ? null : big(remainder(fromMonday(day) - start, 7) + 1);
}

const firstOfYear = (day: number): number => firstOfPeriod(day, 12);

export function weekNumber(day: Day, kind: Maybe): Maybe {
  const style = whole(kind, 0, 99);
  if (day === null || style === null) return null;
  if (style === 21) {
    const thursday = day - fromMonday(day) + 3;
    return big(Math.floor((thursday - firstOfYear(thursday)) / 7) + 1);
  }
  const start = weekStart(style);
  if (start === null) return null;
  const first = firstOfYear(day);
  return big(Math.floor((day - first + remainder(fromMonday(first) - start, 7)) / 7) + 1);
}

export const quarter = (day: Day): Maybe => (day === null ? null : big(Math.floor((civil(day)[1] + 2) / 3)));

export function leapYear(year: Maybe): boolean {
  const number = whole(year, 0, 10_000);
  if (number === null || number < 1 || number > 9999) return false;
  return number % 4 === 0 && (number % 100 !== 0 || number % 400 === 0);
}

export const leapDay = (day: Day): boolean => day !== null && leapYear(big(civil(day)[0]));
export const monthsAwayEnd = (day: Day, count: Maybe): Day => monthEnd(plusMonths(day, count));

function firstOfPeriod(day: number, size: number): number {
  const [, month, date] = civil(day);
  return plusMonths(day - date + 1, big(-((month - 1) % size)))!;
}

export function periodStart(day: Day, size: Maybe): Day {
  if (day === null) return null;
  const months = size!.toNumber();
  return months === 0 ? plusDays(day, big(-fromMonday(day))) : firstOfPeriod(day, months);
}

export function periodEnd(day: Day, size: Maybe): Day {
  if (day === null) return null;
  const months = size!.toNumber();
  if (months === 0) return plusDays(day, big(6 - fromMonday(day)));
  return monthEnd(plusMonths(firstOfPeriod(day, months), big(months - 1)));
}

/** The earlier and the later date, the complete months between them, and whether they were given the other way. */
function apart(start: number, end: number): [number, number, number, number] {
  const [early, late] = end < start ? [end, start] : [start, end];
  const [a, b] = [civil(early), civil(late)];
  return [early, late, (b[0] - a[0]) * 12 + b[1] - a[1] - (b[2] < a[2] ? 1 : 0), end < start ? -1 : 1];
}

export function daysBeyond(start: Day, end: Day, size: Maybe): Maybe {
  if (start === null || end === null) return null;
  const [early, late, months, sign] = apart(start, end);
  return big((late - plusMonths(early, big(months - (months % size!.toNumber())))!) * sign + 0);
}

export function monthsBeyond(start: Day, end: Day): Maybe {
  if (start === null || end === null) return null;
  const [, , months, sign] = apart(start, end);
  return big((months % 12) * sign + 0);
}

export function days360(start: Day, end: Day, european: boolean | null): Maybe {
  if (start === null || end === null) return null;
  const [a, b] = [civil(start), civil(end)];
  let [first, last, month] = [a[2], b[2], b[1]];
  if (european) {
    [first, last] = [Math.min(first, 30), Math.min(last, 30)];
  } else {
    if (start === monthEnd(start)) first = 30;
    if (last === 31 && first < 30) [last, month] = [1, month + 1];
    else if (last === 31) last = 30;
  }
  return big((b[0] - a[0]) * 360 + (month - a[1]) * 30 + last - first);
}

export const timestamp = (instant: Instant): Maybe => (instant === null ? null : big(instant));

export function atClock(facts: Facts, day: Day, hour: Maybe, minute: Maybe, second: Maybe): Instant {
  const [h, m, s] = [hour, minute, second].map((part) => whole(part, -1, 60)) as (number | null)[];
  if (day === null || h == null || m == null || s == null) return null;
  const shown = h >= 0 && h <= 23 && m >= 0 && m <= 59 && s >= 0 && s <= 59;
  return shown ? startOfClock(facts, day, (h * 3600 + m * 60 + s) * 1000) : null;
}

export function timeOfDay(hour: Maybe, minute: Maybe, second: Maybe): Maybe {
  if (hour === null || minute === null || second === null) return null;
  if ([hour, minute, second].some((part) => part.abs().gt(1_000_000_000))) return null;
  const [h, m, s] = [hour, minute, second].map((part) => part.round(0, 0).toNumber()) as [number, number, number];
  const seconds = h * 3600 + m * 60 + s;
  return seconds < 0 ? null : divide(big(seconds % 86_400), big(86_400));
}
