// Values that are drawn, for default values only (engines/formula/drawing.py).

import { Decimal, type Maybe, number } from './numbers.ts';

/** A whole number from 0 on and below `size`, evenly. */
function below(size: bigint): bigint {
  const bits = size.toString(2).length;
  for (;;) {
    const words = crypto.getRandomValues(new Uint32Array(Math.ceil(bits / 32)));
    const drawn = words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n) & ((1n << BigInt(bits)) - 1n);
    if (drawn < size) return drawn;
  }
}

export const fraction = (): Maybe => new Decimal(`${below(10n ** 12n)}e-12`);

export function between(low: Maybe, high: Maybe): Maybe {
  if (low === null || high === null) return null;
  let [first, last] = [low.round(0, 0), high.round(0, 0)];
  if (first.lt(low)) first = first.plus(1);
  if (last.gt(high)) last = last.minus(1);
  const size = last.minus(first).plus(1);
  if (!size.gt(0) || size.gt('1e20')) return null;
  return number(first.plus(below(BigInt(size.toFixed())).toString()));
}

/** A random UUID; `crypto.randomUUID` is missing on pages without TLS. */
export function identifier(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
