import { availableParallelism } from 'node:os';
import type { BrowserPool, PortalSession } from '@rcm/portal-drivers';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { median } from '../statistics.ts';
import { atLeast, figure } from '../targets.ts';
import { openPracticePortal, type PracticeAccount, type PracticePortal } from './practice-portal.ts';
import { login, openPool, openSession, perMinute, task } from './visits.ts';

/** The way of working to compare, in turn, so that a busy moment of the machine meets all of them. */
const ROUNDS = 3;
/** Logins, or tasks, of one round. */
const VISITS = 12;
/** At the same time: what one agent is configured for by default. */
const AT_ONCE = 4;

/** Logins and tasks a minute for each core, a shared browser and kept sessions against a browser for each. */
export const rates: Benchmark = {
  name: 'logins and tasks a minute',
  async run(run) {
    await using opened = new AsyncDisposableStack();
    const portal = opened.use(await openPracticePortal(VISITS));
    const shared = opened.adopt(openPool(portal, AT_ONCE * 2), (pool) => pool.close());
    const kept: PortalSession[] = [];
    for (const account of portal.accounts.slice(0, AT_ONCE))
      kept.push(opened.adopt(await loggedIn(portal, shared, account, run), (session) => session.close()));
    const arms = armsOf(portal, shared, kept, run);
    const measured = new Map<string, number[]>(Object.keys(arms).map((name) => [name, []]));
    for (let round = 1; round <= ROUNDS && !run.signal.aborted; round += 1) {
      for (const [name, arm] of Object.entries(arms)) {
        const rate = (await arm()) / availableParallelism();
        measured.get(name)?.push(rate);
        run.progress(`  round ${round}: ${name} ${rate.toFixed(1)} a minute and core`);
      }
    }
    return results((name) => median(measured.get(name) ?? []));
  },
};

const ARMS = {
  sharedLogin: 'login in a shared browser',
  ownLogin: 'login in a browser of its own',
  keptTask: 'task in a kept session',
  sharedTask: 'login and task in a shared browser',
  ownTask: 'login and task in a browser of its own',
} as const;

function armsOf(
  portal: PracticePortal,
  shared: BrowserPool,
  kept: readonly PortalSession[],
  run: BenchmarkRun,
): Readonly<Record<string, () => Promise<number>>> {
  const { signal } = run;
  const inOwnBrowser = async (use: (browser: BrowserPool) => Promise<void>): Promise<void> => {
    const own = openPool(portal, 1);
    try {
      await use(own);
    } finally {
      await own.close();
    }
  };
  const visit = async (browser: BrowserPool, account: PracticeAccount, then: (session: PortalSession) => Promise<void>): Promise<void> => {
    const session = await loggedIn(portal, browser, account, run);
    try {
      await then(session);
    } finally {
      await session.close();
    }
  };
  const nothing = async (): Promise<void> => undefined;
  const doTask = (session: PortalSession): Promise<void> => task(session, signal);
  const over = (work: (account: PracticeAccount) => Promise<void>) => () => perMinute(portal.accounts, AT_ONCE, work);
  return {
    [ARMS.sharedLogin]: over((account) => visit(shared, account, nothing)),
    [ARMS.ownLogin]: over((account) => inOwnBrowser((own) => visit(own, account, nothing))),
    [ARMS.keptTask]: () => keptTasks(kept, signal),
    [ARMS.sharedTask]: over((account) => visit(shared, account, doTask)),
    [ARMS.ownTask]: over((account) => inOwnBrowser((own) => visit(own, account, doTask))),
  };
}

/** Every kept session does its share, one task after the other. */
async function keptTasks(kept: readonly PortalSession[], signal: AbortSignal): Promise<number> {
  const each = Math.ceil(VISITS / kept.length);
  const started = performance.now();
  await Promise.all(
    kept.map(async (session) => {
      for (let done = 0; done < each; done += 1) await task(session, signal);
    }),
  );
  return (kept.length * each * 60_000) / (performance.now() - started);
}

async function loggedIn(portal: PracticePortal, browser: BrowserPool, account: PracticeAccount, { signal }: BenchmarkRun): Promise<PortalSession> {
  const session = await openSession(portal, browser, signal);
  try {
    await login(session, account, signal);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

function results(rate: (name: string) => number): BenchmarkResult[] {
  const [logins, ownLogins] = [rate(ARMS.sharedLogin), rate(ARMS.ownLogin)];
  const [tasks, ownTasks] = [rate(ARMS.keptTask), rate(ARMS.ownTask)];
  return [
    figure({
      ...{ name: 'logins a minute and core', value: logins, peers: { 'a browser for each login': ownLogins }, unit: 'logins/min/core' },
      // Each of them is a whole login and logout; all that a shared browser saves is its start.
      target: atLeast(1.25 * ownLogins, 'at least 1.25 x a browser for each login'),
    }),
    figure({
      ...{ name: 'tasks a minute and core', value: tasks, unit: 'tasks/min/core' },
      peers: { 'shared browser, a login for each task': rate(ARMS.sharedTask), 'a browser for each task': ownTasks },
      target: atLeast(3 * ownTasks, 'at least 3 x a browser for each task'),
    }),
  ];
}
