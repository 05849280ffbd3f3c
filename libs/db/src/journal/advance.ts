import type { Database } from '../database.ts';
import { RcmError } from '@rcm/telemetry';
import { type GateOutcome, tellGate } from '../gate/outcome.ts';
import { writeNotice } from '../notices/write.ts';
import { checkMs, timestamp } from '../input.ts';
import type { AttemptState, OpenState } from './attempt.ts';
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
  readonly probes?: number;
  readonly guesses?: number;
  readonly promotedVersion?: string;
  readonly previousVersion?: string;
}

/**
 * Moves an attempt one step: `UPDATE … WHERE state = from AND fence = mine`. `false` means that the attempt is not where the caller
 * thinks, or no longer the caller's: stop. Into `submitting` only with more life in the exclusive lease than `submitDeadlineMs`, so that
 * nobody else can hold the login while the change may still reach the portal.
 * Fails with `input_invalid` for a step that the journal does not have.
 */
export async function advanceAttempt(db: Database, step: Step & { readonly to: AttemptState; readonly set?: StepNotes }): Promise<boolean> {
  if (!mayAdvance(step.from, step.to)) refuseStep(step.from, step.to);
  const set = step.set ?? {};
  if (step.to === 'submitting' && step.from !== 'submitting' && set.submitDeadlineMs === undefined)
    throw new RcmError('input_invalid', 'submitting needs submitDeadlineMs.');
  const deadlineMs = set.submitDeadlineMs === undefined ? null : checkMs('submitDeadlineMs', set.submitDeadlineMs);
  return db.transaction({ tenant: step.orgId }, async (tx) => {
    if (!(await lockAttempt(tx, step.attemptId))) return false;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt a
         SET state = ${step.to}, updated_at = clock_timestamp(),
             submit_deadline_at = coalesce(clock_timestamp() + make_interval(secs => ${deadlineMs}::float8 / 1000), submit_deadline_at),
             detail = coalesce(${set.detail ?? null}, detail), probes = coalesce(${set.probes ?? null}::int, probes), guesses = coalesce(${set.guesses ?? null}::int, guesses),
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
 * knows no moment from elsewhere (the ledger, the portal) gives a duration: its own clock may be wrong.
 */
export type Wait = { readonly untilMs: number } | { readonly afterSubmitMs: number } | { readonly until: Date };

/**
 * Sets an attempt aside until a moment; it stays open and remembers where it was. Waiting again moves the moment only. `outcome`: what the
 * portal type's gate learns of it, where it should not wait for this attempt.
 */
export async function waitAttempt(db: Database, step: Step & Wait & { readonly detail: string; readonly outcome?: GateOutcome }): Promise<boolean> {
  if (!isOpenState(step.from) && step.from !== 'waiting') refuseStep(step.from, 'waiting');
  const ms = 'untilMs' in step ? checkMs('untilMs', step.untilMs) : null;
  const submitMs = 'afterSubmitMs' in step ? checkMs('afterSubmitMs', step.afterSubmitMs) : null;
  const until = 'until' in step ? timestamp(step.until) : null;
  return db.transaction({ tenant: step.orgId }, async (tx) => {
    const seen = await lockAttempt(tx, step.attemptId);
    if (!seen) return false;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt SET waiting_from = CASE state WHEN 'waiting' THEN waiting_from ELSE state END, state = 'waiting', detail = ${step.detail}, updated_at = clock_timestamp(),
             waiting_until = coalesce(${until}::timestamptz, clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000),
                                      greatest(submit_deadline_at, clock_timestamp()) + make_interval(secs => ${submitMs}::float8 / 1000))
       WHERE id = ${step.attemptId}::uuid AND state = ${step.from} AND fence = ${step.fence}`;
    if (moved === 1 && step.outcome !== undefined) await tellGate(tx, seen, step.outcome);
    return moved === 1;
  });
}

/** Ends a wait whose moment has come; returns the state to go on from. `null`: not waiting, not yet, or not the caller's. */
export async function resumeAttempt(
  db: Database,
  { attemptId, orgId, fence }: { readonly attemptId: string; readonly orgId: string; readonly fence: bigint },
): Promise<OpenState | null> {
  return db.transaction({ tenant: orgId }, async (tx) => {
    const seen = await lockAttempt(tx, attemptId);
    if (!seen) return null;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt SET state = waiting_from, waiting_from = NULL, waiting_until = NULL, updated_at = clock_timestamp()
       WHERE id = ${attemptId}::uuid AND state = 'waiting' AND fence = ${fence} AND waiting_until <= clock_timestamp()`;
    return moved === 1 ? seen.waitingFrom : null;
  });
}

/** Stops an attempt for a person to resolve, who is told: no lease is given for the login any more, and its endpoints say `failed`. */
export async function blockAttempt(db: Database, step: Step & { readonly detail: string }): Promise<boolean> {
  if (!isOpenState(step.from) && step.from !== 'waiting') refuseStep(step.from, 'blocked');
  return db.transaction({ tenant: step.orgId }, async (tx) => {
    const seen = await lockAttempt(tx, step.attemptId);
    if (!seen) return false;
    const moved = await tx.$executeRaw`
      UPDATE rotation_attempt SET waiting_from = CASE state WHEN 'waiting' THEN waiting_from ELSE state END, state = 'blocked', waiting_until = NULL, detail = ${step.detail}, updated_at = clock_timestamp()
       WHERE id = ${step.attemptId}::uuid AND state = ${step.from} AND fence = ${step.fence}`;
    if (moved === 0) return false;
    await tx.$executeRaw`UPDATE integration_endpoint SET rotation_status = 'failed', updated_at = clock_timestamp() WHERE org_id = ${seen.orgId} AND secret_arn = ${seen.secretArn}`;
    await tellGate(tx, seen, 'failed');
    const { id: attemptId, orgId, endpointId, portalTypeCode } = seen;
    await writeNotice(tx, { kind: 'blocked', key: attemptId, orgId, endpointId, portalTypeCode, attemptId, detail: step.detail });
    return true;
  });
}
