import type { Database, Transaction } from '../database.ts';
import { timestamp } from '../input.ts';
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

/** The portal accepts the current password: the attempt ends as `abandoned` and its login is free. `false`: it is not blocked, or not the caller's. */
export async function resolveAsUnchanged(db: Database, resolution: Resolution & { readonly nextRotationAt: Date }): Promise<boolean> {
  return db.transaction({ tenant: resolution.orgId }, async (tx) => {
    const ended = await endBlocked(tx, resolution);
    if (!ended) return false;
    await tx.$executeRaw`
      UPDATE integration_endpoint SET rotation_status = 'active', next_rotation_at = ${timestamp(resolution.nextRotationAt)}::timestamptz, updated_at = clock_timestamp()
       WHERE org_id = ${ended.orgId} AND secret_arn = ${ended.secretArn}`;
    return true;
  });
}

export interface Successor {
  readonly attemptId: string;
  readonly reason: string;
  /** The store's current version, which the staged payload was made from. */
  readonly baseVersion: string;
}

/**
 * The portal accepts another password, which is staged under the successor's id: the blocked attempt ends, and its successor begins
 * where a rotation stands whose new password was proved: `verified`. One transaction, so the login is gated throughout, and
 * whoever comes next promotes it. `false` as above.
 */
export async function resolveBySuccessor(db: Database, resolution: Resolution & { readonly successor: Successor }): Promise<boolean> {
  const { successor, fence } = resolution;
  return db.transaction({ tenant: resolution.orgId }, async (tx) => {
    const ended = await endBlocked(tx, resolution);
    if (!ended) return false;
    await tx.rotationAttempt.create({
      data: {
        id: successor.attemptId,
        loginIdentity: ended.loginIdentity,
        orgId: ended.orgId,
        endpointId: ended.endpointId,
        portalTypeCode: ended.portalTypeCode,
        state: 'verified',
        fence,
        owner: ended.owner,
        reason: successor.reason,
        secretArn: ended.secretArn,
        baseVersion: successor.baseVersion,
        recipeHash: ended.recipeHash,
        journalVersion: JOURNAL_VERSION,
        detail: resolution.detail,
      },
    });
    await tx.$executeRaw`UPDATE integration_endpoint SET rotation_status = 'pending', updated_at = clock_timestamp() WHERE org_id = ${ended.orgId} AND secret_arn = ${ended.secretArn}`;
    return true;
  });
}

async function endBlocked(tx: Transaction, { attemptId, fence, detail }: Resolution): Promise<RotationAttempt | null> {
  const seen = await lockAttempt(tx, attemptId);
  if (!seen) return null;
  const ended = await tx.$executeRaw`
    UPDATE rotation_attempt SET state = 'abandoned', waiting_from = NULL, ended_at = clock_timestamp(), updated_at = clock_timestamp(), detail = ${detail}
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
