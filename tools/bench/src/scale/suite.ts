import { type Cost, type Operation, operations } from '@rcm/db/scale';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { measureFleet } from './measure-fleet.ts';

/** What runs by itself is fast, and what a person waits for is not slow. */
const MOST_MS: Readonly<Record<Operation['kind'], number>> = { scan: 20, list: 100 };
const MOST_GROWTH = 2;
/** Below, a page more or less is the shape of an index. */
const FEW_PAGES = 64;

async function measureAll(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const measured = await measureFleet(operations, run);
  if (!measured) return [];
  return [...[...measured.costs].flatMap(([operation, each]) => judge(operation, each, measured.sizes)), ...measured.bytes];
}

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

export const suite: readonly Benchmark[] = [{ name: 'operations', run: measureAll }];
