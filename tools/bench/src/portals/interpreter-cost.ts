import { type BrowserPool, openGuardedContext, type PooledContext } from '@rcm/portal-drivers';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { PORTAL_LATENCY_MS } from '../portal-latency.ts';
import { median } from '../statistics.ts';
import { plainVisit } from './plain-visit.ts';
import { openPracticePortal, type PracticeAccount, type PracticePortal } from './practice-portal.ts';
import { login, openPool, openSession, task } from './visits.ts';

/** Visits of each kind, in turn; the first of each warms up and does not count. */
const VISITS = 21;
/** Steps of the recipe's login and task; reading the rows and waiting for an outcome belong to the step before. */
const STEPS = 8;
const TARGET = 1.05;
/** At once, as only a portal on this machine answers, which is told and judged by nothing; and as payers' portals do. */
const ANSWERS_MS = [0, PORTAL_LATENCY_MS] as const;

const PEERS = { guarded: 'the same in plain Playwright code, as guarded', bare: 'the same in plain Playwright code, without a guard' } as const;

/**
 * What following a recipe costs over doing the same in plain Playwright code, step for step, one visit at a time. The interpreter is
 * told apart from what any code pays that may not reach another host: the same plain code runs behind the gate and fence, and in a
 * bare context.
 */
export const interpreterCost: Benchmark = {
  name: 'cost of the interpreter',
  async run(run) {
    await using opened = new AsyncDisposableStack();
    const portal = opened.use(await openPracticePortal(1));
    const pool = opened.adopt(openPool(portal, 1), (each) => each.close());
    const results: BenchmarkResult[] = [];
    for (const answerMs of ANSWERS_MS) {
      await portal.answerAfter(answerMs);
      results.push(await measured(portal, pool, answerMs, run));
    }
    return results;
  },
};

async function measured(portal: PracticePortal, pool: BrowserPool, answerMs: number, run: BenchmarkRun): Promise<BenchmarkResult> {
  const [account] = portal.accounts;
  const recipe: number[] = [];
  const guarded: number[] = [];
  const bare: number[] = [];
  for (let visit = 0; account && visit < VISITS && !run.signal.aborted; visit += 1) {
    const times = [
      await byRecipe(portal, pool, account, run),
      await byHand(portal, await guardedContext(portal, pool, run), account),
      await byHand(portal, await bareContext(pool, run), account),
    ];
    if (visit === 0) continue;
    for (const [index, kind] of [recipe, guarded, bare].entries()) kind.push((times[index] ?? 0) / STEPS);
  }
  const [ours, peer, unguarded] = [median(recipe), median(guarded), median(bare)];
  const where = answerMs === 0 ? 'a portal that answers at once' : `a portal that answers after ${answerMs} ms`;
  run.progress(
    `  at ${where}: ${ours.toFixed(1)} ms a step by recipe, ${peer.toFixed(1)} by plain code behind the same guard, ${unguarded.toFixed(1)} without one`,
  );
  return {
    name: `a step of a recipe at ${where}`,
    ours,
    peers: { [PEERS.guarded]: peer, [PEERS.bare]: unguarded },
    unit: 'ms/step (median)',
    ...(answerMs === 0 ? { target: 'none: reported', met: true } : { target: 'under 5 % more than plain code, as guarded', met: ours < peer * TARGET }),
  };
}

/** Milliseconds of one visit; opening and closing the context are the same for both and do not count. */
async function byRecipe(portal: PracticePortal, pool: BrowserPool, account: PracticeAccount, { signal }: BenchmarkRun): Promise<number> {
  const session = await openSession(portal, pool, signal);
  try {
    const started = performance.now();
    await login(session, account, signal);
    await task(session, signal);
    return performance.now() - started;
  } finally {
    await session.close();
  }
}

type Opened = Pick<PooledContext, 'context' | 'close'>;

const guardedContext = ({ baseUrl }: PracticePortal, browser: BrowserPool, { signal }: BenchmarkRun): Promise<Opened> =>
  openGuardedContext({ baseUrl, hosts: [{ host: new URL(baseUrl).host, address: 'loopback' }], browser, signal });

const bareContext = (pool: BrowserPool, { signal }: BenchmarkRun): Promise<Opened> => pool.openContext({ context: {}, signal });

async function byHand(portal: PracticePortal, opened: Opened, account: PracticeAccount): Promise<number> {
  try {
    const page = await opened.context.newPage();
    const started = performance.now();
    await plainVisit(page, portal.baseUrl, account);
    return performance.now() - started;
  } finally {
    await opened.close();
  }
}
