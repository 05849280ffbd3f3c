import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cost, makeFleet, Measurer, type Operation, operations } from '@rcm/db/scale';
import { migrateWithLogins } from '@rcm/db/testing';
import { freshDatabase, startThrowawayPostgres } from '@rcm/test-services';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const QUICK_SIZES = [1_000, 2_000];
/** What runs by itself is fast, and what a person waits for is not slow. */
const MOST_MS: Readonly<Record<Operation['kind'], number>> = { scan: 20, list: 100 };
const MOST_GROWTH = 2;
/** Below, a page more or less is the shape of an index. */
const FEW_PAGES = 64;

/** One fleet that grows: what each operation costs at each of its sizes. */
async function measureFleet({ progress, signal, size, endpoints }: BenchmarkRun): Promise<BenchmarkResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rcm-scale-'));
  const server = await startThrowawayPostgres({ folder });
  const database = await freshDatabase({ migrate: migrateWithLogins, server: server.url });
  const sizes = size === 'quick' ? QUICK_SIZES : sizesTo(endpoints ?? 100_000);
  const costs = new Map<Operation, Cost[]>();
  try {
    for (const to of sizes) {
      progress(`making ${to} logins`);
      await makeFleet(database.url, { to });
      await using measurer = await Measurer.open(database.url);
      for (const operation of operations) {
        if (signal.aborted) return [];
        const cost = await measurer.measure(operation, { most: 20, longestMs: 5_000 });
        progress(`  ${to} ${operation.name}: p50 ${cost.p50Ms.toFixed(1)} ms, p95 ${cost.p95Ms.toFixed(1)} ms, ${cost.pages} pages${through(cost)}`);
        costs.set(operation, [...(costs.get(operation) ?? []), cost]);
      }
    }
  } finally {
    await database.drop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return [...costs].flatMap(([operation, each]) => judge(operation, each, sizes));
}

const through = ({ scanned }: Cost): string => (Object.keys(scanned).length === 0 ? '' : `, through ${Object.keys(scanned).join(', ')}`);

const sizesTo = (endpoints: number): number[] => [...SIZES.filter((size) => size < endpoints), endpoints];

function judge({ name, kind, most = FEW_PAGES }: Operation, costs: readonly Cost[], sizes: readonly number[]): BenchmarkResult[] {
  const at = (of: (cost: Cost) => number) => Object.fromEntries(costs.map((cost, i) => [`at ${sizes[i]}`, of(cost)]));
  const [first, last] = [costs[0], costs.at(-1)];
  if (!first || !last) return [];
  const { [`at ${sizes.at(-1)}`]: _ms, ...ms } = at(({ p50Ms }) => Number(p50Ms.toFixed(1)));
  const { [`at ${sizes.at(-1)}`]: _pages, ...pages } = at((cost) => cost.pages);
  return [
    {
      name: `${name}: p50 (p95 ${last.p95Ms.toFixed(1)}) at ${sizes.at(-1)}`,
      ours: Number(last.p50Ms.toFixed(1)),
      peers: ms,
      unit: 'ms',
      target: `under ${MOST_MS[kind]}`,
      met: last.p50Ms < MOST_MS[kind],
    },
    {
      name: `${name}: pages at ${sizes.at(-1)}`,
      ours: last.pages,
      peers: pages,
      unit: 'pages',
      target: `at most ${MOST_GROWTH} x at ${sizes[0]}, or ${most}`,
      met: last.pages <= Math.max(most, MOST_GROWTH * first.pages),
    },
  ];
}

export const suite: readonly Benchmark[] = [{ name: 'operations', run: measureFleet }];
