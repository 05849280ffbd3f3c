import type { Transaction } from '../database.ts';
import type { Anchor } from './anchors.ts';
import type { TracedEvent, TracedRequest, TracedUse } from './traced.ts';

/** Uses and events of one chain at most; a task that comes back for days has many. */
const MOST = 500;

/** The audit trail's word goes before the row's: the row is deleted in its time. */
export async function requestOfTask(tx: Transaction, { id, orgId }: Anchor): Promise<TracedRequest> {
  const [event] = await tx.$queryRaw<{ by: string; issuer: string | null; at: Date; what: string | null; reason: string }[]>`
    SELECT actor AS by, details ->> 'issuer' AS issuer, at, details ->> 'task' AS what, reason FROM audit_event
     WHERE org_id = ${orgId} AND details ? 'taskId' AND details ->> 'taskId' = ${id} AND action = 'task.requested' ORDER BY seq LIMIT 1`;
  if (event) return { kind: 'task', id, ...event };
  const row = await tx.portalTask.findFirst({ where: { id, orgId }, select: { requestedBy: true, requestedIssuer: true, createdAt: true, name: true } });
  return {
    kind: 'task',
    id,
    by: row?.requestedBy ?? null,
    issuer: row?.requestedIssuer ?? null,
    at: row?.createdAt ?? null,
    what: row?.name ?? null,
    reason: null,
  };
}

export async function requestOfRotation(tx: Transaction, { id, orgId }: Anchor): Promise<TracedRequest> {
  const attempt = await tx.rotationAttempt.findFirst({ where: { id, orgId }, include: { request: true } });
  const due: TracedRequest = {
    kind: 'rotation',
    id: null,
    by: null,
    issuer: null,
    at: attempt?.createdAt ?? null,
    what: attempt?.reason ?? null,
    reason: null,
  };
  const asked = attempt?.request;
  return asked ? { ...due, id: asked.id, by: asked.actor, at: asked.requestedAt, reason: asked.reason } : due;
}

export function usesOf(tx: Transaction, { kind, id, orgId }: Anchor): Promise<TracedUse[]> {
  return tx.$queryRaw<TracedUse[]>`
    SELECT 'opened' AS session, a.id::text AS "loginAttemptId", a.lease_id::text AS "leaseId", a.process, a.version, a.started_at AS at, a.finished_at AS until, a.outcome
      FROM login_attempt a
     WHERE a.org_id = ${orgId} AND CASE ${kind} WHEN 'task' THEN a.task_id = ${id}::uuid WHEN 'rotation' THEN a.rotation_attempt_id = ${id}::uuid ELSE a.id = ${id}::uuid END
    UNION ALL
    SELECT 'kept', v.details ->> 'loginAttemptId', v.details ->> 'leaseId', v.details ->> 'process', v.details ->> 'version', v.at, NULL, NULL
      FROM audit_event v
     WHERE ${kind} = 'task' AND v.org_id = ${orgId} AND v.details ? 'taskId' AND v.details ->> 'taskId' = ${id} AND v.action = 'login.used' AND v.details ->> 'session' = 'kept'
     ORDER BY at LIMIT ${MOST}`;
}

/** Of a task by its id; of a rotation, and of a single login, what its endpoint's events name it by. */
export function eventsOf(tx: Transaction, { kind, id, orgId, endpointId }: Anchor, requestId: string | null): Promise<TracedEvent[]> {
  const ids = requestId === null ? [id] : [id, requestId];
  return tx.$queryRaw<TracedEvent[]>`
    SELECT seq, at, actor, action, subject, reason FROM (
      SELECT * FROM audit_event v WHERE ${kind} = 'task' AND v.org_id = ${orgId} AND v.details ? 'taskId' AND v.details ->> 'taskId' = ${id}
      UNION ALL
      SELECT * FROM audit_event v WHERE ${kind} <> 'task' AND v.org_id = ${orgId} AND v.subject = ${endpointId}
         AND (v.details ->> 'attemptId' = ANY (${ids}) OR v.details ->> 'rotationAttemptId' = ANY (${ids}) OR v.details ->> 'loginAttemptId' = ANY (${ids})
              OR v.details ->> 'requestId' = ANY (${ids}))
    ) found ORDER BY seq LIMIT ${MOST}`;
}
