import { type Cost, makeFleet, Measurer, type Operation } from '@rcm/db/scale';
import { migrateWithLogins } from '@rcm/db/testing';
import { throwawayDatabase } from '@rcm/test-services';
import type { BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { rowBytes } from './row-bytes.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const QUICK_SIZES = [1_000, 2_000];

export interface MeasuredFleet {
  /** Logins, of each time that it was measured; the largest last. */
  readonly sizes: readonly number[];
  /** What each operation cost at each of them. */
  readonly costs: ReadonlyMap<Operation, readonly Cost[]>;
  /** What a row takes at the largest. */
  readonly bytes: readonly BenchmarkResult[];
}

/** One fleet that grows: what each operation costs at each of its sizes. `null` where it was ended early. */
export async function measureFleet(operations: readonly Operation[], { progress, signal, size, endpoints }: BenchmarkRun): Promise<MeasuredFleet | null> {
  await using database = await throwawayDatabase({ migrate: migrateWithLogins });
  const sizes = size === 'quick' ? QUICK_SIZES : sizesTo(endpoints ?? 100_000);
  const costs = new Map<Operation, Cost[]>();
  for (const to of sizes) {
    progress(`making ${to} logins`);
    await makeFleet(database.url, { to });
    await using measurer = await Measurer.open(database.url);
    for (const operation of operations) {
      if (signal.aborted) return null;
      const cost = await measurer.measure(operation, { most: 20, longestMs: 5_000 });
      progress(`  ${to} ${operation.name}: p50 ${cost.p50Ms.toFixed(1)} ms, p95 ${cost.p95Ms.toFixed(1)} ms, ${cost.pages} pages${through(cost)}`);
      costs.set(operation, [...(costs.get(operation) ?? []), cost]);
    }
  }
  return { sizes, costs, bytes: await rowBytes(database.url) };
}

const through = ({ scanned }: Cost): string => (Object.keys(scanned).length === 0 ? '' : `, through ${Object.keys(scanned).join(', ')}`);

const sizesTo = (endpoints: number): number[] => [...SIZES.filter((size) => size < endpoints), endpoints];
