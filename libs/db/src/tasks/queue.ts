import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database, Transaction } from '../database.ts';
import type { PortalTask as Row } from '../generated/client.ts';
import { checkId, checkMs, checkUuid } from '../input.ts';
import { newId } from '../new-id.ts';
import { actorOf, issuerDetails, issuerOf, type Requester } from './requester.ts';
import { openTask, type Sealed, withSealed } from './sealed.ts';

/** An account by its endpoint, or a portal whose accounts the organization has as a pool. */
export type TaskPlace = { readonly endpointId: string } | { readonly portalTypeCode: string };

export type NewPortalTask = TaskPlace & {
  readonly orgId: string;
  readonly name: string;
  readonly input: Readonly<Record<string, string>>;
  readonly requester: Requester;
  /** Why, for the audit trail. Default: that it was asked for. Never what the inputs say. */
  readonly reason?: string;
  /** The same key of the same organization names the same task; asking for something else under it is an error. */
  readonly idempotencyKey?: string | undefined;
  /** When it fails if it has not ended. Default: a day. */
  readonly deadlineMs?: number;
  /** Which of the organization's callbacks is told of its end. Default: none. */
  readonly callback?: string | undefined;
  /** Refused where the organization has as many waiting already. Default: no bound. */
  readonly maxQueued?: number;
};

const DAY_MS = 86_400_000;

/**
 * Records a task, its input sealed, with its audit event `task.requested` in one transaction; the row is its place in the queue. With a known
 * idempotency key it returns the task that is there, whose requester stays who asked first. Fails with `endpoint_unknown` where the organization has no such endpoint, and
 * `idempotency_conflict` where the key's task is another one, `queue_full`, and `data_key_unavailable` where the input cannot be sealed now.
 */
export async function createPortalTask(db: Database, task: NewPortalTask): Promise<{ readonly taskId: string; readonly created: boolean }> {
  checkId('orgId', task.orgId);
  if (task.callback !== undefined) checkId('callback', task.callback);
  const wanted = { ...task, taskId: newId(), deadlineMs: checkMs('deadlineMs', task.deadlineMs ?? DAY_MS, 1) };
  await checkEndpoint(db, task);
  const known = await withSealed(db, { orgId: task.orgId, taskId: wanted.taskId, field: 'input' }, task.input, (input) => insert(db, wanted, input));
  if (known === null) return { taskId: wanted.taskId, created: true };
  // Inputs are compared where they are open: a digest that lasts would tell whoever reads the database which tasks ask the same.
  const same = known.same && sameInput((await openTask(db, known.row)).input, task.input);
  if (!same) throw new RcmError('idempotency_conflict', 'This idempotency key belongs to another task; use a new key for a new task.');
  return { taskId: known.row.id, created: false };
}

const placeOf = (task: TaskPlace) =>
  'endpointId' in task ? { endpointId: task.endpointId, portalTypeCode: null } : { endpointId: null, portalTypeCode: task.portalTypeCode };

async function checkEndpoint(db: Database, task: NewPortalTask): Promise<void> {
  const { endpointId, portalTypeCode } = placeOf(task);
  const endpoint = await db.transaction({ tenant: task.orgId }, (tx) =>
    tx.integrationEndpoint.findFirst({
      where: { orgId: task.orgId, ...(endpointId === null ? { portalTypeCode: portalTypeCode ?? '', retiredAt: null } : { id: endpointId }) },
      select: { retiredAt: true },
    }),
  );
  if (endpoint?.retiredAt) throw new RcmError('endpoint_retired', `Endpoint ${endpointId} is retired: its organization uses the login no more.`);
  if (!endpoint) throw new RcmError('endpoint_unknown', `Organization ${task.orgId} has no endpoint ${endpointId ?? `at ${portalTypeCode}`}.`);
}

type Wanted = NewPortalTask & { readonly taskId: string; readonly deadlineMs: number };

