import type { TestEnvironment } from '@rcm/test-environment';
import { Command, InvalidArgumentError } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import { startTrouble } from './faults/trouble.ts';
import { type Figures, readFigures, readHeld, targetsOf } from './figures.ts';
import { keepDemand } from './work/demand.ts';
import { untilIdle } from './work/until-idle.ts';
import { type EndpointState, openTables, type Tables } from './work/tables.ts';
import { openSoakEnvironment } from './environment/soak-environment.ts';

interface Options {
  readonly minutes: number;
  readonly endpoints: number;
  readonly json?: boolean;
}

const number = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
};
const say = (line: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

/** Every twelve seconds a fault: ten of each kind in ten minutes. */
const PAUSE_MS = 10_000;
/** After the last fault, what is open has this long to end: what the ledger holds an unanswered login for (docs/adr/0013), and some minutes to work. */
const IDLE_WITHIN_MS = 600_000 + 300_000;

async function soak(options: Options, signal: AbortSignal): Promise<number> {
  say(`${options.endpoints} endpoints are being made`);
  const environment = await openSoakEnvironment({ endpoints: options.endpoints, say });
  const { testEnvironment } = environment;
  const tables = openTables(testEnvironment.databaseUrl);
  const asking = new AbortController();
  try {
    const demand = keepDemand({ testEnvironment, tables, rotations: 8, tasks: 16, signal: asking.signal, say });
    const trouble = startTrouble(environment, { pauseMs: PAUSE_MS, say });
    await delay(options.minutes * 60_000, undefined, { signal }).catch(() => undefined);
    await trouble.stop();
    asking.abort();
    await demand;
    say('no more faults and no more work: what is open ends');
    const left = await untilIdle(tables, IDLE_WITHIN_MS);
    await environment.stopProcesses();
    const held = await readHeld(environment);
    const figures = await readFigures(environment, tables, trouble.counts, held);
    // Not for credentials only: a task that failed because a rotation kept its login is one too many.
    const failed = (await tables.failedTasks()).map(({ code, tasks }) => `tasks failed with ${code}: ${tasks}`);
    const misses = [...(left === null ? [] : [left]), ...failed, ...missesOf(figures, await tables.states(), trouble.counts, options.minutes)];
    for (const miss of misses) say(`MISSED: ${miss}`);
    for (const state of await tables.states()) await tellStory(state, held.get(state.id), testEnvironment, tables);
    process.stdout.write(
      options.json
        ? `${JSON.stringify(figures)}\n`
        : `${Object.entries(figures)
            .map(([name, value]) => `${name} ${value}`)
            .join(', ')}\n`,
    );
    return misses.length === 0 && !signal.aborted ? 0 : 1;
  } finally {
    asking.abort();
    await environment.stopProcesses();
    await tables.close();
    await environment.close();
  }
}

/** Of a login that is not as it ought to be: what the portal, the ledger and the journal know of it. The test environment is gone afterwards. */
async function tellStory({ id, open }: EndpointState, held: string | undefined, testEnvironment: TestEnvironment, tables: Tables): Promise<void> {
  if (held === 'current' && open === '') return;
  const { portal, username } = testEnvironment.endpoint(id);
  say(`${id}: the portal accepts ${held === 'none' ? 'nothing that the store holds' : `what the store holds as ${held}`}; ${open || 'nothing is open'}`);
  for (const line of await tables.story(id)) say(`  ${line}`);
  say(`  its portal: ${JSON.stringify(await testEnvironment.portals.history({ portal, username }))}`);
}

function missesOf(figures: Figures, states: readonly EndpointState[], faults: Readonly<Record<string, number>>, minutes: number): string[] {
  const least = targetsOf(minutes);
  return [
    ...(['tasksFailedForCredentials', 'lost', 'behind', 'locked'] as const).filter((name) => figures[name] > 0).map((name) => `${name} is ${figures[name]}`),
    ...states.filter((s) => s.rotations < least.rotations).map((s) => `${s.id} was rotated ${s.rotations} times, not ${least.rotations}`),
    ...states.filter((s) => s.tasksDone < least.tasks).map((s) => `${s.id} did ${s.tasksDone} tasks, not ${least.tasks}`),
    ...Object.entries(faults)
      .filter(([, count]) => count < least.faults)
      .map(([kind, count]) => `${kind}: ${count} times, not ${least.faults}`),
  ];
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

await new Command('soak')
  .description(
    'Two rotators and two agents at work on every endpoint, again and again, while processes are killed, Postgres restarts, the store throttles and portals fail.\nExit code 0 when no task failed, no password was lost, no account was locked, and there was enough of everything.',
  )
  .option('--minutes <n>', 'how long the work and the faults go on', number, 10)
  .option('--endpoints <n>', 'how many logins', number, 60)
  .option('--json', 'print one JSON object on stdout')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (options: Options) => {
    process.exitCode = await soak(options, stop.signal);
  })
  .parseAsync();
