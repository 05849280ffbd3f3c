import { randomUUID } from 'node:crypto';
import { RcmError } from '@rcm/telemetry';
import { writeAuditEvent } from '../audit/record.ts';
import type { Database, Transaction } from '../database.ts';
import { checkId, checkMs, checkUuid, jsonText } from '../input.ts';
import { actorOf, issuerDetails, issuerOf, type Requester } from './requester.ts';

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
  readonly idempotencyKey?: string;
  /** When it fails if it has not ended. Default: a day. */
  readonly deadlineMs?: number;
  /** Refused where the organization has as many waiting already. Default: no bound. */
  readonly maxQueued?: number;
};

const DAY_MS = 86_400_000;

/**
 * Records a task with its audit event `task.requested` in one transaction; the row is its place in the queue. With a known
 * idempotency key it returns the task that is there, whose requester stays who asked first. Fails with `endpoint_unknown` where the organization has no such endpoint, and
 * `idempotency_conflict` where the key's task is another one, and `queue_full`.
 */
export async function createPortalTask(db: Database, task: NewPortalTask): Promise<{ readonly taskId: string; readonly created: boolean }> {
  checkId('orgId', task.orgId);
  const id = randomUUID();
  const [actor, issuer] = [actorOf(task.requester), issuerOf(task.requester)];
  const input = jsonText('input', task.input);
  const key = task.idempotencyKey ?? null;
  const [endpointId, portalTypeCode] = 'endpointId' in task ? [task.endpointId, null] : [null, task.portalTypeCode];
  const deadlineMs = checkMs('deadlineMs', task.deadlineMs ?? DAY_MS, 1);
  return db.transaction({ tenant: task.orgId }, async (tx) => {
    const endpoint = await tx.integrationEndpoint.findFirst({
      where: { orgId: task.orgId, ...(endpointId === null ? { portalTypeCode } : { id: endpointId }) },
      select: { id: true },
    });
    if (!endpoint) throw new RcmError('endpoint_unknown', `Organization ${task.orgId} has no endpoint ${endpointId ?? `at ${portalTypeCode}`}.`);
    if (task.maxQueued !== undefined) await checkRoom(tx, task.orgId, task.maxQueued, key);
    const inserted = await tx.$executeRaw`
      INSERT INTO portal_task (id, org_id, endpoint_id, portal_type_code, name, input, idempotency_key, deadline_at, requested_by, requested_issuer)
      VALUES (${id}::uuid, ${task.orgId}, ${endpointId}, ${portalTypeCode}, ${task.name}, ${input}::jsonb, ${key}, now() + make_interval(secs => ${deadlineMs}::float8 / 1000),
              ${actor}, ${issuer})
      ON CONFLICT ON CONSTRAINT portal_task_once DO NOTHING`;
    if (inserted === 0) {
      const [known] = await tx.$queryRaw<{ id: string; same: boolean }[]>`
        SELECT id, portal_type_code IS NOT DISTINCT FROM ${portalTypeCode} AND (portal_type_code IS NOT NULL OR endpoint_id = ${endpointId})
               AND deadline_at - created_at = make_interval(secs => ${deadlineMs}::float8 / 1000) AND name = ${task.name} AND input = ${input}::jsonb AS same
          FROM portal_task WHERE org_id = ${task.orgId} AND idempotency_key = ${key}`;
      if (!known?.same) throw new RcmError('idempotency_conflict', 'This idempotency key belongs to another task; use a new key for a new task.');
      return { taskId: known.id, created: false };
    }
    await writeAuditEvent(tx, {
      orgId: task.orgId,
      actor,
      action: 'task.requested',
      subject: id,
      reason: task.reason ?? 'asked for',
      details: { taskId: id, task: task.name, ...(endpointId === null ? { portalType: portalTypeCode } : { endpointId }), ...issuerDetails(task.requester) },
    });
    return { taskId: id, created: true };
  });
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
