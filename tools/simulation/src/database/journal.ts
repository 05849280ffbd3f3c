import { type AttemptState, LOOK_AGAIN_MS, mayAdvance, mayEnd, type OpenState, type RotationAttempt } from '@rcm/db/rotation';
import { tellAdmission } from './admission.ts';
import { lockedAttempt, noteEnd } from './attempts.ts';
import { shiftOf } from './budget.ts';
import type { ModelDatabase } from './model-database.ts';
import { checkMs, operation, refuse, sharing, writeNotification } from './operation.ts';
import { afterDone } from './schedule.ts';
import { wantSearch } from './searches.ts';

const HOUR_MS = 3_600_000;
const OPEN: ReadonlySet<string> = new Set(['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted']);

interface Step {
  readonly attemptId: string;
  readonly orgId: string;
  readonly fence: bigint;
  readonly from: AttemptState;
}

const refuseStep = (from: AttemptState, to: AttemptState): never => refuse('input_invalid', `A rotation attempt cannot go from ${from} to ${to}.`);

const isWhere = (attempt: RotationAttempt | null, { from, fence }: Step): attempt is RotationAttempt => attempt?.state === from && attempt.fence === fence;
const change = (db: ModelDatabase, id: string, to: Partial<RotationAttempt>): RotationAttempt => db.tables.attempts.change(id, { ...to, updatedAt: db.now });
/** A lease of another tenant is no lease: its row cannot be seen. */
function exclusiveLease({ tables, now }: ModelDatabase, { loginIdentity, orgId }: { readonly loginIdentity: string; readonly orgId: string }, fence: bigint) {
  return (
    tables.leases.of(loginIdentity).find((lease) => lease.kind === 'exclusive' && lease.orgId === orgId && lease.fence === fence && lease.expiresAt > now) ??
    null
  );
}

export const adoptAttempt = operation('adoptAttempt', (db, { attemptId, orgId, fence, owner }) => {
  const seen = lockedAttempt(db, { attemptId, orgId });
  if (!seen || seen.endedAt !== null || seen.fence > fence || (seen.fence === fence && seen.owner !== owner)) return null;
  return exclusiveLease(db, seen, fence) ? change(db, attemptId, { fence, owner }) : null;
});

export const advanceAttempt = operation('advanceAttempt', (db, step) => {
  const { from, to, set = {} } = step;
  if (!mayAdvance(from, to)) return refuseStep(from, to);
  if (to === 'submitting' && from === 'staged' && set.submitDeadlineMs === undefined) return refuse('input_invalid', 'submitting needs submitDeadlineMs.');
  const deadlineMs = set.submitDeadlineMs === undefined ? null : checkMs('submitDeadlineMs', set.submitDeadlineMs);
  const seen = lockedAttempt(db, step);
  if (!isWhere(seen, step)) return false;
  if (deadlineMs !== null && !((exclusiveLease(db, seen, seen.fence)?.expiresAt ?? db.now) > db.in(deadlineMs))) return false;
  db.tables.movers.put({ id: seen.id, askerAheadMs: db.askerAheadMs, endedNo: null });
  change(db, seen.id, {
    state: to,
    submitDeadlineAt: deadlineMs === null ? (seen.submitDeadlineAt ?? (to === 'submitting' ? db.now : null)) : db.in(deadlineMs),
    detail: set.detail ?? seen.detail,
    failedSubmits: set.failedSubmits ?? seen.failedSubmits,
    found: set.found ?? seen.found,
    refusedRule: set.refusedRule === undefined ? seen.refusedRule : set.refusedRule,
    heldSince: seen.state === to ? seen.heldSince : null,
    promotedVersion: set.promotedVersion ?? seen.promotedVersion,
    previousVersion: set.previousVersion ?? seen.previousVersion,
  });
  return true;
});

export const waitAttempt = operation('waitAttempt', (db, step) => {
  if (!OPEN.has(step.from) && step.from !== 'waiting') return refuseStep(step.from, 'waiting');
  const ms = 'untilMs' in step ? checkMs('untilMs', step.untilMs) : null;
  const growsToMs = checkMs('growsToMs', ('untilMs' in step ? step.growsToMs : undefined) ?? HOUR_MS);
  const submitMs = 'afterSubmitMs' in step ? checkMs('afterSubmitMs', step.afterSubmitMs) : null;
  const seen = lockedAttempt(db, step);
  if (!isWhere(seen, step)) return false;
  const heldSince = seen.heldSince ?? db.now;
  // The row's own column, as it was before: nothing has been held yet where it is empty.
  const heldMs = seen.heldSince === null ? 0 : db.now.getTime() - seen.heldSince.getTime();
  const until = (): Date => {
    if ('until' in step) return step.until < db.in(LOOK_AGAIN_MS) ? step.until : db.in(LOOK_AGAIN_MS);
    if (ms !== null) return db.in(Math.max(ms, Math.min(heldMs, growsToMs)));
    const deadline = seen.submitDeadlineAt === null ? 0 : seen.submitDeadlineAt.getTime() - shiftSince(db, seen.id);
    return new Date(Math.max(deadline, db.now.getTime()) + (submitMs ?? 0));
  };
  const waitingFrom = seen.state === 'waiting' ? seen.waitingFrom : (seen.state as OpenState);
  const waitingUntil = until();
  db.tables.movers.put({ id: seen.id, askerAheadMs: db.askerAheadMs, endedNo: null });
  change(db, seen.id, { state: 'waiting', waitingFrom, detail: step.detail, heldSince, waitingUntil });
  if (step.outcome !== undefined) tellAdmission(db, seen, step.outcome);
  return true;
});

