// Decimal arithmetic: 20 digits before and 12 after the point, half away from zero, never an error (rules 1 to 3, 9).

import BigBase from 'big.js';
import type { Big } from 'big.js';

export const Decimal = BigBase();
Decimal.DP = 12;
Decimal.RM = 1; // half away from zero
Decimal.NE = -1000;
Decimal.PE = 1000;

const LIMIT = new Decimal('1e20');
export const ZERO = new Decimal(0);
const ONE = new Decimal(1);
const MAX_EXPONENT = 1000;
const PLAIN = /^[+-]?(([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?|\.[0-9]+)%?$/;

export type Maybe = Big | null;

/** Bring an exact result into the domain: rounded once, blank when too large. */
export function number(value: Big): Maybe {
  const rounded = value.round(12, 1);
  if (!rounded.abs().lt(LIMIT)) return null;
  return rounded.eq(ZERO) ? ZERO : rounded;
}

export function add(a: Maybe, b: Maybe): Maybe {
  if (a === null) return b;
  return b === null ? a : number(a.plus(b));
}

export function subtract(a: Maybe, b: Maybe): Maybe {
  return b === null ? a : number((a ?? ZERO).minus(b));
}

export function multiply(a: Maybe, b: Maybe): Maybe {
  return a === null || b === null ? null : number(a.times(b));
}

export function divide(a: Maybe, b: Maybe): Maybe {
  return a === null || b === null || b.eq(ZERO) ? null : number(a.div(b));
}

export function negate(a: Maybe): Maybe {
  return a === null ? null : a.eq(ZERO) ? ZERO : a.times(-1);
}

/** Whole quotient towards zero and the rest with the sign of the dividend. */
function quotient(a: Big, b: Big): [Big, Big] {
  const rest = a.mod(b);
  return [a.minus(rest).div(b).round(0, 0), rest];
}

/** The remainder has the sign of the divisor. */
export function modulo(a: Maybe, b: Maybe): Maybe {
  if (a === null || b === null || b.eq(ZERO)) return null;
  const rest = a.mod(b);
  return number(!rest.eq(ZERO) && rest.lt(ZERO) !== b.lt(ZERO) ? rest.plus(b) : rest);
}

export function power(a: Maybe, b: Maybe): Maybe {
  if (a === null || b === null || !b.eq(b.round(0, 0)) || b.abs().gt(MAX_EXPONENT)) return null;
  const exponent = b.toNumber();
  if (a.eq(ZERO)) return exponent > 0 ? ZERO : null;
  if ((a.e + (exponent < 0 ? 1 : 0)) * exponent > 40) return null; // far outside; do not compute thousands of digits
  const size = BigInt(Math.abs(exponent));
  const digits = BigInt(a.c.join('')) ** size;
  const shift = BigInt(a.e - a.c.length + 1) * size;
  let [top, bottom] = exponent < 0 ? [1n, digits] : [digits, 1n];
  const tens = (exponent < 0 ? -shift : shift) + 12n;
  if (tens < 0n) bottom *= 10n ** -tens;
  else top *= 10n ** tens;
  const units = (2n * top + bottom) / (2n * bottom);
  const sign = a.s < 0 && exponent % 2 !== 0 ? '-' : '';
  return units === 0n ? ZERO : number(new Decimal(`${sign}${units}e-12`));
}

/** A count: cut towards zero and kept between the bounds. */
export function whole(value: Maybe, low: number, high: number): number | null {
  if (value === null) return null;
  return value.lt(low) ? low : value.gt(high) ? high : value.round(0, 0).toNumber();
}

function rounding(mode: 0 | 1 | 3): (value: Maybe, places: Maybe) => Maybe {
  return (value, places) => {
    if (value === null) return null;
    const digits = whole(places, -21, 12) ?? 0;
    return number(value.round(digits, mode));
  };
}

export const roundDown = rounding(0);
export const roundHalf = rounding(1);
export const roundUp = rounding(3);

export function floor(value: Maybe): Maybe {
  return floorTo(value, ONE);
}

export function ceilingTo(value: Maybe, step: Maybe): Maybe {
  if (value === null || step === null || !step.gt(ZERO)) return null;
  const [count, rest] = quotient(value, step);
  return number((rest.gt(ZERO) ? count.plus(1) : count).times(step));
}

export function floorTo(value: Maybe, step: Maybe): Maybe {
  if (value === null || step === null || !step.gt(ZERO)) return null;
  const [count, rest] = quotient(value, step);
  return number((rest.lt(ZERO) ? count.minus(1) : count).times(step));
}

/** The shortest plain decimal. */
export function plain(value: Maybe): string | null {
  return value === null ? null : value.eq(ZERO) ? '0' : value.toFixed();
}

export function fromText(text: string | null): Maybe {
  if (text === null) return null;
  const stripped = text.replace(/^[ \t\r\n\u00a0\u3000]+|[ \t\r\n\u00a0\u3000]+$/g, '');
  if (stripped.length > 100 || !PLAIN.test(stripped)) return null;
  const digits = stripped.replace(/[,%]/g, '').replace(/^\+/, '').replace(/\.$/, '').replace(/^(-?)\./, '$10.');
  return number(new Decimal(stripped.endsWith('%') ? `${digits}e-2` : digits));
}

export function total(values: readonly Big[]): Maybe {
  return number(values.reduce((sum, value) => sum.plus(value), ZERO));
}

export function average(values: readonly Big[]): Maybe {
  if (values.length === 0) return null;
  return number(values.reduce((sum, value) => sum.plus(value), ZERO).div(values.length));
}

/** Whole units of `size`, towards zero. */
export function cut(value: Maybe, size: Maybe): Maybe {
  return value === null || size === null ? null : number(quotient(value, size)[0]);
}