/** `null`: it is there now. Else the task that has its key, and whether all but the input is the same. */
function insert(db: Database, task: Wanted, input: Sealed): Promise<{ readonly row: Row; readonly same: boolean } | null> {
  const { orgId, taskId, name, deadlineMs } = task;
  const { endpointId, portalTypeCode } = placeOf(task);
  const key = task.idempotencyKey ?? null;
  const callback = task.callback ?? null;
  const [actor, issuer] = [actorOf(task.requester), issuerOf(task.requester)];
  return db.transaction({ tenant: orgId }, async (tx) => {
    if (task.maxQueued !== undefined) await checkRoom(tx, orgId, task.maxQueued, key);
    const inserted = await tx.$executeRaw`
      INSERT INTO portal_task (id, org_id, endpoint_id, portal_type_code, name, input_sealed, input_key_id, idempotency_key, deadline_at, requested_by, requested_issuer, callback)
      VALUES (${taskId}::uuid, ${orgId}, ${endpointId}, ${portalTypeCode}, ${name}, ${input.bytes}, ${input.keyId}::uuid, ${key}, now() + make_interval(secs => ${deadlineMs}::float8 / 1000),
              ${actor}, ${issuer}, ${callback})
      ON CONFLICT ON CONSTRAINT portal_task_once DO NOTHING`;
    if (inserted > 0) {
      await recordRequest(tx, task, actor);
      return null;
    }
    const [known] = await tx.$queryRaw<{ id: string; same: boolean }[]>`
      SELECT id, portal_type_code IS NOT DISTINCT FROM ${portalTypeCode} AND (portal_type_code IS NOT NULL OR endpoint_id = ${endpointId})
             AND deadline_at - created_at = make_interval(secs => ${deadlineMs}::float8 / 1000) AND name = ${name} AND callback IS NOT DISTINCT FROM ${callback} AS same
        FROM portal_task WHERE org_id = ${orgId} AND idempotency_key = ${key}`;
    const row = known && (await tx.portalTask.findUnique({ where: { id: known.id } }));
    // It may be deleted between the two: asking again then makes a new one.
    if (!row) throw new RcmError('database_unavailable', 'The task with this idempotency key was just deleted; ask again.');
    return { row, same: known.same };
  });
}

function recordRequest(tx: Transaction, task: Wanted, actor: string): Promise<void> {
  const { endpointId, portalTypeCode } = placeOf(task);
  return writeAuditEvent(tx, {
    orgId: task.orgId,
    actor,
    action: 'task.requested',
    subject: task.taskId,
    reason: task.reason ?? 'asked for',
    details: {
      taskId: task.taskId,
      task: task.name,
      ...(endpointId === null ? { portalType: portalTypeCode } : { endpointId }),
      ...issuerDetails(task.requester),
    },
  });
}

/** The same names with the same texts, in any order. */
function sameInput(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && one[name] === other[name]);
}

/** A task that is known by its key is answered for whatever waits. Two at the same moment may both find the last place. */
async function checkRoom(tx: Transaction, orgId: string, maxQueued: number, key: string | null): Promise<void> {
  const [found] = await tx.$queryRaw<{ waiting: number; known: boolean }[]>`
    SELECT (SELECT count(*)::int FROM portal_task WHERE org_id = ${orgId} AND state = 'queued') AS waiting,
           EXISTS (SELECT FROM portal_task WHERE org_id = ${orgId} AND idempotency_key = ${key}) AS known`;
  if (found && !found.known && found.waiting >= maxQueued)
    throw new RcmError('queue_full', `The organization has ${found.waiting} tasks waiting already; ask again when some of them are done.`);
}

export interface Requeue {
  readonly taskId: string;
  readonly orgId: string;
  /** The claim's. */
  readonly worker: string;
  readonly delayMs: number;
  /** Shown to people; names what was in the way. */
  readonly reason: string;
  /** `false` where the task itself was not tried (the login was in use). */
  readonly countsAsTry: boolean;
}

/** Hands a claimed task back, to be done later. `false`: the claim is no longer the worker's. */
export async function requeuePortalTask(db: Database, { taskId, orgId, worker, delayMs, reason, countsAsTry }: Requeue): Promise<boolean> {
  checkUuid('taskId', taskId);
  const ms = checkMs('delayMs', delayMs);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const requeued = await tx.$executeRaw`
      UPDATE portal_task SET state = 'queued', worker = NULL, claimed_until = NULL, requeues = requeues + 1, requeue_reason = ${reason},
             tries = greatest(0, tries - ${countsAsTry ? 0 : 1}::int), not_before = clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)
       WHERE id = ${taskId}::uuid AND state = 'running' AND worker = ${worker}`;
    return requeued === 1;
  });
}
