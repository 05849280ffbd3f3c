import type { BenchmarkResult } from './benchmark.ts';
import { rounded } from './statistics.ts';

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

interface Figure {
  readonly name: string;
  /** What is judged. */
  readonly value: number;
  /** How many decimals of it are shown. Default: all. */
  readonly digits?: number;
  readonly unit: string;
  readonly target: Target | Judged;
  readonly peers?: BenchmarkResult['peers'];
}

/** A figure of this project, judged by its target, beside those of its peers where it has any. */
export const figure = ({ name, value, digits, unit, target, peers = {} }: Figure): BenchmarkResult => ({
  ...{ name, ours: digits === undefined ? value : rounded(value, digits), peers, unit },
  ...(typeof target === 'function' ? target(value) : target),
});
