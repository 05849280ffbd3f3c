import { type AttemptState, JOURNAL_VERSION, LOOK_AGAIN_MS, mayAdvance, mayEnd, type OpenState, type RotationAttempt } from '@rcm/db/rotation';
import { refuseStart, tellAdmission } from './admission.ts';
import type { ModelDatabase } from './model-database.ts';
import { checkMs, endpointOf, identityNamed, identityOf, operation, refuse, sharing, writeNotification } from './operation.ts';
import { afterDone } from './schedule.ts';

const HOUR_MS = 3_600_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const OPEN: ReadonlySet<string> = new Set(['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted']);

interface Step {
  readonly attemptId: string;
  readonly orgId: string;
  readonly fence: bigint;
  readonly from: AttemptState;
}

const refuseStep = (from: AttemptState, to: AttemptState): never => refuse('input_invalid', `A rotation attempt cannot go from ${from} to ${to}.`);

/** The organization's attempt; another's is not there. */
export function attemptOf({ tables }: ModelDatabase, { attemptId, orgId }: { readonly attemptId: string; readonly orgId: string }): RotationAttempt | null {
  const attempt = tables.attempts.get(attemptId);
  return attempt?.orgId === orgId ? attempt : null;
}

/** As libs/db locks it, by its login. Fails with `state_conflict` where the organization has the login no more. */
export function lockedAttempt(db: ModelDatabase, asked: { readonly attemptId: string; readonly orgId: string }): RotationAttempt | null {
  const attempt = attemptOf(db, asked);
  if (attempt) identityNamed(db, asked.orgId, attempt.loginIdentity);
  return attempt;
}

const isWhere = (attempt: RotationAttempt | null, { from, fence }: Step): attempt is RotationAttempt => attempt?.state === from && attempt.fence === fence;
const change = (db: ModelDatabase, id: string, to: Partial<RotationAttempt>): RotationAttempt => db.tables.attempts.change(id, { ...to, updatedAt: db.now });
const openOf = ({ tables }: ModelDatabase, identity: string): RotationAttempt | null =>
  tables.attempts.of(identity).find(({ endedAt }) => endedAt === null) ?? null;

/** A lease of another tenant is no lease: its row cannot be seen. */
function exclusiveLease({ tables, now }: ModelDatabase, { loginIdentity, orgId }: { readonly loginIdentity: string; readonly orgId: string }, fence: bigint) {
  return (
    tables.leases.of(loginIdentity).find((lease) => lease.kind === 'exclusive' && lease.orgId === orgId && lease.fence === fence && lease.expiresAt > now) ??
    null
  );
}

const ASKED_FOR: ReadonlySet<string> = new Set(['demand', 'compromise', 'rollback']);

/** As in libs/db/src/journal/request.ts. */
function requestOf(
  { tables }: ModelDatabase,
  {
    orgId,
    endpointId,
    reason,
    requestId,
  }: { readonly orgId: string; readonly endpointId: string; readonly reason: string; readonly requestId?: string | undefined },
) {
  if (!ASKED_FOR.has(reason)) return { requestId: null, chosenVersion: null };
  const row = requestId === undefined ? null : tables.requests.get(requestId);
  if (row?.orgId !== orgId || row.endpointId !== endpointId || row.kind !== reason) return refuse('rotation_refused', 'Nobody has asked for this rotation.');
  if (tables.attempts.all().some((attempt) => attempt.requestId === row.id)) return refuse('rotation_refused', 'This request was begun already.');
  return { requestId: row.id, chosenVersion: row.chosenVersion };
}

