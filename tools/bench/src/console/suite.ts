import { openDatabase } from '@rcm/db';
import { makeFleet, PER_ORGANIZATION } from '@rcm/db/scale';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { throwawayDatabase } from '@rcm/test-services';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { secondsOfAll } from '../measured-environment/processor-seconds.ts';
import { signIn } from './browsers.ts';
import { startConsoleProcess } from './console-process.ts';
import { pageLines, type Times, timePages } from './pages.ts';
import { holdStreams } from './streams.ts';

const FULL = { sizes: [10_000], largest: 100_000, times: 40, streams: 1_000 };
const QUICK = { sizes: [1_000], largest: 2_000, times: 3, streams: 12 };

/** A fleet that grows, a console on it, and somebody who looks; then so many who follow what happens, and the same once more. */
async function measureConsole(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const { sizes, largest, times, streams } = run.size === 'quick' ? QUICK : FULL;
  await using database = await throwawayDatabase({ migrate: migrateWithLogins });
  const taken: Record<string, Times> = {};
  const most = run.size === 'quick' ? largest : (run.endpoints ?? largest);
  for (const to of [...sizes.filter((size) => size < most), most]) {
    run.progress(`making ${to} logins`);
    await makeFleet(database.url, { to });
    await using here = new AsyncDisposableStack();
    const console = here.use(await startConsoleProcess(database.url));
    const db = here.adopt(openDatabase({ url: urlFor('rcm_console', database.url), applicationName: 'bench', role: 'rcm_console' }), (each) => each.close());
    const visitor = await signIn(db, { origin: console.origin, name: 'everybody', roles: { '*': ['operator', 'approver', 'auditor'] } });
    const looked = { visitor, times, spentMs: () => console.processorMs() + secondsOfAll(database.server.pid) * 1_000 };
    const alone = await timePages(looked, run);
    if (run.signal.aborted) return [];
    if (to < most) {
      taken[`at ${to}`] = alone;
      continue;
    }
    const owner = here.adopt(openDatabase({ url: database.url, applicationName: 'bench', maxConnections: 1 }), (each) => each.close());
    const held = await holdStreams(streams, { db, owner, console, organizations: most / PER_ORGANIZATION }, run);
    const beside = await timePages(looked, run);
    held.leave();
    return [...pageLines(`at ${most}`, alone, taken), ...held.lines, ...pageLines(`at ${most}, ${streams} streams open`, beside, { alone })];
  }
  return [];
}

export const suite: readonly Benchmark[] = [{ name: 'pages and streams', run: measureConsole }];
