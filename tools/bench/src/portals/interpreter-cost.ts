import type { BrowserPool } from '@rcm/portal-drivers';
import type { Benchmark, BenchmarkRun } from '../benchmark.ts';
import { median } from '../statistics.ts';
import { plainVisit } from './plain-visit.ts';
import { openPracticePortal, type PracticeAccount, type PracticePortal } from './practice-portal.ts';
import { login, openPool, openSession, task } from './visits.ts';

/** Visits of each kind, in turn; the first of each warms up and does not count. */
const VISITS = 21;
/** Steps of the recipe's login and task; reading the rows and waiting for an outcome belong to the step before. */
const STEPS = 8;
const TARGET = 1.05;

/** What following a recipe costs over doing the same in plain Playwright code, step for step, one visit at a time. */
export const interpreterCost: Benchmark = {
  name: 'cost of the interpreter',
  async run(run) {
    const portal = await openPracticePortal(1);
    const pool = openPool(portal, 1);
    const [account] = portal.accounts;
    const recipe: number[] = [];
    const plain: number[] = [];
    try {
      for (let visit = 0; account && visit < VISITS && !run.signal.aborted; visit += 1) {
        const times = { recipe: await byRecipe(portal, pool, account, run), plain: await byHand(portal, pool, account, run) };
        if (visit === 0) continue;
        recipe.push(times.recipe / STEPS);
        plain.push(times.plain / STEPS);
      }
    } finally {
      await pool.close();
      await portal.close();
    }
    const [ours, peer] = [median(recipe), median(plain)];
    run.progress(`  ${ours.toFixed(1)} ms a step by recipe, ${peer.toFixed(1)} by plain code`);
    return [
      {
        name: 'a step of a recipe',
        ours,
        peers: { 'the same in plain Playwright code': peer },
        unit: 'ms/step (median)',
        target: 'under 5 % more than plain code',
        met: ours < peer * TARGET,
      },
    ];
  },
};

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

async function byHand(portal: PracticePortal, pool: BrowserPool, account: PracticeAccount, { signal }: BenchmarkRun): Promise<number> {
  const opened = await pool.openContext({ context: {}, signal });
  try {
    const page = await opened.context.newPage();
    const started = performance.now();
    await plainVisit(page, portal.baseUrl, account);
    return performance.now() - started;
  } finally {
    await opened.close();
  }
}
