// How many rows become one value: the twin of engines/formula/aggregates.py and tiers.py.

import type { Big } from 'big.js';
import { average, Decimal, multiply, number, roundHalf, subtract, total } from './numbers.ts';
import { compare, largest, smallest } from './primitives.ts';
import { text } from './texts.ts';
import type { Value } from './types.ts';

const count = (values: readonly Value[]): Value => new Decimal(values.length);

/** Kinds that skip blanks and know no order. */
export const PLAIN: Readonly<Record<string, (values: Value[]) => Value>> = {
  sum: (values) => total(values as Big[]),
  average: (values) => average(values as Big[]),
  min: smallest,
  max: largest,
  count,
};

/** Kinds that judge conditions; a blank is false. */
export const TRUTHS: Readonly<Record<string, (values: readonly Value[]) => boolean>> = {
  any: (values) => values.some((value) => value === true),
  every: (values) => values.every((value) => value === true),
};

function pick(values: readonly Value[], keys: readonly Value[], better: (key: Value, kept: Value) => boolean): Value {
  let best = 0;
  for (let place = 1; place < values.length; place += 1) if (better(keys[place]!, keys[best]!)) best = place;
  return values[best] ?? null;
}

const first = (values: readonly Value[], keys: readonly Value[]): Value =>
  pick(values, keys, (key, kept) => key !== null && (kept === null || compare(key, kept) < 0));
const last = (values: readonly Value[], keys: readonly Value[]): Value =>
  pick(values, keys, (key, kept) => kept === null || (key !== null && compare(key, kept) >= 0));

function progressive(rates: readonly Value[], keys: readonly Value[], x: Value): Value {
  if (x === null || rates.length === 0) return null;
  const tiers = rates
    .map((rate, place) => ({ start: (keys[place] ?? new Decimal(0)) as Big, rate: rate as Big | null, place }))
    .sort((a, b) => a.start.cmp(b.start) || a.place - b.place);
  const slices: Big[] = [];
  tiers.every(({ start, rate }, place) => {
    if ((x as Big).lte(start)) return false;
    const end = tiers[place + 1]?.start ?? (x as Big);
    const part = multiply(subtract(end.lt(x as Big) ? end : (x as Big), start), rate);
    if (part !== null) slices.push(part);
    return true;
  });
  return total(slices);
}

const SCALE = 12;
const units = (value: Big, places: number): bigint =>
  BigInt(value.times(new Decimal(10).pow(places)).toFixed(0));

/** One share of a number split by weights without losing anything: largest remainder, ties to the first. */
function allocate(values: readonly Value[], whole: Value, digits: Value, own: number | null): Value {
  const places = Math.max(0, Math.min(SCALE, digits === null ? 0 : Math.trunc(Number(digits))));
  const rounded = roundHalf(whole as Big | null, new Decimal(places));
  if (rounded === null || own === null) return null;
  let weights = values.map((weight) => (weight === null ? 0n : units(weight as Big, SCALE)));
  let sum = weights.reduce((a, b) => a + b, 0n);
  if (sum === 0n) {
    weights = weights.map(() => 1n);
    sum = BigInt(weights.length);
  } else if (sum < 0n) {
    weights = weights.map((weight) => -weight);
    sum = -sum;
  }
  const amount = units(rounded.abs(), places);
  const lost = weights.map((weight) => (((amount * weight) % sum) + sum) % sum);
  const parts = weights.map((weight, place) => (amount * weight - lost[place]!) / sum);
  const left = amount - parts.reduce((a, b) => a + b, 0n);
  const mine = lost[own]!;
  const before = lost.filter((rest, place) => rest > mine || (rest === mine && place < own)).length;
  const share = (parts[own]! + (BigInt(before) < left ? 1n : 0n)) * (rounded.lt(0) ? -1n : 1n);
  return number(new Decimal(share.toString()).div(new Decimal(10).pow(places)));
}

export type Ordered = (values: readonly Value[], keys: readonly Value[], given: readonly Value[], own: number | null) => Value;

/** Kinds that take the values in the order of the rows, the sort keys, what was computed outside, and the own place. */
export const ORDERED: Readonly<Record<string, Ordered>> = {
  first,
  last,
  join: (values, _keys, given) =>
    text(values.filter((value) => value !== null).join((given[0] ?? '') as string)),
  progressive: (values, keys, given) => progressive(values, keys, given[0] ?? null),
  allocate: (values, _keys, given, own) => allocate(values, given[0] ?? null, given[1] ?? null, own),
};
