import { taskCounts } from '@rcm/db';
import type { FaultCounts } from './faults/trouble.ts';
import type { Tables } from './work/tables.ts';
import type { SoakWorld } from './world/soak-world.ts';

/** What a soak prints, and nothing else. */
export interface Figures {
  readonly tasksDone: number;
  readonly tasksFailedForCredentials: number;
  readonly rotations: number;
  /** Logins of which the portal does not accept what the store holds. */
  readonly lost: number;
  /** Lockouts that the portals counted. */
  readonly locked: number;
  /** The longest time from asking for a task until it was done. */
  readonly longestWaitMs: number;
  /** Processes killed, and restarts of Postgres. */
  readonly restarts: number;
}

/** The portal's own word on every login, and the tables' counts. */
export async function readFigures({ world }: SoakWorld, tables: Tables, faults: FaultCounts): Promise<Figures> {
  const [counts, states, longestWaitMs] = await Promise.all([taskCounts(world.db), tables.states(), tables.longestWaitMs()]);
  let [lost, locked] = [0, 0];
  for (const { id, portal, username } of world.endpoints) {
    if (!(await world.portalAcceptsStore(id))) lost += 1;
    locked += (await world.portals.account(portal, username)).accountsLocked;
  }
  return {
    tasksDone: counts.succeeded,
    tasksFailedForCredentials: counts.failedForCredentials,
    rotations: states.reduce((sum, state) => sum + state.rotations, 0),
    lost,
    locked,
    longestWaitMs,
    restarts: faults['rotator killed'] + faults['agent killed'] + faults['postgres restarted'],
  };
}

/** What a soak of `minutes` must come to, for each endpoint and each kind of fault: ten minutes' targets in proportion, one at least. */
export function targetsOf(minutes: number): { readonly rotations: number; readonly tasks: number; readonly faults: number } {
  const share = (inTenMinutes: number): number => Math.max(1, Math.floor((inTenMinutes * minutes) / 10));
  return { rotations: share(2), tasks: share(10), faults: share(5) };
}
