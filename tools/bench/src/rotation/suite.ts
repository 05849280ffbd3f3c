import type { Benchmark } from '../benchmark.ts';

/** What `npm run bench -- rotation` measures, in this order. */
export const suite: readonly Benchmark[] = [];
