import { LOOK_AGAIN_MS, type RotationAttempt } from '@rcm/db/rotation';
import type { ModelDatabase } from './model-database.ts';
import { operation } from './operation.ts';

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
