import type { Database } from '@rcm/db';
import { type AttemptState, listAttempts, setNextRotation } from '@rcm/db/rotation';
import type { ManagedProcess } from '../processes/managed-process.ts';
import { requireOwnLogins } from '../postgres/app-logins.ts';
import { instanceName } from '../containers/run-apps.ts';
import type { AppCounts } from '../options.ts';
import { type RunningApp, startApp } from './apps.ts';
import { type EndpointStates, openEndpointStates } from './endpoint-state.ts';
import { measureMachine, type MeasuredWork } from './measured-work.ts';
import { TaskStream } from './task-stream.ts';
import { STILL_MS, workOff, workOn, workUntil, type WorkOptions } from './work-until.ts';
import type { AppSetting } from '../processes/environment.ts';
import type { Supervisor } from '../processes/supervisor.ts';
import type { Progress } from '../progress.ts';
import type { Stops } from '../services.ts';

const OPEN: readonly AttemptState[] = ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted', 'waiting', 'blocked'];
const STOP_APP_MS = 30_000;
const LAST_TASKS_MS = 45_000;
const MANY = 10_000;

export interface WorkSetting {
  readonly db: Database;
  readonly setting: AppSetting;
  readonly supervisor: Supervisor;
  readonly stops: Stops;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly apps: AppCounts;
}

export interface WorkDone {
  readonly measured: MeasuredWork;
  /** The web-agent's API; `null`: it serves none. */
  readonly apiUrl: string | null;
  readonly healthUrls: { readonly agent: string; readonly rotator: string };
  /** Goes on asking for tasks, less eagerly, until the signal aborts. */
  keepWorking(): Promise<never>;
}

/** Rotations that a killed run left open: what they cost at the portal is not held against this run. */
export async function openRotations(db: Database): Promise<string[]> {
  const attempts = await listAttempts(db, { limit: MANY, states: OPEN });
  return attempts.map((attempt) => attempt.id);
}

/**
 * Agent and rotator at work together: first every login is used once; then those never rotated become due; it ends when every
 * login was rotated and used after that. The agent has work all the time.
 */
export async function workThroughRotation(options: WorkSetting): Promise<WorkDone> {
  const { db, setting, supervisor, stops, progress, signal, apps } = options;
  const url = setting.adminUrl.value.reveal();
  const states = await openEndpointStates(url);
  stops.push('state reader', () => states.close());
  const stream = new TaskStream({ db, inFlight: setting.config.RCM_MAX_BROWSER_CONTEXTS * 2 * apps.agents });

  const processes: ManagedProcess[] = [];
  // Together: each may need its drain time.
  stops.push('agent and rotator', async () => void (await Promise.all(processes.map((managed) => managed.stop(STOP_APP_MS)))));
  const start = async (app: 'web-agent' | 'rotator', count: number): Promise<RunningApp> => {
    const [first, ...others] = Array.from({ length: count }, (_, index) => () => startApp(app, setting, supervisor, instanceName(app, index)));
    if (!first) throw new Error(`There is to be a ${app}.`);
    const running = await first();
    processes.push(running.process);
    for (const other of others) processes.push((await other()).process);
    return running;
  };
  const agent = await start('web-agent', apps.agents);
  // At once: nothing is due yet, but a login whose rotation a killed run left open serves no task until the rotator has gone on with it.
  const rotator = await start('rotator', apps.rotators);
  await requireOwnLogins(setting.adminUrl, ['web-agent', 'rotator']);
  progress.say('web-agent and rotator are up, each with its own login to Postgres');
  const work: WorkOptions = { states, stream, progress, signal, stillMs: STILL_MS };
  const done = async (): Promise<number> => (await states.read()).reduce((sum, state) => sum + state.done, 0);
  const [whole, before] = [measureMachine(), await done()];
  await workUntil(work, 'logins used by the agent', (state) => state.done > 0);

  const neverRotated = (await states.read()).filter((state) => !state.rotated).map((state) => state.id);
  if (neverRotated.length > 0) await setNextRotation(db, { endpointIds: neverRotated, at: 'now' });
  progress.say(`${neverRotated.length} logins are due for rotation now`);
  const rotating = measureMachine();
  await workUntil(work, 'passwords rotated', (state) => state.rotated);
  const rotationSeconds = rotating().seconds;
  await workUntil(work, 'logins used after their rotation', (state) => state.usedAfterRotation);
  await workOff(work, LAST_TASKS_MS);
  const measured = { ...whole(), tasks: (await done()) - before, rotationSeconds, rotations: neverRotated.length };
  const own = new Set((await states.read()).map(({ id }) => id));
  return {
    measured,
    apiUrl: agent.apiUrl,
    healthUrls: { agent: agent.healthUrl, rotator: rotator.healthUrl },
    // What somebody adds meanwhile is theirs to use.
    keepWorking: () => workOn({ states: only(states, own), stream: new TaskStream({ db, inFlight: 1 }), signal }),
  };
}

const only = (states: EndpointStates, ids: ReadonlySet<string>): Pick<EndpointStates, 'read'> => ({
  read: async () => (await states.read()).filter(({ id }) => ids.has(id)),
});