export const planRotation = operation('planRotation', (db, plan) => {
  const identity = identityOf(db, plan);
  const lease = db.tables.leases.get(plan.leaseId);
  if (lease?.loginIdentity !== identity.id || lease.kind !== 'exclusive' || lease.fence !== plan.fence || lease.expiresAt <= db.now)
    return refuse('lease_lost', 'A rotation is planned only under the live exclusive lease of its login.');
  const open = openOf(db, identity.id);
  if (open?.orgId === plan.orgId) {
    const isOwn = open.id === plan.attemptId && open.fence === plan.fence && open.state === 'planned';
    return isOwn ? { created: true as const, attempt: open } : { created: false as const, open };
  }
  if (open) return refuse('state_conflict', 'Another organization is rotating this login.');
  const endpoint = endpointOf(db, plan) ?? refuse('endpoint_unknown', 'There is no such endpoint.');
  if (endpoint.secretArn === null || endpoint.currentVersion !== plan.baseVersion) return { created: false as const, open: null };
  const { requestId, chosenVersion } = requestOf(db, plan);
  const refusal = refuseStart(db, { ...plan, portalTypeCode: endpoint.portalTypeCode }, plan.rules ?? null);
  if (refusal) return { created: false as const, open: null, refusal };
  const { attemptId, orgId, endpointId, fence, owner, reason, baseVersion, recipeHash } = plan;
  const attempt = db.tables.attempts.put({
    ...{
      id: attemptId,
      loginIdentity: identity.id,
      orgId,
      endpointId,
      portalTypeCode: endpoint.portalTypeCode,
      state: 'planned',
      waitingFrom: null,
      waitingUntil: null,
    },
    ...{
      fence,
      owner,
      reason,
      secretArn: endpoint.secretArn,
      baseVersion,
      promotedVersion: null,
      previousVersion: null,
      recipeHash,
      journalVersion: JOURNAL_VERSION,
    },
    ...{
      submitDeadlineAt: null,
      probes: 0,
      found: null,
      refusedRule: null,
      heldSince: null,
      detail: null,
      chosenVersion,
      requestId,
      createdAt: db.now,
      updatedAt: db.now,
    },
    ...{ endedAt: null, copyRemovedAt: null },
  });
  for (const { id } of sharing(db, endpoint)) db.tables.endpoints.change(id, { rotationStatus: 'pending' });
  return { created: true as const, attempt };
});

export const getOpenAttempt = operation('getOpenAttempt', (db, { orgId, loginIdentity }) => {
  const open = openOf(db, loginIdentity);
  return open?.orgId === orgId ? open : null;
});

export const getAttempt = operation('getAttempt', (db, { attemptId }) => db.tables.attempts.get(attemptId));

const byAge = (a: RotationAttempt, b: RotationAttempt): number => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);

export const listOpenAttempts = operation('listOpenAttempts', (db, { ownerGone = false, limit, after = null }) => {
  const isFree = (attempt: RotationAttempt): boolean =>
    attempt.state !== 'blocked' &&
    (attempt.state !== 'waiting' || (attempt.waitingUntil !== null && attempt.waitingUntil <= db.now)) &&
    !db.tables.leases.of(attempt.loginIdentity).some((lease) => lease.kind === 'exclusive' && lease.expiresAt > db.now);
  const at = ({ state, waitingUntil, createdAt }: RotationAttempt): number =>
    (ownerGone && state === 'waiting' ? (waitingUntil ?? createdAt) : createdAt).getTime();
  const inOrder = (a: RotationAttempt, b: RotationAttempt): number => at(a) - at(b) || (a.id < b.id ? -1 : 1);
  const last = after === null ? null : db.tables.attempts.get(after);
  return db.tables.attempts
    .all()
    .filter((attempt) => attempt.endedAt === null && (!ownerGone || isFree(attempt)) && (last === null || inOrder(last, attempt) < 0))
    .sort(inOrder)
    .slice(0, limit);
});

const isLongWait = (db: ModelDatabase, { endedAt, state, waitingFrom, waitingUntil }: RotationAttempt): boolean =>
  endedAt === null && state === 'waiting' && waitingFrom === 'staged' && waitingUntil !== null && waitingUntil > db.in(LOOK_AGAIN_MS);

export const listLongWaits = operation('listLongWaits', (db, { limit, after = null }) => {
  const last = after === null ? null : db.tables.attempts.get(after);
  return db.tables.attempts
    .all()
    .filter((attempt) => isLongWait(db, attempt) && (last === null || byAge(last, attempt) < 0))
    .sort(byAge)
    .slice(0, limit)
    .map(({ id, orgId, endpointId, secretArn, baseVersion }) => ({ id, orgId, endpointId, secretArn, baseVersion }));
});

