import type { Database } from '../database.ts';
import { ASKER_AHEAD_MS } from '../enter-scope.ts';
import { RcmError } from '@rcm/telemetry';
import { type AdmissionOutcome, tellAdmission } from '../admission/outcome.ts';
import { writeNotification } from '../notifications/write.ts';
import { lockLoginOfAttempt } from '../identity.ts';
import { checkMs, timestamp } from '../input.ts';
import type { AttemptState, OpenState } from './attempt.ts';
import { LOOK_AGAIN_MS } from './looks.ts';
import { lockAttempt } from './open.ts';
import { isOpenState, mayAdvance, refuseStep } from './transitions.ts';

export interface Step {
  readonly attemptId: string;
  readonly orgId: string;
  /** The caller's; the attempt's must be the same. */
  readonly fence: bigint;
  readonly from: AttemptState;
}

export interface StepNotes {
  /** How long from now the browser may take to submit (milliseconds). Required for `submitting`. */
  readonly submitDeadlineMs?: number;
  readonly detail?: string;
  readonly failedSubmits?: number;
  /** By name, see `RotationAttempt`. */
  readonly found?: string;
  /** `null` takes an earlier one back. */
  readonly refusedRule?: string | null;
  readonly promotedVersion?: string;
  readonly previousVersion?: string;
}

/**
 * Moves an attempt one step: `UPDATE … WHERE state = from AND fence = mine`. `false` means that the attempt is not where the caller
 * thinks, or no longer the caller's: stop. With `submitDeadlineMs` only where the exclusive lease lives longer than that, so that
 * nobody else can hold the login while the change may still reach the portal. An attempt that comes to `submitting` without one (the portal
 * accepted another password, and then not) has nothing under way: its deadline is now.
 * Fails with `input_invalid` for a step that the journal does not have.
 */
export async function advanceAttempt(db: Database, step: Step & { readonly to: AttemptState; readonly set?: StepNotes }): Promise<boolean> {
  if (!mayAdvance(step.from, step.to)) refuseStep(step.from, step.to);
  const set = step.set ?? {};
  if (step.to === 'submitting' && step.from === 'staged' && set.submitDeadlineMs === undefined)
    throw new RcmError('input_invalid', 'submitting needs submitDeadlineMs.');
  const [setsRule, refusedRule] = [set.refusedRule !== undefined, set.refusedRule ?? null];
  const deadlineMs = set.submitDeadlineMs === undefined ? null : checkMs('submitDeadlineMs', set.submitDeadlineMs);
  return db.rawTransaction({ tenant: step.orgId }, async (tx) => {
    if (!(await lockLoginOfAttempt(tx, step.attemptId))) return false;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt a
         SET state = ${step.to}, updated_at = clock_timestamp(), asker_ahead_ms = ${ASKER_AHEAD_MS},
             submit_deadline_at = coalesce(clock_timestamp() + make_interval(secs => ${deadlineMs}::float8 / 1000), submit_deadline_at,
                                           CASE WHEN ${step.to === 'submitting'} THEN clock_timestamp() END),
             detail = coalesce(${set.detail ?? null}, detail), probes = coalesce(${set.failedSubmits ?? null}::int, probes), found = coalesce(${set.found ?? null}, found),
             refused_rule = CASE WHEN ${setsRule} THEN ${refusedRule} ELSE refused_rule END, held_since = CASE WHEN state = ${step.to} THEN held_since END,
             promoted_version = coalesce(${set.promotedVersion ?? null}, promoted_version), previous_version = coalesce(${set.previousVersion ?? null}, previous_version)
       WHERE a.id = ${step.attemptId}::uuid AND a.state = ${step.from} AND a.fence = ${step.fence}
         AND (${deadlineMs}::float8 IS NULL OR EXISTS (
               SELECT 1 FROM login_lease l WHERE l.login_identity = a.login_identity AND l.kind = 'exclusive' AND l.fence = a.fence
                  AND l.expires_at > clock_timestamp() + make_interval(secs => ${deadlineMs}::float8 / 1000)))`;
    return moved === 1;
  });
}

/**
 * How long an attempt waits: a duration from Postgres's now, one from the submit deadline where that is still to come, or a moment. Whoever
 * knows no moment from elsewhere (the ledger, the portal) gives a duration: its own clock may be wrong. A duration grows with the time for which
 * nothing has moved, to `growsToMs` (default an hour); a moment that is further away than an hour is waited for by looks at each hour, since a person
 * may have put another password or account into the secret meanwhile.
 */
export type Wait = { readonly untilMs: number; readonly growsToMs?: number | undefined } | { readonly afterSubmitMs: number } | { readonly until: Date };

/** What was waited for may have come long since, and only the next try shows it: an answer that was lost costs no more than this. */
const GROWS_TO_MS = 3_600_000;

/**
 * Sets an attempt aside until a moment; it stays open and remembers where it was. Waiting again moves the moment only. `outcome`: what the
 * portal type's admission learns of it, where it should not wait for this attempt.
 */
export async function waitAttempt(db: Database, step: Step & Wait & { readonly detail: string; readonly outcome?: AdmissionOutcome }): Promise<boolean> {
  if (!isOpenState(step.from) && step.from !== 'waiting') refuseStep(step.from, 'waiting');
  const ms = 'untilMs' in step ? checkMs('untilMs', step.untilMs) : null;
  const growsToMs = checkMs('growsToMs', ('untilMs' in step ? step.growsToMs : undefined) ?? GROWS_TO_MS);
  const submitMs = 'afterSubmitMs' in step ? checkMs('afterSubmitMs', step.afterSubmitMs) : null;
  const until = 'until' in step ? timestamp(step.until) : null;
  return db.transaction({ tenant: step.orgId }, async (tx) => {
    const seen = await lockAttempt(tx, step.attemptId);
    if (!seen) return false;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt SET waiting_from = CASE state WHEN 'waiting' THEN waiting_from ELSE state END, state = 'waiting', detail = ${step.detail}, updated_at = clock_timestamp(),
             held_since = coalesce(held_since, clock_timestamp()), asker_ahead_ms = ${ASKER_AHEAD_MS},
             waiting_until = CASE
               WHEN ${until}::timestamptz IS NOT NULL THEN least(${until}::timestamptz, clock_timestamp() + make_interval(secs => ${LOOK_AGAIN_MS}::float8 / 1000))
               WHEN ${submitMs}::float8 IS NOT NULL THEN greatest(submit_deadline_at - rcm_clock_shift(asker_ahead_ms), clock_timestamp()) + make_interval(secs => ${submitMs}::float8 / 1000)
               ELSE clock_timestamp() + greatest(make_interval(secs => ${ms}::float8 / 1000),
                      least(clock_timestamp() - coalesce(held_since, clock_timestamp()), make_interval(secs => ${growsToMs}::float8 / 1000))) END
       WHERE id = ${step.attemptId}::uuid AND state = ${step.from} AND fence = ${step.fence}`;
    if (moved === 1 && step.outcome !== undefined) await tellAdmission(tx, seen, step.outcome);
    return moved === 1;
  });
}

