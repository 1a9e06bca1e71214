// Roots, logarithms and angles, in fixed point on whole numbers with 70 places, rounded once to 12: the same steps as
// engines/formula/transcendental.py.

import { Decimal, type Maybe, number, power as wholePower, ZERO } from './numbers.ts';

const PLACES = 70;
const ONE = 10n ** BigInt(PLACES);
const TINY = 2n;
const LARGEST = 47n * ONE;
const TAIL = 9n * ONE;

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
const scaled = (a: bigint, b: bigint): bigint => (a * b) / ONE;
const divided = (a: bigint, b: bigint): bigint => (a * ONE) / b;

function fixed(value: NonNullable<Maybe>, places = PLACES): bigint {
  const digits = BigInt(value.c.join(''));
  const shift = value.e - value.c.length + 1 + places;
  const size = shift < 0 ? digits / 10n ** BigInt(-shift) : digits * 10n ** BigInt(shift);
  return value.s < 0 ? -size : size;
}

/** A fixed point, rounded half away from zero to 12 places. */
function result(value: bigint): Maybe {
  const unit = 10n ** BigInt(PLACES - 12);
  const units = (2n * abs(value) + unit) / (2n * unit);
  return units === 0n ? ZERO : number(new Decimal(`${value < 0n ? '-' : ''}${units}e-12`));
}

