import { hasCode, isRcmError, systemClock } from '@rcm/telemetry';
import type { Database, RawTransaction } from '../database.ts';
import { enterScope } from '../enter-scope.ts';
import type { PortalTask as Row } from '../generated/client.ts';
import { checkMs, checkUuid } from '../input.ts';
import { requeuePortalTask } from './queue.ts';
import { takenRow } from './row.ts';
import { openTask, type Sealed, withSealed } from './sealed.ts';
import type { ClaimedTask, PortalTask } from './task.ts';

export interface Claim {
  /** Name of the process, on the claim. */
  readonly worker: string;
  /** How long the claim lives without being renewed. */
  readonly ttlMs: number;
}

/**
 * Takes a task whose time and turn have come: a queued one, or one whose worker let its claim run out. `null`: not to be had now, because
 * it is in other hands or because its account or portal has no session left.
 */
export async function claimPortalTask(
  db: Database,
  { taskId, orgId, worker, ttlMs }: Claim & { readonly taskId: string; readonly orgId: string },
): Promise<ClaimedTask | null> {
  checkUuid('taskId', taskId);
  const ms = checkMs('ttlMs', ttlMs, 100);
  const row = await db.rawTransaction({ tenant: orgId }, async (tx) => {
    const [taken] = await tx.$queryRaw<{ taskId: string }[]>`
      SELECT task_id::text AS "taskId" FROM rcm_take_task(${worker}, make_interval(secs => ${ms}::float8 / 1000), ${taskId}::uuid, ${orgId}::text)`;
    return taken ? takenRow(tx, taken.taskId) : null;
  });
  return row && asClaimed(db, row, worker);
}

/** How often a hand that met another at everything there is asks again at once, and the longest pause before it does, in ms. */
const MEETINGS = { most: 20, pauseMs: 10 } as const;

/**
 * Takes the task whose turn it is, of any tenant: tenants take turns however much each has queued, accounts and portals get no more
 * sessions than their portal type allows, over all processes, and a pool lends its least used account that is well. `null`: there is none.
 */
export async function claimNextPortalTask(db: Database, { worker, ttlMs }: Claim): Promise<ClaimedTask | null> {
  const ms = checkMs('ttlMs', ttlMs, 100);
  for (let asked = 1; ; asked += 1) {
    const { row, again } = await db.rawTransaction('no tenant', (tx) => takeNext(tx, worker, ms));
    if (row) return asClaimed(db, row, worker);
    if (!again || asked === MEETINGS.most) return null;
    // Nobody waits in the database for another's transaction: so many hands would be idle connections there.
    await systemClock.sleep(1 + Math.random() * MEETINGS.pauseMs);
  }
}

/** The next task's row; of its own tenant, whose rows the rest of the transaction sees. One that cannot be read is not taken. */
async function takeNext(tx: RawTransaction, worker: string, ms: number): Promise<{ readonly row: Row | null; readonly again: boolean }> {
  const [next] = await tx.$queryRaw<{ taskId: string | null; orgId: string | null; again: boolean }[]>`
    SELECT task_id::text AS "taskId", org_id AS "orgId", again FROM rcm_next_task(${worker}, make_interval(secs => ${ms}::float8 / 1000))`;
  if (!next || next.taskId === null || next.orgId === null) return { row: null, again: next?.again ?? false };
  await enterScope(tx, { tenant: next.orgId });
  return { row: await takenRow(tx, next.taskId), again: false };
}

/** Whether a task may be there to be taken now. Only a look, cheap whatever waits, so that a web-agent with nothing to do may ask often. */
export async function portalTaskWaits(db: Database): Promise<boolean> {
  const [row] = await db.rawTransaction('no tenant', (tx) => tx.$queryRaw<{ waits: boolean }[]>`SELECT rcm_task_waits() AS waits`);
  return row?.waits ?? false;
}

async function asClaimed(db: Database, row: Row, worker: string): Promise<ClaimedTask | null> {
  if (row.endpointId === null) return null;
  return { ...(await openClaimed(db, row, worker)), endpointId: row.endpointId };
}

/** How long a task cools down whose input cannot be opened now. */
const NO_KEY_PAUSE_MS = 5_000;

/**
 * A task whose input cannot be opened now goes back without a try being spent: KMS being away for an hour must not use up the tries of all
 * that waits. One that never opens has failed.
 */