export const endLongWait = operation('endLongWait', (db, { attemptId, orgId }) => {
  const attempt = db.tables.attempts.get(attemptId);
  if (attempt?.orgId !== orgId || !isLongWait(db, attempt)) return false;
  db.tables.attempts.change(attemptId, { waitingUntil: db.now });
  return true;
});

export const listAttempts = operation('listAttempts', (db, { limit, states }) =>
  db.tables.attempts
    .all()
    .filter(({ state }) => states === undefined || states.includes(state))
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? -1 : 1))
    .slice(0, limit),
);

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
  change(db, seen.id, {
    state: to,
    submitDeadlineAt: deadlineMs === null ? (seen.submitDeadlineAt ?? (to === 'submitting' ? db.now : null)) : db.in(deadlineMs),
    detail: set.detail ?? seen.detail,
    probes: set.probes ?? seen.probes,
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
    const from = seen.submitDeadlineAt && seen.submitDeadlineAt > db.now ? seen.submitDeadlineAt : db.now;
    return new Date(from.getTime() + (submitMs ?? 0));
  };
  const waitingFrom = seen.state === 'waiting' ? seen.waitingFrom : (seen.state as OpenState);
  change(db, seen.id, { state: 'waiting', waitingFrom, detail: step.detail, heldSince, waitingUntil: until() });
  if (step.outcome !== undefined) tellAdmission(db, seen, step.outcome);
  return true;
});

export const resumeAttempt = operation('resumeAttempt', (db, { attemptId, orgId, fence }) => {
  const seen = lockedAttempt(db, { attemptId, orgId });
  if (seen?.state !== 'waiting' || seen.fence !== fence || seen.waitingUntil === null || seen.waitingUntil > db.now || seen.waitingFrom === null) return null;
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
  change(db, seen.id, { state: step.end, endedAt: db.now, detail: step.detail ?? seen.detail });
  const isDone = step.end === 'done';
  for (const endpoint of sharing(db, seen)) {
    const later = dueAgainMs === null ? null : db.in(dueAgainMs);
    const next = isDone ? afterDone(db, endpoint) : { rotationNotBefore: later, nextRotationAt: later ?? endpoint.nextRotationAt };
    db.tables.endpoints.change(endpoint.id, { rotationStatus: 'active', ...next });
  }
  tellAdmission(db, seen, step.outcome ?? (isDone ? 'passed' : 'failed'));
  if (!isDone) writeNotification(db, { kind: 'failed', key: seen.endpointId, every: 'day', endpointId: seen.endpointId });
  return true;
});

export const keptLength = operation('keptLength', (db, { portalTypeCode }) => {
  const kept = db.tables.attempts
    .all()
    .filter((attempt) => attempt.portalTypeCode === portalTypeCode && attempt.promotedVersion !== null)
    .flatMap(({ found }) => /\/([0-9]+)$/.exec(found ?? '')?.[1] ?? []);
  return kept.length === 0 ? null : Math.min(...kept.map(Number));
});

export const knowsRotation = operation('knowsRotation', (db, { orgId, attemptId }) => {
  if (!UUID.test(attemptId)) return true;
  const attempt = attemptOf(db, { attemptId, orgId });
  return attempt !== null && (attempt.promotedVersion !== null || attempt.endedAt !== null);
});

export const outrunCopy = operation('outrunCopy', (db, { orgId, loginIdentity, attemptId }) => {
  const mine = attemptOf(db, { attemptId, orgId });
  if (mine?.loginIdentity !== loginIdentity || mine.endedAt === null) return null;
  const ended = ({ endedAt }: RotationAttempt): number => endedAt?.getTime() ?? 0;
  const [newest] = db.tables.attempts
    .of(loginIdentity)
    .filter((later) => later.id !== mine.id && later.orgId === orgId && later.promotedVersion !== null && ended(later) > ended(mine))
    .sort((a, b) => ended(b) - ended(a));
  if (!newest?.promotedVersion) return null;
  return { newest: { attemptId: newest.id, version: newest.promotedVersion }, openedVersion: mine.promotedVersion };
});
