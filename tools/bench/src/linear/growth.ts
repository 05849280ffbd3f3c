import type { BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { atMost, figure } from '../targets.ts';

const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;
const QUICK_SIZES = [1_000, 10_000] as const;

/** Of an input that grows: how much of it there was, and what it cost. */
export interface Grown {
  readonly what: string;
  readonly unit: string;
  /** The cost of an input of so many characters. */
  readonly costOf: (length: number) => number;
  /** From this size on a cost is compared; below it, what is done once hides what is done for each character. */
  readonly from: number;
  /** The cost per character may be so many times what it was. 10 would be one more power. */
  readonly most: number;
}

/** How much a character costs in the largest input, as a multiple of what it costs in the smallest that is compared. */
export function growth({ what, unit, costOf, from, most }: Grown, { progress, size }: BenchmarkRun): BenchmarkResult {
  const sizes = size === 'quick' ? QUICK_SIZES : SIZES;
  const costs = sizes.map((length) => ({ length, each: costOf(length) / length }));
  progress(`  ${what}: ${costs.map(({ length, each }) => `${length / 1_000} kB ${each.toPrecision(3)}`).join(', ')} ${unit} a character`);
  const compared = costs.filter(({ length }) => length >= from);
  const first = compared.at(0)?.each ?? 0;
  const times = first === 0 ? 0 : (compared.at(-1)?.each ?? 0) / first;
  return figure({
    name: what,
    value: times,
    unit: `x the cost of a character from ${from / 1_000} kB to 1 MB`,
    target: atMost(size === 'quick' ? Number.POSITIVE_INFINITY : most, `at most ${most} x (linear is 1, the square is 10 for each power of ten)`),
  });
}
