import { byIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { COUNTED_AT_MOST } from '../fleet/overview.ts';
import { notifyCredentialChanged, NEXT_ROTATION } from '../endpoints/schedule.ts';
import { wantSearch } from '../endpoints/search.ts';
import { checkMs } from '../input.ts';
import { type AdmissionOutcome, tellAdmission } from '../admission/outcome.ts';
import { writeNotification } from '../notifications/write.ts';
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
      UPDATE rotation_attempt SET state = 'promoted', promoted_version = ${step.promotedVersion}, previous_version = ${step.previousVersion}, held_since = NULL,
             updated_at = clock_timestamp()
       WHERE id = ${step.attemptId}::uuid AND state = 'verified' AND fence = ${step.fence}`;
    if (moved === 0) return false;
    await tx.$executeRaw`
      UPDATE integration_endpoint SET current_version = ${step.promotedVersion}, updated_at = clock_timestamp()
       WHERE org_id = ${seen.orgId} AND secret_arn = ${seen.secretArn}`;
    // Where people come to rotate it, this is no change of theirs.
    await tx.$executeRaw`
      UPDATE manual_watch w SET known_version = ${step.promotedVersion} FROM integration_endpoint e
       WHERE e.org_id = ${seen.orgId} AND e.secret_arn = ${seen.secretArn} AND w.endpoint_id = e.id AND w.org_id = e.org_id`;
    await notifyCredentialChanged(tx, seen);
    if (step.previousVersion !== seen.baseVersion) await tellOfEdit(tx, seen, step.previousVersion);
    if (seen.found !== null && seen.found !== 'staged') await tellOfFound(tx, seen, seen.found);
    return true;
  });
}

function tellOfFound(tx: Transaction, { id: attemptId, orgId, endpointId, portalTypeCode }: RotationAttempt, found: string): Promise<void> {
  return writeNotification(tx, { kind: 'found', key: attemptId, orgId, endpointId, portalTypeCode, attemptId, detail: `it accepts ${found}` });
}

function tellOfEdit(tx: Transaction, { id: attemptId, orgId, endpointId, portalTypeCode }: RotationAttempt, version: string): Promise<void> {
  return writeNotification(tx, { kind: 'left_previous', key: attemptId, orgId, endpointId, portalTypeCode, attemptId, detail: `their version is ${version}` });
}

/**
 * Ends an attempt. `done`: its endpoints were rotated now, are `active`, and due again after their interval. `abandoned` (see the table for
 * what that promises): they are `active` again, and due again after `dueAgainMs` where that is given. `outcome` is what it means for the portal type;
 * default `passed` or `failed`. `wantsSearch`: it ends without having asked what the portal accepts, so a search is wanted where the portal refused a login of it.
 * A failure is told to people, once per login and day.
 * Repeating the same end is `true` again. Fails with `input_invalid` where the journal has no such end.
 */
export async function finishAttempt(
  db: Database,
  step: Step & {
    readonly end: 'done' | 'abandoned';
    readonly detail?: string;
    readonly dueAgainMs?: number;
    readonly outcome?: AdmissionOutcome;
    readonly wantsSearch?: boolean;
  },
): Promise<boolean> {
  if (!mayEnd(step.from, step.end)) refuseStep(step.from, step.end);
  const dueAgainMs = step.dueAgainMs === undefined ? null : checkMs('dueAgainMs', step.dueAgainMs);
  return db.transaction({ tenant: step.orgId }, async (tx) => {
    const seen = await lockAttempt(tx, step.attemptId);
    if (!seen) return false;
    if (seen.state === step.end) return seen.fence === step.fence;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt SET state = ${step.end}, ended_at = clock_timestamp(), ended_no = nextval('event_order'), updated_at = clock_timestamp(), detail = coalesce(${step.detail ?? null}, detail)
       WHERE id = ${step.attemptId}::uuid AND state = ${step.from} AND fence = ${step.fence}`;
    if (moved === 0) return false;
    const isDone = step.end === 'done';
    await tx.$executeRaw`
      UPDATE integration_endpoint e SET rotation_status = 'active', updated_at = clock_timestamp(),
             last_rotated_at = CASE WHEN ${isDone} THEN clock_timestamp() ELSE e.last_rotated_at END,
             rotation_not_before = CASE WHEN ${isDone} THEN NULL ELSE w.later END,
             next_rotation_at = CASE WHEN ${isDone} THEN ${NEXT_ROTATION} ELSE coalesce(w.later, e.next_rotation_at) END
        FROM portal_type p, (SELECT clock_timestamp() + make_interval(secs => ${dueAgainMs}::float8 / 1000) AS later) w
       WHERE p.code = e.portal_type_code AND e.org_id = ${seen.orgId} AND e.secret_arn = ${seen.secretArn}`;
    await tellAdmission(tx, seen, step.outcome ?? (isDone ? 'passed' : 'failed'));
    if (!isDone) {
      const { id: attemptId, orgId, endpointId, portalTypeCode } = seen;
      await writeNotification(tx, {
        kind: 'failed',
        key: endpointId,
        every: 'day',
        orgId,
        endpointId,
        portalTypeCode,
        attemptId,
        detail: step.detail ?? seen.detail,
      });
    }
    if (step.wantsSearch && (await wasRefused(tx, seen))) await wantSearch(tx, seen);
    return true;
  });
}

/** The portal refused a login of this attempt, and let nobody in since. */
async function wasRefused(tx: Transaction, { id, loginIdentity }: RotationAttempt): Promise<boolean> {
  const [refused] = await tx.$queryRaw<unknown[]>`
    SELECT FROM login_attempt r
     WHERE r.login_identity = ${loginIdentity} AND r.effect IN ('suspect', 'bad') AND r.rotation_attempt_id = ${id}::uuid
       AND NOT EXISTS (SELECT FROM login_attempt ok WHERE ok.login_identity = r.login_identity AND ok.proved AND ok.started_at > r.started_at) LIMIT 1`;
  return refused !== undefined;
}

export interface RotationCounts {
  readonly done: number;
  readonly abandoned: number;
  readonly blocked: number;
  /** Neither ended nor blocked. */
  readonly open: number;
}

/** What has ended was counted when it did; what is open is counted now, by index. */
export async function rotationCounts(db: Database): Promise<RotationCounts> {
  const [counts] = await byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<RotationCounts[]>`
      SELECT ended.*, open.* FROM
        (SELECT coalesce(sum(g.rotations_done), 0)::int AS done, coalesce(sum(g.rotations_abandoned), 0)::int AS abandoned FROM portal_gate g) ended,
        (SELECT (SELECT count(*)::int FROM (SELECT FROM rotation_attempt a WHERE a.ended_at IS NULL AND a.state = 'blocked' LIMIT ${COUNTED_AT_MOST}) b) AS blocked,
                (SELECT count(*)::int FROM (SELECT FROM rotation_attempt a WHERE a.ended_at IS NULL AND a.state <> 'blocked' LIMIT ${COUNTED_AT_MOST}) o) AS open) open`,
  );
  return counts ?? { done: 0, abandoned: 0, blocked: 0, open: 0 };
}