export interface Resumed {
  /** The state to go on from. */
  readonly state: OpenState;
  /** How long nothing has moved, in ms, by Postgres's clock. */
  readonly heldMs: number;
}

/** Ends a wait whose moment has come, by Postgres's clock and the asker's (docs/adr/0042). `null`: not waiting, not yet, or not the caller's. */
export async function resumeAttempt(
  db: Database,
  { attemptId, orgId, fence }: { readonly attemptId: string; readonly orgId: string; readonly fence: bigint },
): Promise<Resumed | null> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const seen = await lockAttempt(tx, attemptId);
    if (!seen) return null;
    const [resumed] = await tx.$queryRaw<{ heldMs: number }[]>`
      UPDATE rotation_attempt SET state = waiting_from, waiting_from = NULL, waiting_until = NULL, updated_at = clock_timestamp()
       WHERE id = ${attemptId}::uuid AND state = 'waiting' AND fence = ${fence} AND waiting_until - rcm_clock_shift(asker_ahead_ms) <= clock_timestamp()
      RETURNING coalesce(extract(epoch FROM clock_timestamp() - held_since) * 1000, 0)::float8 AS "heldMs"`;
    return resumed && seen.waitingFrom ? { state: seen.waitingFrom, heldMs: resumed.heldMs } : null;
  });
}

/**
 * Stops an attempt for a person to resolve, who is told: no lease is given for the login any more, and its endpoints say `failed`. After an hour a
 * rotator looks at it again, see `beginLook`.
 */
export async function blockAttempt(db: Database, step: Step & { readonly detail: string }): Promise<boolean> {
  if (!isOpenState(step.from) && step.from !== 'waiting') refuseStep(step.from, 'blocked');
  return db.transaction({ tenant: step.orgId }, async (tx) => {
    const seen = await lockAttempt(tx, step.attemptId);
    if (!seen) return false;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt SET waiting_from = CASE state WHEN 'waiting' THEN waiting_from ELSE state END, state = 'blocked', held_since = NULL, detail = ${step.detail}, updated_at = clock_timestamp(),
             waiting_until = clock_timestamp() + make_interval(secs => ${LOOK_AGAIN_MS}::float8 / 1000)
       WHERE id = ${step.attemptId}::uuid AND state = ${step.from} AND fence = ${step.fence}`;
    if (moved === 0) return false;
    await tx.$executeRaw`UPDATE integration_endpoint SET rotation_status = 'failed', updated_at = clock_timestamp() WHERE org_id = ${seen.orgId} AND secret_arn = ${seen.secretArn}`;
    await tellAdmission(tx, seen, 'failed');
    const { id: attemptId, orgId, endpointId, portalTypeCode } = seen;
    await writeNotification(tx, { kind: 'blocked', key: attemptId, orgId, endpointId, portalTypeCode, attemptId, detail: step.detail });
    return true;
  });
}
