// Whole-number arithmetic and statistics over several numbers (engines/formula/counting.py); blanks are skipped.

import type { Big } from 'big.js';
import { average, Decimal, type Maybe, multiply, number, ZERO } from './numbers.ts';

const LIMIT = 10n ** 20n;

const big = (value: bigint): Maybe => new Decimal(value.toString());
const cut = (value: Big): bigint => BigInt(value.round(0, 0).toFixed());
const present = (values: readonly Maybe[]): Big[] => values.filter((value) => value !== null);

export const sign = (value: Maybe): Maybe => (value === null ? null : new Decimal(value.eq(ZERO) ? 0 : value.s));

export function quotient(value: Maybe, divisor: Maybe): Maybe {
  if (value === null || divisor === null || divisor.eq(ZERO)) return null;
  return number(value.minus(value.mod(divisor)).div(divisor).round(0, 0));
}

function wholes(values: readonly Maybe[]): bigint[] | null {
  const found = present(values).map(cut);
  return found.length === 0 || found.some((value) => value < 0n) ? null : found;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b) [a, b] = [b, a % b];
  return a;
}

export function greatestDivisor(...values: Maybe[]): Maybe {
  const found = wholes(values);
  return found && big(found.reduce(gcd));
}

export function leastMultiple(...values: Maybe[]): Maybe {
  const found = wholes(values);
  if (found === null || found.includes(0n)) return found && ZERO;
  let multiple = 1n;
  for (const value of found) {
    multiple = (multiple / gcd(multiple, value)) * value;
    if (multiple >= LIMIT) return null;
  }
  return big(multiple);
}

export function product(...values: Maybe[]): Maybe {
  const [first, ...rest] = present(values);
  return first === undefined ? null : rest.reduce<Maybe>(multiply, first);
}

export function median(...values: Maybe[]): Maybe {
  const found = present(values).sort((a, b) => a.cmp(b));
  const middle = Math.floor(found.length / 2);
  return average(found.slice(Math.max(0, middle - 1 + (found.length % 2)), middle + 1));
}

function choice(total: Maybe, chosen: Maybe): [bigint, bigint] | null {
  if (total === null || chosen === null) return null;
  const [n, k] = [cut(total), cut(chosen)];
  return n < 0n || k < 0n || k > n ? null : [n, k];
}

export function permutations(total: Maybe, chosen: Maybe): Maybe {
  const counts = choice(total, chosen);
  if (counts === null) return null;
  const [n, k] = counts;
  let found = 1n;
  for (let factor = n; factor > n - k; factor -= 1n) {
    found *= factor;
    if (found >= LIMIT) return null;
  }
  return big(found);
}

export function combinations(total: Maybe, chosen: Maybe): Maybe {
  const counts = choice(total, chosen);
  if (counts === null) return null;
  const [n, k] = counts;
  const fewer = k < n - k ? k : n - k;
  let found = 1n;
  for (let step = 0n; step < fewer; step += 1n) {
    found = (found * (n - step)) / (step + 1n);
    if (found >= LIMIT) return null;
  }
  return big(found);
}
