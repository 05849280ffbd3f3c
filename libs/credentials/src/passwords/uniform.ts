import { randomBytes } from 'node:crypto';

/** `size` unpredictable bytes. */
export type RandomBytes = (size: number) => Uint8Array;

export const secureRandom: RandomBytes = (size) => randomBytes(size);

/**
 * A whole number, each of 0 … limit-1 equally likely: bits beyond the need are dropped, a number that is too large is drawn
 * again. A remainder would favour the small ones.
 */
export function uniformBelow(limit: bigint, random: RandomBytes): bigint {
  if (limit <= 1n) return 0n;
  const bits = (limit - 1n).toString(2).length;
  const size = Math.ceil(bits / 8);
  const mask = (1n << BigInt(bits)) - 1n;
  for (;;) {
    const drawn = BigInt(`0x${Buffer.from(random(size)).toString('hex')}`) & mask;
    if (drawn < limit) return drawn;
  }
}
