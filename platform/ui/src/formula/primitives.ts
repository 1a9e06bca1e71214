// The operations that a tree may call, under the keys of the server's primitives (engines/formula/functions).

import * as counting from './counting.ts';
import * as calendars from './calendars.ts';
import * as dates from './dates.ts';
import * as drawing from './drawing.ts';
import { rmb } from './money.ts';
import * as numbers from './numbers.ts';
import { Decimal } from './numbers.ts';
import * as patterns from './patterns.ts';
import * as periods from './periods.ts';
import * as pieces from './pieces.ts';
import * as regex from './regex.ts';
import * as texts from './texts.ts';
import * as transcendental from './transcendental.ts';
import type { Facts, Run, Value } from './types.ts';

type Operation = (...values: any[]) => Value;
type Zoned = (facts: Facts, ...values: any[]) => Value;
type Lazy = (...parts: Run[]) => Run;

const present = (values: Value[]): any[] => values.filter((value) => value !== null);
const isBig = (value: unknown): value is InstanceType<typeof Decimal> => value instanceof Decimal;
const count = (value: number): Value => new Decimal(value);

export function equal(a: Value, b: Value): boolean {
  return isBig(a) && isBig(b) ? a.eq(b) : a === b;
}

/** Below zero if the first is smaller. Both are present and of one type. */
export function compare(a: Value, b: Value): number {
  if (isBig(a) && isBig(b)) return a.cmp(b);
  if (typeof a === 'string' && typeof b === 'string') return texts.compareTexts(a, b);
  return Number(a) - Number(b);
}

const ordered =
  (test: (order: number) => boolean): Operation =>
  (a: Value, b: Value) =>
    a !== null && b !== null && test(compare(a, b));

export const smallest = (values: Value[]): Value =>
  values.reduce<Value>((best, value) => (best === null || compare(value, best) < 0 ? value : best), null);
export const largest = (values: Value[]): Value =>
  values.reduce<Value>((best, value) => (best === null || compare(value, best) > 0 ? value : best), null);

const clock =
  (size: number, modulus: number): Zoned =>
  (facts, instant) => {
    const value = dates.clock(facts, instant, size, modulus);
    return value === null ? null : count(value);
  };

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  add: numbers.add,
  subtract: numbers.subtract,
  multiply: numbers.multiply,
  divide: numbers.divide,
  power: transcendental.power,
  negate: numbers.negate,
  round: numbers.roundHalf,
  round_up: numbers.roundUp,
  round_down: numbers.roundDown,
  floor: numbers.floor,
  ceiling_to: numbers.ceilingTo,
  floor_to: numbers.floorTo,
  absolute: (value) => (value === null ? null : value.abs()),
  modulo: numbers.modulo,
  cut: numbers.cut,
  times: dates.times,
  plain: numbers.plain,
  rmb,
  to_number: numbers.fromText,
  sum_of: (...values) => numbers.total(present(values)),
  average_of: (...values) => numbers.average(present(values)),
  min_of: (...values) => smallest(present(values)),
  max_of: (...values) => largest(present(values)),
  count_of: (...values) => count(present(values).length),
  items: (value) => count(value?.length ?? 0),
  id_text: (value) => value,
  equal,
  unequal: (a, b) => !equal(a, b),
  less: ordered((order) => order < 0),
  less_equal: ordered((order) => order <= 0),
  greater: ordered((order) => order > 0),
  greater_equal: ordered((order) => order >= 0),
  is_blank: (value) => value === null,
  is_present: (value) => value !== null,
  join: texts.join,
  length: texts.length,
  left: texts.left,
  right: texts.right,
  mid: texts.mid,
  find: texts.find,
  upper: texts.upper,
  lower: texts.lower,
  trim: texts.trim,
  substitute: texts.substitute,
  contains: texts.contains,
  has: texts.has,
  starts: texts.starts,
  ends: texts.ends,
  same: texts.same,
  format_number: patterns.formatNumber,
  format_date: patterns.formatDate,
  plus_days: dates.plusDays,
  days_between: dates.daysBetween,
  plus_time: dates.plusTime,
  time_between: dates.timeBetween,
  make_date: dates.makeDate,
  to_date: dates.toDate,
  year: (day) => dates.part(day, 0),
  month: (day) => dates.part(day, 1),
  day: (day) => dates.part(day, 2),
  weekday: dates.weekday,
  month_end: dates.monthEnd,
  plus_months: dates.plusMonths,
  plus_units: dates.plusUnits,
  months_between: dates.monthsBetween,
  units_between: dates.unitsBetween,
  fixed: patterns.fixed,
  exclusive: (...values) => values.filter((value) => value === true).length % 2 === 1,
  count_blank: (...values) => count(values.filter((value) => value === null).length),
  sign: counting.sign,
  quotient: counting.quotient,
  greatest_divisor: counting.greatestDivisor,
  least_multiple: counting.leastMultiple,
  permutations: counting.permutations,
  combinations: counting.combinations,
  product_of: counting.product,
  median_of: counting.median,
  square_root: transcendental.squareRoot,
  exponential: transcendental.exponential,
  natural_log: transcendental.naturalLog,
  logarithm: transcendental.logarithm,
  sine: transcendental.sine,
  cosine: transcendental.cosine,
  tangent: transcendental.tangent,
  cotangent: transcendental.cotangent,
  arcsine: transcendental.arcsine,
  arccosine: transcendental.arccosine,
  arctangent: transcendental.arctangent,
  arccotangent: transcendental.arccotangent,
  radians: transcendental.radians,
  degrees: transcendental.degrees,
  normal: transcendental.normal,
  distance: transcendental.distance,
  replace: pieces.replace,
  repeat: pieces.repeat,
  substitute_nth: pieces.substituteNth,
  before: pieces.before,
  after: pieces.after,
  all_between: pieces.allBetween,
  between: pieces.between,
  split: pieces.split,
  glue: pieces.glue,
  text_join: pieces.textJoin,
  item: pieces.item,
  list_of: pieces.listOf,
  has_any: pieces.hasAny,
  has_all: pieces.hasAll,
  one_of: pieces.oneOf,
  proper: pieces.proper,
  reverse: pieces.reverse,
  clean: pieces.clean,
  without_spaces: pieces.withoutSpaces,
  sign_of: pieces.signOf,
  code_of: pieces.codeOf,
  encode_uri: pieces.encodeUri,
  decode_uri: pieces.decodeUri,
  weekday_by: periods.weekdayBy,
  week_number: periods.weekNumber,
  quarter: periods.quarter,
  leap_year: periods.leapYear,
  leap_day: periods.leapDay,
  months_away_end: periods.monthsAwayEnd,
  period_start: periods.periodStart,
  period_end: periods.periodEnd,
  days_beyond: periods.daysBeyond,
  months_beyond: periods.monthsBeyond,
  days_360: periods.days360,
  timestamp: periods.timestamp,
  time_of_day: periods.timeOfDay,
  matches: regex.matches,
  extract: regex.extract,
};

