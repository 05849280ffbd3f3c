import { type Cost, type Operation, operations } from '@rcm/db/scale';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { atMost, figure, under } from '../targets.ts';
import { measureFleet } from './measure-fleet.ts';

/** What runs by itself is fast, and what a person waits for is not slow. */
const MOST_MS: Readonly<Record<Operation['kind'], number>> = { scan: 20, list: 100 };
const MOST_GROWTH = 2;
/** What goes through the whole fleet because that is what it is asked for, by a thousand logins: as long as a tenth of a list, and each of them as many pages as in a small fleet. */
const OF_EACH = { logins: 1_000, mostMs: 10, growth: 1.5 } as const;
/** Below, a page more or less is the shape of an index. */
const FEW_PAGES = 64;

async function measureAll(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const measured = await measureFleet(operations, run);
  if (!measured) return [];
  return [...[...measured.costs].flatMap(([operation, each]) => judge(operation, each, measured.sizes)), ...measured.bytes];
}

function judge({ name, kind, most = FEW_PAGES, every }: Operation, costs: readonly Cost[], sizes: readonly number[]): BenchmarkResult[] {
  if (every !== undefined) return judgeOfEach({ name, every }, costs, sizes);
  const at = (of: (cost: Cost) => number) => Object.fromEntries(costs.map((cost, i) => [`at ${sizes[i]}`, of(cost)]));
  const [first, last] = [costs[0], costs.at(-1)];
  if (!first || !last) return [];
  const { [`at ${sizes.at(-1)}`]: _ms, ...ms } = at(({ p50Ms }) => Number(p50Ms.toFixed(1)));
  const { [`at ${sizes.at(-1)}`]: _pages, ...pages } = at((cost) => cost.pages);
  return [
    figure({
      name: `${name}: p50 (p95 ${last.p95Ms.toFixed(1)}) at ${sizes.at(-1)}`,
      ...{ value: last.p50Ms, digits: 1, peers: ms, unit: 'ms', target: under(MOST_MS[kind]) },
    }),
    figure({
      ...{ name: `${name}: pages at ${sizes.at(-1)}`, value: last.pages, peers: pages, unit: 'pages' },
      target: atMost(Math.max(most, MOST_GROWTH * first.pages), `at most ${MOST_GROWTH} x at ${sizes[0]}, or ${most}`),
    }),
  ];
}

/** Of a thousand logins, in a fleet of that size. */
interface ByThousand {
  readonly size: number | undefined;
  readonly ms: number;
  readonly pages: number;
}

function judgeOfEach({ name, every }: { readonly name: string; readonly every: string }, costs: readonly Cost[], sizes: readonly number[]): BenchmarkResult[] {
  const each = costs.map(({ p50Ms, pages }, place): ByThousand => {
    const thousands = (sizes[place] ?? 0) / OF_EACH.logins;
    return { size: sizes[place], ms: Number((p50Ms / thousands).toFixed(2)), pages: Number((pages / thousands).toFixed(1)) };
  });
  const [first, last] = [each[0], each.at(-1)];
  if (!first || !last) return [];
  const peers = (of: (one: ByThousand) => number) => Object.fromEntries(each.slice(0, -1).map((one) => [`at ${one.size}`, of(one)]));
  return [
    figure({
      name: `${name} (${every}): p50 by ${OF_EACH.logins} logins at ${last.size}`,
      ...{ value: last.ms, peers: peers(({ ms }) => ms), unit: 'ms', target: under(OF_EACH.mostMs) },
    }),
    figure({
      ...{ name: `${name}: pages by ${OF_EACH.logins} logins at ${last.size}`, value: last.pages, peers: peers(({ pages }) => pages), unit: 'pages' },
      target: atMost(OF_EACH.growth * first.pages, `at most ${OF_EACH.growth} x at ${first.size}`),
    }),
  ];
}

export const suite: readonly Benchmark[] = [{ name: 'operations', run: measureAll }];
