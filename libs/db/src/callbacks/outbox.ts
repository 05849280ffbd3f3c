import type { Database } from '../database.ts';
import { checkMs, checkUuid } from '../input.ts';
import type { ClaimedCallback, EndedTask } from './callback.ts';

/** Whether a callback may be there to be sent now. Only a look, cheap whatever waits. */
export async function callbackWaits(db: Database): Promise<boolean> {
  const [row] = await db.transaction('no tenant', (tx) => tx.$queryRaw<{ waits: boolean }[]>`SELECT rcm_callback_waits() AS waits`);
  return row?.waits ?? false;
}

/**
 * Takes the callback whose turn it is, of any tenant: receivers take turns, and one that has failed cools down. Nobody else gets it until `ttlMs` is over, which must be
 * longer than a delivery takes: a sender that dies gives it back by that. So it is sent at least once. `null`: there is none to be had now.
 */
export async function claimNextCallback(db: Database, { ttlMs }: { readonly ttlMs: number }): Promise<ClaimedCallback | null> {
  const ms = checkMs('ttlMs', ttlMs, 1_000);
  const [taken] = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<Omit<ClaimedCallback, 'task'>[]>`
      SELECT task_id::text AS "taskId", org_id AS "orgId", name, try AS tries, age_seconds * 1000 AS "ageMs" FROM rcm_next_callback(make_interval(secs => ${ms}::float8 / 1000))`,
  );
  if (!taken) return null;
  const [task] = await db.transaction(
    { tenant: taken.orgId },
    (tx) => tx.$queryRaw<EndedTask[]>`
      SELECT name, endpoint_id AS "endpointId", portal_type_code AS "portalTypeCode", state, error_code AS "errorCode", created_at AS "createdAt", started_at AS "startedAt",
             finished_at AS "finishedAt" FROM portal_task WHERE id = ${taken.taskId}::uuid AND finished_at IS NOT NULL`,
  );
  // Kept no longer: its callback went with it.
  return task ? { ...taken, task } : null;
}

export type CallbackTry = Pick<ClaimedCallback, 'taskId' | 'orgId' | 'tries'> &
  (
    | { readonly taken: true }
    | {
        /** A word, and the status that the receiver gave. */
        readonly failure: string;
        /** `null`: it is not tried again. */
        readonly retryMs: number | null;
      }
  );

/** Writes down what became of a try, and lets its receiver cool down where it failed. `false`: it was over already, or somebody else has begun another try. Safe to repeat. */
export async function endCallbackTry(db: Database, ended: CallbackTry): Promise<boolean> {
  checkUuid('taskId', ended.taskId);
  const failure = 'failure' in ended ? ended.failure : null;
  const retryMs = 'failure' in ended && ended.retryMs !== null ? checkMs('retryMs', ended.retryMs) : null;
  const [row] = await db.transaction(
    { tenant: ended.orgId },
    (tx) => tx.$queryRaw<{ written: boolean }[]>`
      SELECT rcm_end_callback_try(${ended.taskId}::uuid, ${ended.tries}::int, ${failure}::text, make_interval(secs => ${retryMs}::float8 / 1000)) AS written`,
  );
  return row?.written ?? false;
}
