import type { Benchmark } from '../benchmark.ts';

/** What `npm run bench -- credentials` measures, in this order. */
export const suite: readonly Benchmark[] = [];
