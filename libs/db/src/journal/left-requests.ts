import { writeAuditEvent } from '../audit/record.ts';
import { byIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { checkLimit, checkMs, checkUuid } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';
import type { RequestKind } from './request.ts';

/** A request of which nothing was planned and which nobody has answered: its command ended before, or could not begin it yet. */
export interface LeftRequest {
  readonly requestId: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly kind: RequestKind;
  /** Since when, in ms, by Postgres's clock. */
  readonly ageMs: number;
}

/**
 * Requests without an attempt and without an answer that are older than `olderThanMs` and were not looked at for `pauseMs`: first those that nobody has looked at,
 * the oldest first, then the others in turn, so that what cannot begin yet holds up nobody else's. A command that is still at it is no harm: a request is begun once.
 */
export async function listLeftRequests(
  db: Database,
  asked: { readonly olderThanMs: number; readonly pauseMs: number; readonly limit: number },
): Promise<LeftRequest[]> {
  const [olderThanMs, pauseMs, limit] = [checkMs('olderThanMs', asked.olderThanMs), checkMs('pauseMs', asked.pauseMs), checkLimit(asked.limit)];
  return byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<LeftRequest[]>`
      SELECT r.id::text AS "requestId", r.org_id AS "orgId", r.endpoint_id AS "endpointId", r.kind,
             (extract(epoch FROM clock_timestamp() - r.requested_at) * 1000)::float8 AS "ageMs"
        FROM rotation_request r
       WHERE r.answered_at IS NULL AND r.requested_at < now() - make_interval(secs => ${olderThanMs}::float8 / 1000)
         AND (r.looked_at IS NULL OR r.looked_at < now() - make_interval(secs => ${pauseMs}::float8 / 1000))
         AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.request_id = r.id)
       ORDER BY r.looked_at NULLS FIRST, r.requested_at LIMIT ${limit}`,
  );
}

/** A request in the hands of whoever looks at it now. */
export interface LookedAt {
  /** A rotation that began after it was asked for has ended well. */
  readonly rotatedSince: boolean;
}

/**
 * Writes down, before it is tried, that a request is looked at now: where the process dies of it, or it cannot begin yet, the others come first. `null`: somebody
 * else has looked at it within `pauseMs`, or it is answered.
 */
export async function noteLookedAt(
  db: Database,
  { requestId, orgId, pauseMs }: Pick<LeftRequest, 'requestId' | 'orgId'> & { readonly pauseMs: number },
): Promise<LookedAt | null> {
  checkUuid('requestId', requestId);
  const ms = checkMs('pauseMs', pauseMs);
  const [looked] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<LookedAt[]>`
      UPDATE rotation_request r SET looked_at = clock_timestamp()
       WHERE r.id = ${requestId}::uuid AND r.org_id = ${orgId} AND r.answered_at IS NULL
         AND (r.looked_at IS NULL OR r.looked_at < now() - make_interval(secs => ${ms}::float8 / 1000))
      RETURNING EXISTS (SELECT FROM rotation_attempt a
                         WHERE a.org_id = r.org_id AND a.endpoint_id = r.endpoint_id AND a.state = 'done' AND a.created_at > r.requested_at) AS "rotatedSince"`,
  );
  return looked ?? null;
}

export interface RequestAnswer {
  readonly requestId: string;
  readonly orgId: string;
  /** How it went on, in one word of small letters. */
  readonly answer: string;
  /**
   * Where nobody has read it: why the request was not begun, and who says so. `audit`: whoever asked has what they wanted, so the trail alone says it; `people`: the channels are
   * told as well.
   */
  readonly tell?: { readonly actor: string; readonly endpointId: string; readonly reason: string; readonly where: 'audit' | 'people' };
}

/**
 * Writes down that a request was answered, once, with an audit event `rotation.not_started` where `tell` says so, and the notification `request_not_done` where people are to know.
 * `false`: it was answered already, or `tell` would say that it was not begun and a rotation was planned for it: whoever planned it may have lost its lease, and others go on.
 */
export async function answerRequest(db: Database, { requestId, orgId, answer, tell }: RequestAnswer): Promise<boolean> {
  checkUuid('requestId', requestId);
  return db.transaction({ tenant: orgId }, async (tx) => {
    const answered = await tx.$executeRaw`
      UPDATE rotation_request SET answered_at = clock_timestamp(), answer = ${answer}
       WHERE id = ${requestId}::uuid AND org_id = ${orgId} AND answered_at IS NULL
         AND (${tell === undefined} OR NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.request_id = ${requestId}::uuid))`;
    if (answered !== 1) return false;
    if (tell) await tellOf(tx, { requestId, orgId, answer, tell });
    return true;
  });
}

async function tellOf(tx: Transaction, { requestId, orgId, answer, tell }: Required<RequestAnswer>): Promise<void> {
  const { actor, endpointId, reason, where } = tell;
  await writeAuditEvent(tx, { orgId, actor, action: 'rotation.not_started', subject: endpointId, reason, details: { requestId, answer } });
  if (where === 'people') await writeNotification(tx, { kind: 'request_not_done', key: requestId, orgId, endpointId, detail: reason });
}
