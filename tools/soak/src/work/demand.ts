import { setNextRotation } from '@rcm/db/rotation';
import { createPortalTask } from '@rcm/db/tasks';
import type { TestEnvironment } from '@rcm/test-environment';
import { setTimeout as delay } from 'node:timers/promises';
import type { EndpointState, Tables } from './tables.ts';

export interface DemandOptions {
  readonly testEnvironment: TestEnvironment;
  readonly tables: Tables;
  /** Rotations due or under way at once, and tasks asked for and not finished. */
  readonly rotations: number;
  readonly tasks: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const LOOK_EVERY_MS = 500;
const FIRST_CLAIM = 1001;
const CLAIMS = 24;

/** Keeps rotators and agents busy: whoever was rotated least is due next, whoever was asked least is asked next. Ends with the signal. */
export async function keepDemand(options: DemandOptions): Promise<void> {
  const { tables, signal, say } = options;
  for (let round = 0; !signal.aborted; round += 1) {
    try {
      const states = await tables.states();
      await makeDue(options, states);
      await askTasks(options, states, round);
      if (round % 20 === 0) say(progress(states));
    } catch (error) {
      // Postgres is being restarted: that is what the soak is for.
      say(`the demand waits: ${(error as Error).message.split('\n')[0]}`);
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function makeDue({ testEnvironment, rotations }: DemandOptions, states: readonly EndpointState[]): Promise<void> {
  const room = rotations - states.filter((state) => state.isRotating).length;
  const next = states
    .filter((state) => !state.isRotating)
    .sort((a, b) => a.rotations - b.rotations)
    .slice(0, Math.max(0, room));
  if (next.length > 0) await setNextRotation(testEnvironment.db, { endpointIds: next.map(({ id }) => id), at: 'now' });
}

async function askTasks({ testEnvironment, tasks }: DemandOptions, states: readonly EndpointState[], round: number): Promise<void> {
  const room = tasks - states.filter((state) => state.hasOpenTask).length;
  const next = states
    .filter((state) => !state.hasOpenTask)
    .sort((a, b) => a.tasksDone - b.tasksDone)
    .slice(0, Math.max(0, room));
  for (const { id, orgId } of next) {
    await createPortalTask(testEnvironment.db, {
      orgId,
      endpointId: id,
      name: 'claim_status',
      input: { claim_number: `CLM-${FIRST_CLAIM + (round % CLAIMS)}` },
      requester: { kind: 'terminal', name: 'soak' },
    });
  }
}

function progress(states: readonly EndpointState[]): string {
  const total = (of: (state: EndpointState) => number): number => states.reduce((sum, state) => sum + of(state), 0);
  const least = (of: (state: EndpointState) => number): number => Math.min(...states.map(of));
  return `tasks ${total((s) => s.tasksDone)} (at least ${least((s) => s.tasksDone)} an endpoint), rotations ${total((s) => s.rotations)} (at least ${least((s) => s.rotations)})`;
}
