// Filling in the patterns of TEXT; the server has read them (engines/formula/patterns.py).

import { clock, civil, dateOf, type Day, type Instant } from './dates.ts';
import { Decimal, type Maybe, roundHalf, whole, ZERO } from './numbers.ts';
import { text } from './texts.ts';
import type { Facts } from './types.ts';

const HUNDRED = new Decimal(100);

export function formatNumber(
  value: Maybe,
  wholeDigits: Maybe,
  fewest: Maybe,
  most: Maybe,
  grouped: boolean,
  percent: boolean,
  before: string | null,
  after: string | null,
): string | null {
  if (value === null) return null;
  const places = most!.toNumber();
  const rounded = (percent ? value.times(HUNDRED) : value).round(places, 1);
  const [integer, decimals = ''] = rounded.abs().toFixed(places).split('.');
  let digits = (integer === '0' ? '' : integer!).padStart(wholeDigits!.toNumber(), '0');
  let fraction = decimals;
  while (fraction.length > fewest!.toNumber() && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  if (grouped) digits = digits.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = rounded.lt(ZERO) ? '-' : '';
  const tail = (fraction ? `.${fraction}` : '') + (percent ? '%' : '');
  return text(sign + (before ?? '') + digits + tail + (after ?? ''));
}

/** A number with so many places, in groups of three unless `plain`. */
export function fixed(value: Maybe, places: Maybe, plain: boolean | null): string | null {
  const digits = new Decimal(Math.max(0, whole(places, -21, 12) ?? 0));
  return formatNumber(roundHalf(value, places), new Decimal(1), digits, digits, plain !== true, false, null, null);
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

export function formatDate(day: Day, pattern: string): string | null {
  if (day === null) return null;
  const [year, month, date] = civil(day);
  return pattern
    .replaceAll('\ue000', pad(year, 4))
    .replaceAll('\ue001', pad(year, 4).slice(2))
    .replaceAll('\ue002', pad(month, 2))
    .replaceAll('\ue003', String(month))
    .replaceAll('\ue004', pad(date, 2))
    .replaceAll('\ue005', String(date));
}

export function formatInstant(facts: Facts, instant: Instant, pattern: string): string | null {
  const filled = formatDate(dateOf(facts, instant), pattern);
  if (filled === null) return null;
  const hour = clock(facts, instant, 3_600_000, 86_400_000)!;
  return filled
    .replaceAll('\ue006', pad(hour, 2))
    .replaceAll('\ue007', String(hour))
    .replaceAll('\ue008', pad(clock(facts, instant, 60_000, 3_600_000)!, 2))
    .replaceAll('\ue009', pad(clock(facts, instant, 1000, 60_000)!, 2));
}
