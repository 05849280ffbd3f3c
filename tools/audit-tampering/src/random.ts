/** A random source that a seed repeats (mulberry32). */
export interface Random {
  /** From 0 to `below` - 1. */
  int(below: number): number;
  pick<T>(list: readonly T[]): T;
  hex(digits: number): string;
  shuffled<T>(list: readonly T[]): T[];
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    int,
    pick: <T>(list: readonly T[]): T => list[int(list.length)] as T,
    hex: (digits) => Array.from({ length: digits }, () => int(16).toString(16)).join(''),
    shuffled<T>(list: readonly T[]): T[] {
      const result = [...list];
      for (let i = result.length - 1; i > 0; i -= 1) {
        const j = int(i + 1);
        [result[i], result[j]] = [result[j] as T, result[i] as T];
      }
      return result;
    },
  };
}
