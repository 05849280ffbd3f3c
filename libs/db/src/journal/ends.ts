import type { Database, Transaction } from '../database.ts';
import { notifyCredentialChanged, NEXT_ROTATION } from '../endpoints/schedule.ts';
import { checkUuid, timestamp } from '../input.ts';
import { type GateOutcome, tellGate } from '../gate/outcome.ts';
import { writeNotice } from '../notices/write.ts';
import type { Step } from './advance.ts';
import type { RotationAttempt } from './attempt.ts';
import { lockAttempt } from './open.ts';
import { mayEnd, refuseStep } from './transitions.ts';

/**
 * `verified → promoted`, together with the new `current_version` of every endpoint of the organization that uses the secret, and
 * the notification: one transaction, so no reader is ever given a lease that names a version between the two. A previous version that
 * is not the one the attempt was planned on is a person's edit, and people are told of it. Repeating it with the same version is
 * `true` again; any other mismatch is `false`: stop.
 */
export async function promoteAttempt(
  db: Database,
  step: { readonly attemptId: string; readonly orgId: string; readonly fence: bigint; readonly promotedVersion: string; readonly previousVersion: string },
): Promise<boolean> {
  return db.transaction({ tenant: step.orgId }, async (tx) => {
    const seen = await lockAttempt(tx, step.attemptId);
    if (!seen) return false;
    if (seen.state === 'promoted') return seen.fence === step.fence && seen.promotedVersion === step.promotedVersion;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt SET state = 'promoted', promoted_version = ${step.promotedVersion}, previous_version = ${step.previousVersion}, updated_at = clock_timestamp()
       WHERE id = ${step.attemptId}::uuid AND state = 'verified' AND fence = ${step.fence}`;
    if (moved === 0) return false;
    await tx.$executeRaw`
      UPDATE integration_endpoint SET current_version = ${step.promotedVersion}, updated_at = clock_timestamp()
       WHERE org_id = ${seen.orgId} AND secret_arn = ${seen.secretArn}`;
    await notifyCredentialChanged(tx, seen);
    if (step.previousVersion !== seen.baseVersion) await tellOfEdit(tx, seen, step.previousVersion);
    return true;
  });
}

function tellOfEdit(tx: Transaction, { id: attemptId, orgId, endpointId, portalTypeCode }: RotationAttempt, version: string): Promise<void> {
  return writeNotice(tx, { kind: 'left_previous', key: attemptId, orgId, endpointId, portalTypeCode, attemptId, detail: `their version is ${version}` });
}

/**
 * Ends an attempt. `done`: its endpoints were rotated now, are `active`, and due again at `nextRotationAt` or after their interval.
 * `abandoned` (the portal is unchanged): they are `active` again and keep their due date unless one is given, so give one.
 * `madeCurrent`: the copy of an older attempt has become current in the store; the rows follow in the same transaction.
 * `outcome` is what it means for the portal type; default `passed` or `failed`. A failure is told to people, once per login and day.
 * Repeating the same end is `true` again. Fails with `input_invalid` where the journal has no such end.
 */
export async function finishAttempt(
  db: Database,
  step: Step & {
    readonly end: 'done' | 'abandoned';
    readonly detail?: string;
    readonly nextRotationAt?: Date;
    readonly outcome?: GateOutcome;
    readonly madeCurrent?: OlderCopy;
  },
): Promise<boolean> {
  if (!mayEnd(step.from, step.end)) refuseStep(step.from, step.end);
  const next = step.nextRotationAt ? timestamp(step.nextRotationAt) : null;
  return db.transaction({ tenant: step.orgId }, async (tx) => {
    const seen = await lockAttempt(tx, step.attemptId);
    if (!seen) return false;
    if (seen.state === step.end) return seen.fence === step.fence;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt SET state = ${step.end}, ended_at = clock_timestamp(), updated_at = clock_timestamp(), detail = coalesce(${step.detail ?? null}, detail)
       WHERE id = ${step.attemptId}::uuid AND state = ${step.from} AND fence = ${step.fence}`;
    if (moved === 0) return false;
    const isDone = step.end === 'done';
    await tx.$executeRaw`
      UPDATE integration_endpoint e SET rotation_status = 'active', updated_at = clock_timestamp(),
             last_rotated_at = CASE WHEN ${isDone} THEN clock_timestamp() ELSE e.last_rotated_at END,
             rotation_not_before = CASE WHEN ${isDone} THEN NULL ELSE ${next}::timestamptz END,
             next_rotation_at = coalesce(${next}::timestamptz, CASE WHEN ${isDone} THEN ${NEXT_ROTATION} ELSE e.next_rotation_at END)
        FROM portal_type p WHERE p.code = e.portal_type_code AND e.org_id = ${seen.orgId} AND e.secret_arn = ${seen.secretArn}`;
    if (step.madeCurrent) await followOlderCopy(tx, seen, step.madeCurrent);
    await tellGate(tx, seen, step.outcome ?? (isDone ? 'passed' : 'failed'));
    if (!isDone) {
      const { id: attemptId, orgId, endpointId, portalTypeCode } = seen;
      await writeNotice(tx, {
        kind: 'failed',
        key: `${endpointId}:${new Date().toISOString().slice(0, 10)}`,
        orgId,
        endpointId,
        portalTypeCode,
        attemptId,
        detail: step.detail ?? seen.detail,
      });
    }
    return true;
  });
}

export interface OlderCopy {
  /** The attempt that had left it. */
  readonly attemptId: string;
  /** The store's version that it became. */
  readonly version: string;
}

/** Its attempt counts as promoted from here on, so its acceptance is remembered and nobody takes it for a rotation that the journal has forgotten. */
async function followOlderCopy(tx: Transaction, { loginIdentity, orgId, secretArn }: RotationAttempt, { attemptId, version }: OlderCopy): Promise<void> {
  checkUuid('attemptId', attemptId);
  await tx.$executeRaw`
    UPDATE rotation_attempt SET promoted_version = ${version}, updated_at = clock_timestamp()
     WHERE id = ${attemptId}::uuid AND login_identity = ${loginIdentity} AND state = 'abandoned'`;
  await tx.$executeRaw`
    UPDATE integration_endpoint SET current_version = ${version}, updated_at = clock_timestamp() WHERE org_id = ${orgId} AND secret_arn = ${secretArn}`;
  await notifyCredentialChanged(tx, { orgId, secretArn });
}

export interface RotationCounts {
  readonly done: number;
  readonly abandoned: number;
  readonly blocked: number;
  /** Neither ended nor blocked. */
  readonly open: number;
}

export async function rotationCounts(db: Database): Promise<RotationCounts> {
  const groups = await db.transaction('every tenant', (tx) => tx.rotationAttempt.groupBy({ by: ['state'], _count: true }));
  const count = (state: string): number => groups.find((group) => group.state === state)?._count ?? 0;
  const [done, abandoned, blocked] = [count('done'), count('abandoned'), count('blocked')];
  const all = groups.reduce((sum, group) => sum + group._count, 0);
  return { done, abandoned, blocked, open: all - done - abandoned - blocked };
}
