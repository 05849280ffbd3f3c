import type { Benchmark } from '../benchmark.ts';
import { maskGrowth } from './mask-growth.ts';
import { pageHolds } from './page-holds.ts';
import { patternGrowth } from './pattern-growth.ts';

/** What `npm run bench -- linear` measures, in this order. */
export const suite: readonly Benchmark[] = [maskGrowth, patternGrowth, pageHolds];
