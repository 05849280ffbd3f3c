import { RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { checkMs, checkUuid } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';
import { attemptOf, JOURNAL_VERSION, type RotationAttempt } from './attempt.ts';
import { lockAttempt } from './open.ts';

/** A blocked attempt that a person decides about, in the hands of whoever adopted it. */
export interface Resolution {
  readonly attemptId: string;
  readonly orgId: string;
  /** Of the exclusive lease under which the attempt was adopted. */
  readonly fence: bigint;
  /** Who decided what; kept in the journal. */
  readonly detail: string;
}

/**
 * The portal accepts the current password: the attempt ends as `abandoned` and its login is free. `tells`: where no person did this, those who were told that they
 * must decide are told that it is over. `false`: it is not blocked, or not the caller's.
 */
export async function resolveAsUnchanged(db: Database, resolution: Resolution & { readonly dueAgainMs: number; readonly tells?: 'people' }): Promise<boolean> {
  const dueAgainMs = checkMs('dueAgainMs', resolution.dueAgainMs);
  return db.transaction({ tenant: resolution.orgId }, async (tx) => {
    const ended = await endBlocked(tx, resolution);
    if (!ended) return false;
    await tx.$executeRaw`
      UPDATE integration_endpoint SET rotation_status = 'active', next_rotation_at = w.at, rotation_not_before = w.at, updated_at = clock_timestamp()
        FROM (SELECT clock_timestamp() + make_interval(secs => ${dueAgainMs}::float8 / 1000) AS at) w
       WHERE org_id = ${ended.orgId} AND secret_arn = ${ended.secretArn}`;
    const { id: attemptId, orgId, endpointId, portalTypeCode } = ended;
    if (resolution.tells)
      await writeNotification(tx, { kind: 'unblocked', key: attemptId, orgId, endpointId, portalTypeCode, attemptId, detail: resolution.detail });
    return true;
  });
}

export interface Successor {
  readonly attemptId: string;
  /** The store's current version, which the staged payload was made from. */
  readonly baseVersion: string;
}

/**
 * Writes down that a password is about to be staged under the successor's id, before it is: a copy that the journal does not know means
 * a restored database, and lets the login cool down for a lockout window. Until the password is proved the successor is an attempt
 * that sent nothing and ended; its copy is kept and removed like any other. `false` as above.
 */
export async function announceSuccessor(db: Database, resolution: Resolution & { readonly successor: Successor }): Promise<boolean> {
  const { successor, attemptId, fence } = resolution;
  return db.transaction({ tenant: resolution.orgId }, async (tx) => {
    const blocked = await lockAttempt(tx, attemptId);
    if (blocked?.state !== 'blocked' || blocked.fence !== fence) return false;
    await tx.$executeRaw`
      INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash,
                                    journal_version, detail, created_at, updated_at, ended_at, ended_no)
      SELECT ${successor.attemptId}::uuid, b.login_identity, b.org_id, b.endpoint_id, b.portal_type_code, 'abandoned', b.fence, b.owner, 'resolve', b.secret_arn,
             ${successor.baseVersion}, b.recipe_hash, ${JOURNAL_VERSION}, ${NOT_PROVED}, now.at, now.at, now.at, nextval('event_order')
        FROM rotation_attempt b, (SELECT clock_timestamp() AS at) now WHERE b.id = ${attemptId}::uuid`;
    return true;
  });
}

const NOT_PROVED = 'a person named this password; the portal has not been seen to accept it';

/**
 * The portal accepts the password that is staged under the announced successor's id: the blocked attempt ends, and its successor goes on
 * where a rotation stands whose new password was proved: `verified`. One transaction, so the login is gated throughout, and
 * whoever comes next promotes it. `false` as above; fails with `state_conflict` where the successor was
 * not announced.
 */
export async function resolveBySuccessor(db: Database, resolution: Resolution & { readonly successorId: string }): Promise<boolean> {
  const { successorId, fence, detail } = resolution;
  checkUuid('successorId', successorId);
  return db.transaction({ tenant: resolution.orgId }, async (tx) => {
    const ended = await endBlocked(tx, resolution);
    if (!ended) return false;
    const begun = await tx.$executeRaw`
      UPDATE rotation_attempt SET state = 'verified', ended_at = NULL, fence = ${fence}, owner = ${ended.owner}, detail = ${detail}, updated_at = clock_timestamp()
       WHERE id = ${successorId}::uuid AND login_identity = ${ended.loginIdentity} AND state = 'abandoned' AND submit_deadline_at IS NULL AND promoted_version IS NULL
         AND copy_removed_at IS NULL`;
    // Thrown, so that the block stays: nothing else would hold the login.
    if (begun === 0) throw new RcmError('state_conflict', 'The journal does not know the attempt that is to follow the blocked one. Nothing was changed.');
    await tx.$executeRaw`UPDATE integration_endpoint SET rotation_status = 'pending', updated_at = clock_timestamp() WHERE org_id = ${ended.orgId} AND secret_arn = ${ended.secretArn}`;
    return true;
  });
}

/**
 * The portal was seen to accept a stored password that is not current, named as the journal names it: the attempt goes on as one whose password was proved,
 * and whoever comes next makes it current. `false` as above.
 */
export async function resolveAsFound(db: Database, { attemptId, orgId, fence, detail, found }: Resolution & { readonly found: string }): Promise<boolean> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const seen = await lockAttempt(tx, attemptId);
    if (!seen) return false;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt SET state = 'verified', waiting_from = NULL, waiting_until = NULL, found = ${found}, detail = ${detail}, updated_at = clock_timestamp()
       WHERE id = ${attemptId}::uuid AND state = 'blocked' AND fence = ${fence}`;
    if (moved === 0) return false;
    await tx.$executeRaw`UPDATE integration_endpoint SET rotation_status = 'pending', updated_at = clock_timestamp() WHERE org_id = ${seen.orgId} AND secret_arn = ${seen.secretArn}`;
    return true;
  });
}

async function endBlocked(tx: Transaction, { attemptId, fence, detail }: Resolution): Promise<RotationAttempt | null> {
  const seen = await lockAttempt(tx, attemptId);
  if (!seen) return null;
  const ended = await tx.$executeRaw`
    UPDATE rotation_attempt SET state = 'abandoned', waiting_from = NULL, waiting_until = NULL, ended_at = clock_timestamp(), ended_no = nextval('event_order'), updated_at = clock_timestamp(), detail = ${detail}
     WHERE id = ${attemptId}::uuid AND state = 'blocked' AND fence = ${fence}`;
  return ended === 1 ? seen : null;
}

/** The rotation that made a version current, as the journal has it; `null`: the journal knows none. */
export async function rotationTo(
  db: Database,
  { orgId, endpointId, version }: { readonly orgId: string; readonly endpointId: string; readonly version: string },
): Promise<RotationAttempt | null> {
  const row = await db.transaction({ tenant: orgId }, (tx) =>
    tx.rotationAttempt.findFirst({ where: { orgId, endpointId, promotedVersion: version, state: 'done' }, orderBy: { createdAt: 'desc' } }),
  );
  return row && attemptOf(row);
}
