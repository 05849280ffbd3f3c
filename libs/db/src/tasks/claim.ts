import type { Database } from '../database.ts';
import { checkMs, checkUuid, jsonText } from '../input.ts';
import { taskOf, type PortalTask } from './task.ts';

/**
 * Takes a task for `ttlMs`: a queued one whose time has come, or one whose worker let its claim run out. One statement on one row, so of
 * two workers one gets it. `null`: not to be had now.
 */
export async function claimPortalTask(
  db: Database,
  { taskId, orgId, worker, ttlMs }: { readonly taskId: string; readonly orgId: string; readonly worker: string; readonly ttlMs: number },
): Promise<PortalTask | null> {
  checkUuid('taskId', taskId);
  const ms = checkMs('ttlMs', ttlMs, 100);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const claimed = await tx.$executeRaw`
      UPDATE portal_task SET state = 'running', worker = ${worker}, claimed_until = clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000),
             tries = tries + 1, started_at = clock_timestamp()
       WHERE id = ${taskId}::uuid AND ((state = 'queued' AND not_before <= clock_timestamp()) OR (state = 'running' AND claimed_until <= clock_timestamp()))`;
    return claimed === 1 ? taskOf(await tx.portalTask.findUniqueOrThrow({ where: { id: taskId } })) : null;
  });
}

/** Lets a claim live `ttlMs` longer; `false`: it is no longer the worker's, the work must stop. */
export async function renewTaskClaim(
  db: Database,
  { taskId, orgId, worker, ttlMs }: { readonly taskId: string; readonly orgId: string; readonly worker: string; readonly ttlMs: number },
): Promise<boolean> {
  checkUuid('taskId', taskId);
  const ms = checkMs('ttlMs', ttlMs, 100);
  const renewed = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`
      UPDATE portal_task SET claimed_until = greatest(claimed_until, clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000))
       WHERE id = ${taskId}::uuid AND state = 'running' AND worker = ${worker}`,
  );
  return renewed === 1;
}

export type TaskEnd = { readonly taskId: string; readonly orgId: string; readonly worker: string } & (
  { readonly result: unknown } | { readonly errorCode: string; readonly message: string }
);

/** Ends a claimed task as succeeded or failed. `false`: the claim is no longer the worker's, the result is dropped. */
export async function finishPortalTask(db: Database, end: TaskEnd): Promise<boolean> {
  checkUuid('taskId', end.taskId);
  const failed = 'errorCode' in end;
  const result = failed ? null : jsonText('result', end.result ?? null);
  const [code, message] = failed ? [end.errorCode, end.message] : [null, null];
  const finished = await db.transaction(
    { tenant: end.orgId },
    (tx) => tx.$executeRaw`
      UPDATE portal_task SET state = ${failed ? 'failed' : 'succeeded'}, result = ${result}::jsonb, error_code = ${code}, error_message = ${message},
             claimed_until = NULL, finished_at = clock_timestamp()
       WHERE id = ${end.taskId}::uuid AND state = 'running' AND worker = ${end.worker}`,
  );
  return finished === 1;
}

/** A task of one organization; another's is `null`. */
export async function getPortalTask(db: Database, { orgId, taskId }: { readonly orgId: string; readonly taskId: string }): Promise<PortalTask | null> {
  checkUuid('taskId', taskId);
  const row = await db.transaction({ tenant: orgId }, (tx) => tx.portalTask.findFirst({ where: { id: taskId, orgId } }));
  return row && taskOf(row);
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
