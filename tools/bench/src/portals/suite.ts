import type { Benchmark } from '../benchmark.ts';
import { interpreterCost } from './interpreter-cost.ts';
import { memory } from './memory.ts';
import { rates } from './rates.ts';

/** What `npm run bench -- portals` measures, in this order. */
export const suite: readonly Benchmark[] = [rates, memory, interpreterCost];
