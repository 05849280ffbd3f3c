import { taskCounts } from '@rcm/db/tasks';
import type { FaultCounts } from './faults/trouble.ts';
import type { Tables } from './work/tables.ts';
import type { SoakEnvironment } from './environment/soak-environment.ts';

/** What a soak prints, and nothing else. */
export interface Figures {
  readonly tasksDone: number;
  readonly tasksFailedForCredentials: number;
  readonly rotations: number;
  /** Logins of which the portal accepts nothing that `acceptedFrom` finds in the store. */
  readonly lost: number;
  /** Logins of which the portal accepts a copy that the store holds, and not current: nothing is lost, and no task gets in. */
  readonly behind: number;
  /** Lockouts that the portals counted. */
  readonly locked: number;
  /** The longest time from asking for a task until it was done. */
  readonly longestWaitMs: number;
  /** Processes killed, and restarts of Postgres. */
  readonly restarts: number;
}

/** Where the store holds, for each login, what its portal accepts, by the portal's own word. */
export async function readHeld({ testEnvironment }: SoakEnvironment): Promise<ReadonlyMap<string, 'current' | 'copy' | 'none'>> {
  const held = new Map<string, 'current' | 'copy' | 'none'>();
  for (const { id } of testEnvironment.endpoints) held.set(id, await testEnvironment.acceptedFrom(id));
  return held;
}

/** The portal's own word on every login, and the tables' counts. */
export async function readFigures(
  soak: SoakEnvironment,
  tables: Tables,
  faults: FaultCounts,
  held: ReadonlyMap<string, 'current' | 'copy' | 'none'>,
): Promise<Figures> {
  const { testEnvironment } = soak;
  const [counts, states, longestWaitMs] = await Promise.all([taskCounts(testEnvironment.db), tables.states(), tables.longestWaitMs()]);
  let locked = 0;
  for (const { portal, username } of testEnvironment.endpoints) locked += (await testEnvironment.portals.account(portal, username)).accountsLocked;
  const logins = (where: 'copy' | 'none'): number => [...held.values()].filter((each) => each === where).length;
  return {
    tasksDone: counts.succeeded,
    tasksFailedForCredentials: counts.failedForCredentials,
    rotations: states.reduce((sum, state) => sum + state.rotations, 0),
    lost: logins('none'),
    behind: logins('copy'),
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