/** As `rcm_clock_shift` of the attempt's row. */
const shiftSince = (db: ModelDatabase, attemptId: string): number => shiftOf(db, db.tables.movers.get(attemptId) ?? { askerAheadMs: null });

export const resumeAttempt = operation('resumeAttempt', (db, { attemptId, orgId, fence }) => {
  const seen = lockedAttempt(db, { attemptId, orgId });
  if (seen?.state !== 'waiting' || seen.fence !== fence || seen.waitingUntil === null || seen.waitingFrom === null) return null;
  if (seen.waitingUntil.getTime() - shiftSince(db, seen.id) > db.now.getTime()) return null;
  change(db, seen.id, { state: seen.waitingFrom, waitingFrom: null, waitingUntil: null });
  return { state: seen.waitingFrom, heldMs: seen.heldSince === null ? 0 : db.now.getTime() - seen.heldSince.getTime() };
});

export const blockAttempt = operation('blockAttempt', (db, step) => {
  if (!OPEN.has(step.from) && step.from !== 'waiting') return refuseStep(step.from, 'blocked');
  const seen = lockedAttempt(db, step);
  if (!isWhere(seen, step)) return false;
  const waitingFrom = seen.state === 'waiting' ? seen.waitingFrom : (seen.state as OpenState);
  change(db, seen.id, { state: 'blocked', waitingFrom, waitingUntil: db.in(LOOK_AGAIN_MS), heldSince: null, detail: step.detail });
  for (const { id } of sharing(db, seen)) db.tables.endpoints.change(id, { rotationStatus: 'failed' });
  tellAdmission(db, seen, 'failed');
  writeNotification(db, { kind: 'blocked', key: seen.id, endpointId: seen.endpointId, detail: step.detail });
  return true;
});

export const promoteAttempt = operation('promoteAttempt', (db, step) => {
  const { promotedVersion, previousVersion, fence } = step;
  const seen = lockedAttempt(db, step);
  if (!seen) return false;
  if (seen.state === 'promoted') return seen.fence === fence && seen.promotedVersion === promotedVersion;
  if (!isWhere(seen, { ...step, from: 'verified' })) return false;
  change(db, seen.id, { state: 'promoted', promotedVersion, previousVersion, heldSince: null });
  for (const { id } of sharing(db, seen)) db.tables.endpoints.change(id, { currentVersion: promotedVersion });
  const about = { key: seen.id, endpointId: seen.endpointId };
  if (previousVersion !== seen.baseVersion) writeNotification(db, { kind: 'left_previous', ...about });
  if (seen.found !== null && seen.found !== 'staged') writeNotification(db, { kind: 'found', ...about });
  return true;
});

export const finishAttempt = operation('finishAttempt', (db, step) => {
  if (!mayEnd(step.from, step.end)) return refuseStep(step.from, step.end);
  const dueAgainMs = step.dueAgainMs === undefined ? null : checkMs('dueAgainMs', step.dueAgainMs);
  const seen = lockedAttempt(db, step);
  if (!seen) return false;
  if (seen.state === step.end) return seen.fence === step.fence;
  if (!isWhere(seen, step)) return false;
  noteEnd(db, seen.id);
  change(db, seen.id, { state: step.end, endedAt: db.now, detail: step.detail ?? seen.detail });
  const isDone = step.end === 'done';
  for (const endpoint of sharing(db, seen)) {
    const later = dueAgainMs === null ? null : db.in(dueAgainMs);
    const next = isDone ? afterDone(db, endpoint) : { rotationNotBefore: later, nextRotationAt: later ?? endpoint.nextRotationAt };
    db.tables.endpoints.change(endpoint.id, { rotationStatus: 'active', ...next });
  }
  tellAdmission(db, seen, step.outcome ?? (isDone ? 'passed' : 'failed'));
  if (!isDone) writeNotification(db, { kind: 'failed', key: seen.endpointId, every: 'day', endpointId: seen.endpointId });
  if (step.wantsSearch && wasRefused(db, seen)) wantSearch(db, seen);
  return true;
});

/** Of what other organizations did nothing is seen. */
function wasRefused({ tables }: ModelDatabase, { id, orgId, loginIdentity }: RotationAttempt): boolean {
  const own = tables.logins.of(loginIdentity).filter((row) => row.orgId === orgId);
  return own.some(
    (row) =>
      row.rotationAttemptId === id &&
      (row.effect === 'suspect' || row.effect === 'bad') &&
      !own.some(({ proved, startedAt }) => proved && startedAt > row.startedAt),
  );
}
