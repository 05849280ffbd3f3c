import { LOOK_AGAIN_MS, type RotationAttempt } from '@rcm/db/rotation';
import { UNSENT, attemptOf, lockedAttempt, noteEnd } from './attempts.ts';
import type { ModelDatabase } from './model-database.ts';
import { checkMs, operation, refuse, sharing, writeNotification } from './operation.ts';

const NOT_PROVED = 'a person named this password; the portal has not been seen to accept it';

export const resolveAsUnchanged = operation('resolveAsUnchanged', (db, resolution) => {
  const at = db.in(checkMs('dueAgainMs', resolution.dueAgainMs));
  const ended = endBlocked(db, resolution);
  if (!ended) return false;
  for (const { id } of sharing(db, ended)) db.tables.endpoints.change(id, { rotationStatus: 'active', nextRotationAt: at, rotationNotBefore: at });
  if (resolution.tells) writeNotification(db, { kind: 'unblocked', key: ended.id, endpointId: ended.endpointId, detail: resolution.detail });
  return true;
});

export const announceSuccessor = operation('announceSuccessor', (db, resolution) => {
  const blocked = lockedAttempt(db, resolution);
  if (blocked?.state !== 'blocked' || blocked.fence !== resolution.fence) return false;
  const { attemptId, baseVersion } = resolution.successor;
  if (db.tables.attempts.get(attemptId)) return refuse('state_conflict', 'A row like this is already there.');
  db.tables.attempts.put({
    ...blocked,
    ...UNSENT,
    ...{ id: attemptId, state: 'abandoned', reason: 'resolve', baseVersion, detail: NOT_PROVED, chosenVersion: null, requestId: null },
    ...{ createdAt: db.now, updatedAt: db.now, endedAt: db.now },
  });
  noteEnd(db, attemptId);
  return true;
});

export const resolveBySuccessor = operation('resolveBySuccessor', (db, resolution) => {
  const ended = endBlocked(db, resolution);
  if (!ended) return false;
  const { successorId, fence, detail } = resolution;
  const next = attemptOf(db, { attemptId: successorId, orgId: ended.orgId });
  const isAnnounced =
    next?.loginIdentity === ended.loginIdentity &&
    next.state === 'abandoned' &&
    next.submitDeadlineAt === null &&
    next.promotedVersion === null &&
    next.copyRemovedAt === null;
  if (!isAnnounced) return refuse('state_conflict', 'The journal does not know the attempt that is to follow the blocked one.');
  db.tables.attempts.change(successorId, { state: 'verified', endedAt: null, fence, owner: ended.owner, detail, updatedAt: db.now });
  for (const { id } of sharing(db, ended)) db.tables.endpoints.change(id, { rotationStatus: 'pending' });
  return true;
});

export const resolveAsFound = operation('resolveAsFound', (db, resolution) => {
  const { fence, detail, found } = resolution;
  const seen = lockedAttempt(db, resolution);
  if (seen?.state !== 'blocked' || seen.fence !== fence) return false;
  db.tables.attempts.change(seen.id, { state: 'verified', waitingFrom: null, waitingUntil: null, found, detail, updatedAt: db.now });
  for (const { id } of sharing(db, seen)) db.tables.endpoints.change(id, { rotationStatus: 'pending' });
  return true;
});

const lookAt = ({ waitingUntil, updatedAt }: RotationAttempt): Date => waitingUntil ?? updatedAt;

export const listBlockedToLookAt = operation('listBlockedToLookAt', (db, { limit }) => {
  const isHeld = ({ loginIdentity }: RotationAttempt): boolean =>
    db.tables.leases.of(loginIdentity).some((lease) => lease.kind === 'exclusive' && lease.expiresAt > db.now);
  const isThere = ({ endpointId, orgId, loginIdentity }: RotationAttempt): boolean => {
    const endpoint = db.tables.endpoints.get(endpointId);
    return endpoint?.orgId === orgId && endpoint.loginIdentity === loginIdentity && endpoint.secretArn !== null;
  };
  return db.tables.attempts
    .all()
    .filter((attempt) => attempt.endedAt === null && attempt.state === 'blocked' && lookAt(attempt) <= db.now && !isHeld(attempt) && isThere(attempt))
    .sort((a, b) => lookAt(a).getTime() - lookAt(b).getTime() || (a.id < b.id ? -1 : 1))
    .slice(0, limit);
});

export const beginLook = operation('beginLook', (db, { attemptId, orgId, fence }) => {
  const seen = lockedAttempt(db, { attemptId, orgId });
  if (seen?.state !== 'blocked' || seen.fence !== fence || lookAt(seen) > db.now) return false;
  db.tables.attempts.change(attemptId, { waitingUntil: db.in(LOOK_AGAIN_MS) });
  return true;
});

function endBlocked(
  db: ModelDatabase,
  { attemptId, orgId, fence, detail }: { readonly attemptId: string; readonly orgId: string; readonly fence: bigint; readonly detail: string },
): RotationAttempt | null {
  const seen = lockedAttempt(db, { attemptId, orgId });
  if (seen?.state !== 'blocked' || seen.fence !== fence) return null;
  noteEnd(db, attemptId);
  db.tables.attempts.change(attemptId, { state: 'abandoned', waitingFrom: null, waitingUntil: null, endedAt: db.now, updatedAt: db.now, detail });
  return seen;
}

export const rotationTo = operation('rotationTo', (db, { orgId, endpointId, version }) => {
  const made = db.tables.attempts
    .all()
    .filter((attempt) => attempt.orgId === orgId && attempt.endpointId === endpointId && attempt.promotedVersion === version && attempt.state === 'done');
  return made.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())[0] ?? null;
});
