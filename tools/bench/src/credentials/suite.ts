import type { Benchmark } from '../benchmark.ts';
import { busyMinute } from './busy-minute.ts';
import { cachedReads } from './cached-reads.ts';
import { coldStart } from './cold-start.ts';
import { outage } from './outage.ts';

/** What `npm run bench -- credentials` measures, in this order. */
export const suite: readonly Benchmark[] = [cachedReads, coldStart, busyMinute, outage];