const within =
  (place: 0 | 1): Zoned =>
  (facts, department: string | null, wanted: string | null) => {
    const seen = new Set<string>();
    for (let here = department; here !== null && facts.departments?.[here] && !seen.has(here); ) {
      const [parent, name]: readonly [number | null, string] = facts.departments[here]!;
      if (wanted !== null && wanted === (place === 0 ? here : name)) return true;
      seen.add(here);
      here = parent === null ? null : String(parent);
    }
    return false;
  };

const reading = (facts: Facts, instant: number | null): number | null =>
  instant === null ? null : dates.localMs(facts, instant);

/** Operations that need the zone, or another fact of the moment. */
export const ZONED: Readonly<Record<string, Zoned>> = {
  is_workday: calendars.isWorkday,
  network_days: calendars.networkDays,
  work_day: calendars.workDay,
  work_hours: (facts, start, end, name) => calendars.workHours(facts, reading(facts, start), reading(facts, end), name),
  add_work_hours: (facts, start, hours, name) => {
    const before = reading(facts, start);
    const done = calendars.addWorkHours(facts, before, hours, name);
    return done === null || done === before ? (done === null ? null : start) : dates.fromLocalMs(facts, done);
  },
  convert: (facts, amount, from, to, day: number | null) => {
    if (amount === null || from === null || to === null || day === null) return null;
    if (from === to) return amount;
    const rate = (currency: string): any => {
      const found = facts.rates?.[currency]?.filter(([since]) => (dates.readDate(since) ?? Infinity) <= day).at(-1);
      return found ? new Decimal(found[1]) : null;
    };
    return numbers.divide(numbers.multiply(amount, rate(from)), rate(to));
  },
  within: within(0),
  within_named: within(1),
  date_of: dates.dateOf,
  start_of: dates.startOf,
  hour: clock(3_600_000, 86_400_000),
  minute: clock(60_000, 3_600_000),
  second: clock(1000, 60_000),
  move_days: dates.moveDays,
  move_months: dates.moveMonths,
  format_instant: patterns.formatInstant,
  at_clock: periods.atClock,
  random_fraction: drawing.fraction,
  random_between: (_facts, low, high) => drawing.between(low, high),
  random_identifier: drawing.identifier,
};

/** Operations that compute only the arguments they need. */
export const LAZY: Readonly<Record<string, Lazy>> = {
  not: (value) => (rows, facts) => value!(rows, facts) !== true,
  condition: (value) => (rows, facts) => value!(rows, facts) === true,
  and: (...parts) => (rows, facts) => parts.every((part) => part(rows, facts) === true),
  or: (...parts) => (rows, facts) => parts.some((part) => part(rows, facts) === true),
  conditional: (...parts) => (rows, facts) => {
    for (let place = 0; place + 1 < parts.length; place += 2) {
      if (parts[place]!(rows, facts) === true) return parts[place + 1]!(rows, facts);
    }
    return parts.at(-1)!(rows, facts);
  },
  switch: (...parts) => (rows, facts) => {
    const subject = parts[0]!(rows, facts);
    for (let place = 1; place + 1 < parts.length; place += 2) {
      if (equal(subject, parts[place]!(rows, facts))) return parts[place + 1]!(rows, facts);
    }
    return parts.at(-1)!(rows, facts);
  },
  first_present: (...parts) => (rows, facts) => {
    for (const part of parts) {
      const value = part(rows, facts);
      if (value !== null) return value;
    }
    return null;
  },
};
