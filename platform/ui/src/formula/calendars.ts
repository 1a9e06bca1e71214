// Business calendars: the twin of engines/formula/calendars.py. A day is days since 1970, a reading of the clocks is
// milliseconds since their 1970, hours are stretches of minutes since midnight.

import type { Big } from 'big.js';
import { Decimal, divide, multiply, roundHalf } from './numbers.ts';
import type { CalendarData, Facts } from './types.ts';

type Hours = readonly (readonly [number, number])[];

const MINUTE = 60_000;
const DAY_MS = 86_400_000;
const HOUR_MS = new Decimal(3_600_000);
const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;

const lengthOf = (hours: Hours): number => hours.reduce((sum, [start, end]) => sum + (end - start) * MINUTE, 0);

class Calendar {
  private readonly week: readonly Hours[];
  private readonly numbers: readonly number[];
  private readonly exceptions: ReadonlyMap<number, Hours>;
  private readonly sums: Readonly<Record<'days' | 'ms', readonly number[]>>;
  private readonly weekly: Readonly<Record<'days' | 'ms', readonly number[]>>;

  constructor(data: CalendarData) {
    this.week = data.week;
    this.numbers = data.days.map(([day]) => day);
    this.exceptions = new Map(data.days);
    const ms = this.week.map(lengthOf);
    this.weekly = { ms, days: ms.map((length) => (length > 0 ? 1 : 0)) };
    this.sums = {
      ms: this.changes((hours, weekday) => lengthOf(hours) - ms[weekday]!),
      days: this.changes((hours, weekday) => (lengthOf(hours) > 0 ? 1 : 0) - this.weekly.days[weekday]!),
    };
  }

  private changes(change: (hours: Hours, weekday: number) => number): number[] {
    const sums = [0];
    for (const day of this.numbers) sums.push(sums.at(-1)! + change(this.exceptions.get(day)!, weekdayOf(day)));
    return sums;
  }

  hours(day: number): Hours {
    return this.exceptions.get(day) ?? this.week[weekdayOf(day)]!;
  }

  before(day: number, what: 'days' | 'ms'): number {
    const weeks = Math.floor((day + 3) / 7);
    const rest = day + 3 - weeks * 7;
    let low = 0;
    for (let high = this.numbers.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.numbers[middle]! < day) low = middle + 1;
      else high = middle;
    }
    return this.weekly[what].reduce((sum, one, place) => sum + one * (weeks + (place < rest ? 1 : 0)), this.sums[what][low]!);
  }

  /** The first day by whose end so much was done (or, from behind, more than that); null beyond all years. */
  find(wanted: number, what: 'days' | 'ms', more: boolean): number | null {
    let [low, high] = [FIRST_DAY, LAST_DAY];
    const [least, most] = [this.before(low, what), this.before(high + 1, what)];
    if (more ? !(least <= wanted && wanted < most) : !(least < wanted && wanted <= most)) return null;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const done = this.before(middle + 1, what);
      if (more ? done > wanted : done >= wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  work(reading: number): number {
    const day = Math.floor(reading / DAY_MS);
    const within = reading - day * DAY_MS;
    const done = this.hours(day).reduce(
      (sum, [start, end]) => sum + Math.max(0, Math.min(within, end * MINUTE) - start * MINUTE), 0);
    return this.before(day, 'ms') + done;
  }
}

const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;
const known = new WeakMap<CalendarData, Calendar>();

function calendarOf(facts: Facts, name: string | null): Calendar | null {
  const all = facts.calendars ?? {};
  const data = name === null ? Object.values(all)[0] : all[name];
  if (!data) return null;
  if (!known.has(data)) known.set(data, new Calendar(data));
  return known.get(data)!;
}

export function isWorkday(facts: Facts, day: number | null, name: string | null): boolean {
  const calendar = calendarOf(facts, name);
  return calendar !== null && day !== null && calendar.hours(day).length > 0;
}

export function networkDays(facts: Facts, start: number | null, end: number | null, name: string | null): Big | null {
  const calendar = calendarOf(facts, name);
  if (!calendar || start === null || end === null) return null;
  const [low, high] = start <= end ? [start, end + 1] : [start + 1, end];
  return new Decimal(calendar.before(high, 'days') - calendar.before(low, 'days'));
}

export function workDay(facts: Facts, start: number | null, count: Big | null, name: string | null): number | null {
  const calendar = calendarOf(facts, name);
  if (!calendar || start === null || count === null) return null;
  const steps = Math.trunc(Number(count.toFixed()));
  if (steps === 0) return start;
  const done = steps > 0 ? calendar.before(start + 1, 'days') : calendar.before(start, 'days') + 1;
  return calendar.find(done + steps, 'days', false);
}

export function workHours(
  facts: Facts, start: number | null, end: number | null, name: string | null,
): Big | null {
  const calendar = calendarOf(facts, name);
  if (!calendar || start === null || end === null) return null;
  return divide(new Decimal(calendar.work(end) - calendar.work(start)), HOUR_MS);
}

/** The reading of the clocks when so many hours of work are done. */
export function addWorkHours(facts: Facts, start: number | null, count: Big | null, name: string | null): number | null {
  const calendar = calendarOf(facts, name);
  if (!calendar || start === null || count === null) return null;
  const rounded = roundHalf(multiply(count, HOUR_MS), new Decimal(0));
  if (rounded === null) return null;
  const amount = Number(rounded.toFixed());
  if (amount === 0) return start;
  const wanted = calendar.work(start) + amount;
  const day = calendar.find(wanted, 'ms', amount < 0);
  if (day === null) return null;
  let rest = wanted - calendar.before(day, 'ms');
  for (const [first, last] of calendar.hours(day)) {
    const length = (last - first) * MINUTE;
    if (amount > 0 ? rest <= length : rest < length) return day * DAY_MS + first * MINUTE + rest;
    rest -= length;
  }
  return null;
}
