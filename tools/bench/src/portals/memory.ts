import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserPool, PortalSession } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import type { Benchmark, BenchmarkRun } from '../benchmark.ts';
import { atMost, figure, under } from '../targets.ts';
import { browserMemory } from './browser-memory.ts';
import { openPracticePortal, type PracticePortal } from './practice-portal.ts';
import { login, openPool, openSession, task } from './visits.ts';

/** Contexts to divide by: enough that one more or less does not show. */
const CONTEXTS = 8;
/** Tasks that every context does while memory is looked at. */
const TASKS = 3;
const LOOK_EVERY_MS = 250;
/** Milliseconds in which Chromium gives back what a finished page held. */
const STEADY_MS = 2_000;
/** An agent's share: 30 kept logins beside the browser itself fit into 2 GiB. */
const IDLE_TARGET_MIB = 60;

/** Memory of a logged-in context that waits, and of one that works, against a browser of its own. */
export const memory: Benchmark = {
  name: 'memory of a context',
  async run(run) {
    if (browserMemory() === null) throw new RcmError('input_invalid', 'Memory is measured on Linux only.');
    await using portal = await openPracticePortal(CONTEXTS);
    const ownBrowser = await withPool(portal, async (pool) => {
      const session = await loggedIn(portal, pool, 0, run);
      return closing([session], async () => (await pause(STEADY_MS), now()));
    });
    const shared = await withPool(portal, (pool) => measureShared(portal, pool, run));
    const peers = { 'a browser of its own': ownBrowser };
    run.progress(
      `  a browser without pages ${shared.empty.toFixed(0)} MiB; idle ${shared.idle.toFixed(1)}, busy ${shared.busy.toFixed(1)}, a browser of its own ${ownBrowser.toFixed(1)}`,
    );
    return [
      figure({
        ...{ name: 'memory of an idle logged-in context', value: shared.idle, peers, unit: 'MiB' },
        target: atMost(Math.min(IDLE_TARGET_MIB, ownBrowser / 2), `at most ${IDLE_TARGET_MIB} MiB, and half a browser of its own`),
      }),
      figure({
        ...{ name: 'memory of a busy context', value: shared.busy, peers, unit: 'MiB (highest seen)' },
        target: under(ownBrowser, 'less than a browser of its own'),
      }),
    ];
  },
};

async function measureShared(portal: PracticePortal, pool: BrowserPool, run: BenchmarkRun): Promise<{ empty: number; idle: number; busy: number }> {
  const first = await openSession(portal, pool, run.signal);
  await first.close();
  await pause(STEADY_MS);
  const empty = now();
  const sessions: PortalSession[] = [];
  for (let number = 0; number < CONTEXTS; number += 1) sessions.push(await loggedIn(portal, pool, number, run));
  return closing(sessions, async () => {
    await pause(STEADY_MS);
    const idle = (now() - empty) / CONTEXTS;
    const busy = ((await highestWhile(() => Promise.all(sessions.map((session) => tasks(session, run))))) - empty) / CONTEXTS;
    return { empty, idle, busy };
  });
}

async function tasks(session: PortalSession, { signal }: BenchmarkRun): Promise<void> {
  for (let done = 0; done < TASKS; done += 1) await task(session, signal);
}

async function highestWhile(work: () => Promise<unknown>): Promise<number> {
  let highest = now();
  const look = setInterval(() => (highest = Math.max(highest, now())), LOOK_EVERY_MS);
  try {
    await work();
    return highest;
  } finally {
    clearInterval(look);
  }
}

async function loggedIn(portal: PracticePortal, pool: BrowserPool, number: number, { signal }: BenchmarkRun): Promise<PortalSession> {
  const session = await openSession(portal, pool, signal);
  await login(session, portal.accounts[number] ?? { username: '', password: '' }, signal);
  return session;
}

async function withPool<T>(portal: PracticePortal, use: (pool: BrowserPool) => Promise<T>): Promise<T> {
  const pool = openPool(portal, CONTEXTS + 1);
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

async function closing<T>(sessions: readonly PortalSession[], use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

const now = (): number => browserMemory() ?? 0;
