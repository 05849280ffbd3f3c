import type { BenchmarkResult } from './benchmark.ts';

/** What a figure should be, and whether it is. */
export type Judged = Pick<BenchmarkResult, 'target' | 'met'>;
export type Target = (value: number) => Judged;

export const atLeast =
  (bound: number, target = `at least ${bound}`): Target =>
  (value) => ({ target, met: value >= bound });

export const atMost =
  (bound: number, target = `at most ${bound}`): Target =>
  (value) => ({ target, met: value <= bound });

export const under =
  (bound: number, target = `under ${bound}`): Target =>
  (value) => ({ target, met: value < bound });

export const exactly =
  (wanted: number, target = `${wanted}`): Target =>
  (value) => ({ target, met: value === wanted });

export const REPORTED: Judged = { target: 'none: reported', met: true };
