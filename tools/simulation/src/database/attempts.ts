import { BEHIND_MS, JOURNAL_VERSION, type RotationAttempt } from '@rcm/db/rotation';
import type { ModelDatabase } from './model-database.ts';
import { endpointOf, identityNamed, operation } from './operation.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Of an attempt that has submitted nothing yet. */
export const UNSENT = {
  ...{ waitingFrom: null, waitingUntil: null, promotedVersion: null, previousVersion: null, journalVersion: JOURNAL_VERSION },
  ...{ submitDeadlineAt: null, failedSubmits: 0, found: null, refusedRule: null, heldSince: null, copyRemovedAt: null },
} as const;

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

/** Where its end stands in the order of what is in the ledger. */
export function noteEnd(db: ModelDatabase, id: string): void {
  const { movers } = db.tables;
  movers.put({ id, askerAheadMs: movers.get(id)?.askerAheadMs ?? null, endedNo: db.nextNo() });
}

export const openOf = ({ tables }: ModelDatabase, identity: string): RotationAttempt | null =>
  tables.attempts.of(identity).find(({ endedAt }) => endedAt === null) ?? null;

export const findOpenRotation = operation('findOpenRotation', (db, { orgId, loginIdentity }) => {
  const open = openOf(db, loginIdentity);
  const isTheirs = db.tables.endpoints.all().some((endpoint) => endpoint.orgId === orgId && endpoint.loginIdentity === loginIdentity);
  return open && isTheirs ? { state: open.state, waitingFrom: open.waitingFrom, mine: open.orgId === orgId } : null;
});

export const getOpenAttempt = operation('getOpenAttempt', (db, { orgId, loginIdentity }) => {
  const open = openOf(db, loginIdentity);
  return open?.orgId === orgId ? open : null;
});

export const getAttempt = operation('getAttempt', (db, { attemptId }) => db.tables.attempts.get(attemptId));

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

export const wasReplaced = operation('wasReplaced', (db, { orgId, endpointId, loginIdentity, current, read, madeBy, withinMs = Number.POSITIVE_INFINITY }) => {
  const isBy = (attempt: RotationAttempt): boolean =>
    attempt.orgId === orgId &&
    attempt.promotedVersion !== null &&
    attempt.promotedVersion === current &&
    attempt.id !== madeBy &&
    (attempt.baseVersion === read || attempt.previousVersion === read) &&
    (attempt.endedAt ?? attempt.updatedAt).getTime() > db.now.getTime() - withinMs;
  if (db.tables.attempts.of(loginIdentity).some(isBy)) return 'by_rotation';
  const endpoint = endpointOf(db, { orgId, endpointId });
  if (!endpoint?.followed || endpoint.currentVersion !== current) return null;
  const { from, at } = endpoint.followed;
  return from === read && at.getTime() > db.now.getTime() - BEHIND_MS ? 'by_edit' : null;
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
