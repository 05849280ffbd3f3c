import type { RandomBytes } from './uniform.ts';

/** Repeatable bytes for tests of distribution (xorshift32). */
export function seeded(seed: number): RandomBytes {
  let state = seed;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 8) & 255;
  };
  return (size) => Uint8Array.from({ length: size }, next);
}