function root(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

function remembered(make: () => bigint): () => bigint {
  let value: bigint | null = null;
  return () => (value ??= make());
}

export function squareRoot(value: Maybe): Maybe {
  if (value === null || value.lt(ZERO)) return null;
  const units = fixed(value, 24);
  const whole = root(units);
  return number(new Decimal(`${whole + (units - whole * whole > whole ? 1n : 0n)}e-12`));
}

/** The logarithm of (1 + z) / (1 - z). */
function doubleArea(z: bigint): bigint {
  const square = scaled(z, z);
  let [total, power, count] = [0n, z, 1n];
  while (abs(power) >= TINY) {
    total += power / count;
    power = scaled(power, square);
    count += 2n;
  }
  return 2n * total;
}

const LN2 = remembered(() => doubleArea(ONE / 3n));

function ln(value: bigint): bigint {
  let [part, twos] = [value, 0n];
  while (part > (3n * ONE) / 2n) [part, twos] = [part / 2n, twos + 1n];
  while (part < (3n * ONE) / 4n) [part, twos] = [part * 2n, twos - 1n];
  return doubleArea(divided(part - ONE, part + ONE)) + twos * LN2();
}

/** Of a number that is not far beyond the domain. */
function exp(value: bigint): bigint {
  let twos = value / LN2();
  if (value < 0n) twos -= 1n;
  const rest = value - twos * LN2();
  let [total, term, count] = [0n, ONE, 1n];
  while (term >= TINY) {
    total += term;
    term = scaled(term, rest) / count;
    count += 1n;
  }
  return twos < 0n ? total >> -twos : total << twos;
}

function exponentialOf(value: bigint): Maybe {
  if (value > LARGEST) return null;
  return value < -LARGEST ? ZERO : result(exp(value));
}

export const exponential = (value: Maybe): Maybe => (value === null ? null : exponentialOf(fixed(value)));
export const naturalLog = (value: Maybe): Maybe => (value === null || !value.gt(ZERO) ? null : result(ln(fixed(value))));

export function logarithm(value: Maybe, base: Maybe): Maybe {
  if (value === null || base === null || !value.gt(ZERO) || !base.gt(ZERO) || base.eq(1)) return null;
  return result(divided(ln(fixed(value)), ln(fixed(base))));
}

export function power(value: Maybe, exponent: Maybe): Maybe {
  if (value === null || exponent === null) return null;
  const whole = exponent.eq(exponent.round(0, 0));
  if (value.eq(ZERO)) return exponent.gt(ZERO) ? ZERO : null;
  if (whole && exponent.abs().lte(1000)) return wholePower(value, exponent);
  if (value.lt(ZERO) && !whole) return null;
  const size = exponentialOf(scaled(ln(fixed(value.abs())), fixed(exponent)));
  return size !== null && value.lt(ZERO) && !exponent.mod(2).eq(ZERO) && !size.eq(ZERO) ? size.times(-1) : size;
}

function inverseTangentOfPart(part: bigint): bigint {
  let power = (ONE * 10n ** 10n) / part;
  let [total, count, sign] = [power, 1n, 1n];
  while (power) {
    power /= part * part;
    [count, sign] = [count + 2n, -sign];
    total += sign * (power / count);
  }
  return total / 10n ** 10n;
}

const PI = remembered(() => 4n * (4n * inverseTangentOfPart(5n) - inverseTangentOfPart(239n)));

function sineAndCosine(value: bigint): [bigint, bigint] {
  let angle = value % (2n * PI());
  if (angle > PI()) angle -= 2n * PI();
  else if (angle < -PI()) angle += 2n * PI();
  const square = scaled(angle, angle);
  const series = (first: bigint, start: bigint): bigint => {
    let [total, term, count] = [0n, first, start];
    while (abs(term) >= TINY) {
      total += term;
      term = -scaled(term, square) / ((count + 1n) * (count + 2n));
      count += 2n;
    }
    return total;
  };
  return [series(angle, 1n), series(ONE, 0n)];
}

const ofAngle =
  (work: (sine: bigint, cosine: bigint) => bigint | null) =>
  (value: Maybe): Maybe => {
    const found = value === null ? null : work(...sineAndCosine(fixed(value)));
    return found === null ? null : result(found);
  };

export const sine = ofAngle((sin) => sin);
export const cosine = ofAngle((_, cos) => cos);
export const tangent = ofAngle((sin, cos) => (cos ? divided(sin, cos) : null));
export const cotangent = ofAngle((sin, cos) => (sin ? divided(cos, sin) : null));

function inverseTangent(value: bigint): bigint {
  if (abs(value) > ONE) return (value > 0n ? PI() / 2n : -(PI() / 2n)) - inverseTangent(divided(ONE, value));
  let part = value;
  for (let step = 0; step < 3; step += 1) part = divided(part, ONE + root(ONE * ONE + part * part));
  const square = scaled(part, part);
  let [total, power, count] = [0n, part, 1n];
  while (abs(power) >= TINY) {
    total += power / count;
    power = -scaled(power, square);
    count += 2n;
  }
  return 8n * total;
}

function inverseSine(value: bigint): bigint {
  if (abs(value) === ONE) return value > 0n ? PI() / 2n : -(PI() / 2n);
  return inverseTangent(divided(value, root(ONE * ONE - value * value)));
}

const inside = (value: Maybe): value is NonNullable<Maybe> => value !== null && value.abs().lte(1);

export const arctangent = (value: Maybe): Maybe => (value === null ? null : result(inverseTangent(fixed(value))));
export const arccotangent = (value: Maybe): Maybe =>
  value === null ? null : result(PI() / 2n - inverseTangent(fixed(value)));
export const arcsine = (value: Maybe): Maybe => (inside(value) ? result(inverseSine(fixed(value))) : null);
export const arccosine = (value: Maybe): Maybe => (inside(value) ? result(PI() / 2n - inverseSine(fixed(value))) : null);

const toRadians = (value: bigint): bigint => (value * PI()) / (180n * ONE);

export const radians = (value: Maybe): Maybe => (value === null ? null : result(toRadians(fixed(value))));
export const degrees = (value: Maybe): Maybe => (value === null ? null : result((fixed(value) * 180n * ONE) / PI()));

export function normal(value: Maybe, cumulative: boolean | null): Maybe {
  if (value === null) return null;
  const at = fixed(value);
  if (abs(at) > TAIL) return cumulative && at > 0n ? new Decimal(1) : ZERO;
  const height = divided(exp(-scaled(at, at) / 2n), root(2n * PI() * ONE));
  if (!cumulative) return result(height);
  let [total, term, count] = [0n, abs(at), 1n];
  while (term >= TINY) {
    total += term;
    count += 2n;
    term = scaled(scaled(term, abs(at)), abs(at)) / count;
  }
  const share = scaled(height, total);
  return result(ONE / 2n + (at > 0n ? share : -share));
}

/** Kilometres on a globe, to the metre. */
export function distance(a: Maybe, b: Maybe, c: Maybe, d: Maybe): Maybe {
  if (a === null || b === null || c === null || d === null) return null;
  if (a.abs().gt(90) || c.abs().gt(90) || b.abs().gt(180) || d.abs().gt(180)) return null;
  const [first, second] = [toRadians(fixed(a)), toRadians(fixed(c))];
  const across = sineAndCosine((second - first) / 2n)[0];
  const along = sineAndCosine(toRadians(fixed(d.minus(b))) / 2n)[0];
  const cosines = scaled(sineAndCosine(first)[1], sineAndCosine(second)[1]);
  const chord = scaled(across, across) + scaled(cosines, scaled(along, along));
  const part = root((chord > 0n ? chord : 0n) * ONE);
  const angle = part >= ONE ? PI() / 2n : inverseTangent(divided(part, root(ONE * ONE - part * part)));
  const metres = (2n * angle * 63_710_088n + 5n * ONE) / (10n * ONE);
  return number(new Decimal(`${metres}e-3`));
}
