import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { median, rounded } from '../statistics.ts';
import { atLeast, atMost, figure, type Judged, type Target } from '../targets.ts';
import { measureCycles } from './cycles.ts';
import { openQueueEnvironment, type QueueSizes } from './queue-environment.ts';
import { type Measured, measureTakers, oneLockForAll, operations, type Queue, turnsByTenant } from './takers.ts';
import { longestWait } from './waits.ts';

const PEER = 'one lock for all';
const LEAST_A_SECOND = 300;
const TAKERS = [1, 8] as const;

/** Accounts that have something waiting, of up to 1,000 tenants; the last with 50,000 more for one of them. */
const FULL: readonly QueueSizes[] = [
  { accounts: 200, tenants: 200, portalTypes: 20, tasksEach: 300, crowd: 0 },
  { accounts: 1_000, tenants: 1_000, portalTypes: 20, tasksEach: 60, crowd: 0 },
  { accounts: 10_000, tenants: 1_000, portalTypes: 20, tasksEach: 4, crowd: 50_000 },
];
// A portal type takes one task at a time, so there are more of them than takers, and more tasks than are taken in its half seconds.
const QUICK: readonly QueueSizes[] = [{ accounts: 40, tenants: 20, portalTypes: 20, tasksEach: 200, crowd: 100 }];
const ROUNDS = 3;

async function measureTasks(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const results: BenchmarkResult[] = [];
  for (const sizes of run.size === 'quick' ? QUICK : FULL) {
    const ours = await measureEnvironment(sizes, run, 'now', { 'tasks taken and ended': turnsByTenant, 'with all that a web-agent does for one': operations });
    const before = await measureEnvironment(sizes, run, 'before', { 'tasks taken and ended': oneLockForAll });
    for (const { what, takers, rounds } of ours) {
      const peer = before.find((each) => each.what === what && each.takers === takers);
      results.push(...lines({ sizes, what, takers, rounds, peer: peer?.rounds ?? null }));
    }
  }
  return results;
}

interface Series {
  readonly what: string;
  readonly takers: number;
  readonly rounds: readonly Measured[];
}

async function measureEnvironment(
  sizes: QueueSizes,
  run: BenchmarkRun,
  as: 'now' | 'before',
  ways: Readonly<Record<string, (db: never) => Queue>>,
): Promise<Series[]> {
  await using testEnvironment = await openQueueEnvironment(sizes, as);
  // A fast machine takes 60,000 tasks before the last round: each has its part of them.
  const inAll = Object.keys(ways).length * TAKERS.length * (ROUNDS + 1);
  const most = Math.floor((sizes.accounts * sizes.tasksEach) / inAll);
  const series: Series[] = [];
  for (const [what, queueOf] of Object.entries(ways))
    for (const takers of TAKERS) {
      const queue = queueOf(testEnvironment.agent as never);
      const rounds: Measured[] = [];
      for (let round = 0; round <= ROUNDS && !run.signal.aborted; round += 1) {
        const measured = await measureTakers(queue, { takers, seconds: run.size === 'quick' ? 0.5 : 8, most, signal: run.signal });
        // The first is for warming up: connections are made, plans, and the program's own code.
        if (round > 0) rounds.push(measured);
      }
      const each = rounds.map((measured) => rounded(measured.perSecond, 0)).join(', ');
      run.progress(`${as}, ${sizes.accounts} accounts, ${takers} at once, ${what}: ${each} a second`);
      series.push({ what, takers, rounds });
    }
  return series;
}

const COMPARED: Judged = { target: 'none, for comparison', met: true };

function lines({ sizes, what, takers, rounds, peer }: Series & { readonly sizes: QueueSizes; readonly peer: readonly Measured[] | null }): BenchmarkResult[] {
  const crowd = sizes.crowd > 0 ? `, one with ${sizes.crowd} more` : '';
  const name = `${sizes.accounts} accounts of ${sizes.tenants} tenants${crowd}, ${takers} at once: ${what}`;
  const perSecond = (of: readonly Measured[]) => rounded(median(of.map((round) => round.perSecond)));
  const halfTook = ({ turns }: Measured): number => median(turns.map(({ askedAt, givenAt }) => givenAt - askedAt));
  const takeMs = (of: readonly Measured[]) => rounded(median(of.map(halfTook)));
  const least = takers === 8 ? LEAST_A_SECOND : 0;
  // A turn comes when every other tenant has had one.
  const share = sizes.tenants - 1;
  const longest = (of: readonly Measured[]): number => Math.max(...of.map(({ turns }) => longestWait(turns)));
  const line = (what: string, unit: string, of: (all: readonly Measured[]) => number, target: Target | Judged) =>
    figure({ name: `${name}${what}`, value: of(rounds), peers: { [PEER]: peer && of(peer) }, unit, target });
  return [
    line('', 'a second', perSecond, least > 0 ? atLeast(least) : COMPARED),
    line(': to take one, half of them', 'ms', takeMs, COMPARED),
    line(': longest that a tenant waited', 'turns', longest, atMost(share, `at most ${share}, its share`)),
  ];
}

export const suite: readonly Benchmark[] = [
  { name: 'tasks', run: measureTasks },
  { name: 'cycles', run: measureCycles },
];