async function openClaimed(db: Database, row: Row, worker: string): Promise<PortalTask> {
  try {
    return await openTask(db, row);
  } catch (error) {
    const mine = { taskId: row.id, orgId: row.orgId, worker };
    if (hasCode(error, 'task_data_unreadable'))
      await finishPortalTask(db, { ...mine, errorCode: error.code, message: 'The input of the task cannot be read any more.' });
    else
      await requeuePortalTask(db, { ...mine, delayMs: NO_KEY_PAUSE_MS, reason: isRcmError(error) ? error.code : 'data_key_unavailable', countsAsTry: false });
    throw error;
  }
}

/**
 * Lets a claim live `ttlMs` longer; `false`: it is no longer the worker's, the work must stop. One that ran out is nobody's, also where
 * nobody has taken the task since: its account's session, and its place at the portal, may have gone to another task.
 */
export async function renewTaskClaim(
  db: Database,
  { taskId, orgId, worker, ttlMs }: { readonly taskId: string; readonly orgId: string; readonly worker: string; readonly ttlMs: number },
): Promise<boolean> {
  checkUuid('taskId', taskId);
  const ms = checkMs('ttlMs', ttlMs, 100);
  const renewed = await db.rawTransaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`
      UPDATE portal_task SET claimed_until = greatest(claimed_until, clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000))
       WHERE id = ${taskId}::uuid AND state = 'running' AND worker = ${worker} AND claimed_until > clock_timestamp()`,
  );
  return renewed === 1;
}

export type TaskEnd = { readonly taskId: string; readonly orgId: string; readonly worker: string } & (
  { readonly result: unknown } | { readonly errorCode: string; readonly message: string }
);

/**
 * Ends a claimed task as succeeded or failed. `false`: the claim is no longer the worker's, the result is dropped. A result that cannot be
 * sealed is not written: fails with `data_key_unavailable`, and the task stays taken until its claim runs out.
 */
export async function finishPortalTask(db: Database, end: TaskEnd): Promise<boolean> {
  checkUuid('taskId', end.taskId);
  if ('errorCode' in end) return writeEnd(db, end, null);
  return withSealed(db, { orgId: end.orgId, taskId: end.taskId, field: 'result' }, end.result ?? null, (result) => writeEnd(db, end, result));
}

async function writeEnd(db: Database, end: TaskEnd, result: Sealed | null): Promise<boolean> {
  const [code, message] = 'errorCode' in end ? [end.errorCode, end.message] : [null, null];
  const finished = await db.rawTransaction(
    { tenant: end.orgId },
    (tx) => tx.$executeRaw`
      UPDATE portal_task SET state = ${result ? 'succeeded' : 'failed'}, result_sealed = ${result?.bytes ?? null}, result_key_id = ${result?.keyId ?? null}::uuid,
             error_code = ${code}, error_message = ${message}, claimed_until = NULL, finished_at = clock_timestamp()
       WHERE id = ${end.taskId}::uuid AND state = 'running' AND worker = ${end.worker}`,
  );
  return finished === 1;
}

/** A task of one organization; another's is `null`. */
export async function getPortalTask(db: Database, { orgId, taskId }: { readonly orgId: string; readonly taskId: string }): Promise<PortalTask | null> {
  checkUuid('taskId', taskId);
  const row = await db.transaction({ tenant: orgId }, (tx) => tx.portalTask.findFirst({ where: { id: taskId, orgId } }));
  return row && openTask(db, row);
}

export interface TaskCounts {
  readonly queued: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Failed with a code of a login (`login_…`). */
  readonly failedForCredentials: number;
  /** Finished, and a rotation attempt of any login was open meanwhile. */
  readonly duringRotation: number;
}

export async function taskCounts(db: Database): Promise<TaskCounts> {
  const rows = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<TaskCounts[]>`
      SELECT (count(*) FILTER (WHERE state = 'queued'))::int AS queued, (count(*) FILTER (WHERE state = 'running'))::int AS running,
             (count(*) FILTER (WHERE state = 'succeeded'))::int AS succeeded, (count(*) FILTER (WHERE state = 'failed'))::int AS failed,
             (count(*) FILTER (WHERE state = 'failed' AND error_code LIKE 'login\\_%'))::int AS "failedForCredentials",
             (count(*) FILTER (WHERE finished_at IS NOT NULL AND EXISTS (
                SELECT 1 FROM rotation_attempt a WHERE a.created_at <= t.finished_at AND coalesce(a.ended_at, 'infinity') >= t.started_at)))::int AS "duringRotation"
        FROM portal_task t`,
  );
  return rows[0] ?? { queued: 0, running: 0, succeeded: 0, failed: 0, failedForCredentials: 0, duringRotation: 0 };
}
