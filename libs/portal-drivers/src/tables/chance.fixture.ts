/** Chances that fall the same each time for the same seed. */
export interface Chance {
  /** A whole number from 0 to `most - 1`. */
  below(most: number): number;
  /** One time in `times`. */
  onceIn(times: number): boolean;
  oneOf<T>(list: readonly [T, ...T[]]): T;
  shuffled<T>(list: readonly T[]): T[];
}

/** Mulberry32: each seed gives a sequence of its own. */
export function chances(seed: number): Chance {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0;
  const below = (most: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
  return {
    below,
    onceIn: (times) => below(times) === 0,
    oneOf: (list) => list[below(list.length)] ?? list[0],
    shuffled: (list) =>
      list
        .map((value) => ({ value, place: below(1_000_000) }))
        .sort((one, other) => one.place - other.place)
        .map(({ value }) => value),
  };
}
