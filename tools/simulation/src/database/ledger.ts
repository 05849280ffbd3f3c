import type { LoginAttemptRequest, LoginPermission } from '@rcm/db/ledger';
import { askedLedger, budgetRefusal, failuresLeft, type LedgerState, ledgerState, reserveRefusal } from './budget.ts';
import type { ModelDatabase } from './model-database.ts';
import { checkMs, endpointOf, identityNamed, identityOf, operation, refuse, writeNotification } from './operation.ts';
import { passwordRecord } from './passwords.ts';
import { wantSearch, wantSearchNow } from './searches.ts';

const FINGERPRINT = /^[a-z0-9]{1,16}:[0-9a-f]{64}$/;
const BELIEVED_MS = 86_400_000;
const open = { outcome: null, effect: null, proved: false, finishedAt: null, throttledUntil: null, coolsDownUntil: null, processEndedAt: null } as const;
const begunBy = (db: ModelDatabase) => ({ startedAt: db.now, begunNo: db.nextNo(), endedNo: null, askerAheadMs: db.askerAheadMs });

type Refusal = Omit<Extract<LoginPermission, { allowed: false }>, 'allowed'>;

const refusalByCount = (db: ModelDatabase, state: LedgerState): Refusal | null => budgetRefusal({ now: db.now, in: (ms) => db.in(ms) }, state);

function refusalOf(db: ModelDatabase, loginIdentity: string, request: LoginAttemptRequest): Refusal | null {
  const { leaseId, endpointId, orgId } = request;
  const lease = db.tables.leases.get(leaseId);
  const isMine = lease?.loginIdentity === loginIdentity && lease.endpointId === endpointId && lease.orgId === orgId;
  const state = askedLedger(db, orgId, loginIdentity);
  if (!lease || !isMine || lease.expiresAt <= db.now) return { reason: 'lease_lost', until: null };
  const refusal = refusalByCount(db, state);
  if (refusal?.reason === 'locked' || refusal?.reason === 'throttled') return refusal;
  const known = passwordRecord(db, { ...request, loginIdentity });
  if (known.coolsDownUntil && known.coolsDownUntil > db.now)
    return { reason: known.bad > 0 ? 'password_bad' : 'password_suspect', until: known.coolsDownUntil };
  if (refusal) return refusal;
  return known.refusals > 0 ? reserveRefusal(state) : null;
}

export const checkLoginAttempt = operation('checkLoginAttempt', (db, request) => {
  const lease = db.tables.leases.get(request.leaseId);
  const refusal = lease?.orgId === request.orgId ? refusalOf(db, lease.loginIdentity, request) : ({ reason: 'lease_lost', until: null } as const);
  return refusal ? { allowed: false as const, ...refusal } : { allowed: true as const };
});

export const beginLoginAttempt = operation('beginLoginAttempt', (db, request): LoginPermission => {
  const [fingerprint] = request.fingerprints;
  if (fingerprint === undefined || request.fingerprints.length > 4 || !request.fingerprints.every((print) => FINGERPRINT.test(print)))
    return refuse('input_invalid', 'A login attempt needs the fingerprint of its password.');
  const identity = identityOf(db, request);
  const refusal = refusalOf(db, identity.id, request);
  if (refusal) return { allowed: false, ...refusal };
  const { orgId, endpointId, leaseId, version, rotationAttemptId = null } = request;
  const process = db.tables.leases.get(leaseId)?.holder ?? '';
  const row = {
    ...{ id: db.uuid(), loginIdentity: identity.id, orgId, endpointId, leaseId, rotationAttemptId, version, fingerprint, process },
    ...{ ...open, ...begunBy(db) },
  };
  db.tables.logins.put(row);
  return { allowed: true, loginAttemptId: row.id };
});

export const finishLoginAttempt = operation('finishLoginAttempt', (db, end) => {
  const coolDownMs = end.coolDownMs === undefined ? null : checkMs('coolDownMs', end.coolDownMs);
  const row = db.tables.logins.get(end.loginAttemptId);
  if (row?.orgId !== end.orgId) return;
  if (row.outcome !== null) return;
  const believed = db.in(BELIEVED_MS);
  const { throttledUntil } = end;
  db.tables.logins.change(row.id, {
    finishedAt: row.startedAt > db.now ? row.startedAt : db.now,
    endedNo: db.nextNo(),
    askerAheadMs: db.askerAheadMs,
    outcome: end.outcome,
    effect: end.effect,
    proved: end.proved ?? false,
    throttledUntil: throttledUntil === undefined ? null : throttledUntil < believed ? throttledUntil : believed,
    coolsDownUntil: coolDownMs === null ? null : db.in(coolDownMs),
  });
  const { loginIdentity, endpointId } = row;
  if (end.outcome === 'locked') writeNotification(db, { kind: 'locked', key: loginIdentity, every: 'hour', endpointId });
  if (end.effect !== 'suspect' && end.effect !== 'bad') return;
  writeNotification(db, { kind: 'refused', key: endpointId, every: 'day', endpointId });
  if (row.rotationAttemptId === null) wantSearch(db, row);
});

export const remainingBudget = operation('remainingBudget', (db, { orgId, loginIdentity }) => {
  const state = askedLedger(db, orgId, loginIdentity);
  const refusal = refusalByCount(db, state);
  return refusal ? { failuresLeft: 0, until: refusal.until } : { failuresLeft: failuresLeft(state), until: state.oldestLeavesAt };
});

export const mayBeLocked = operation('mayBeLocked', (db, { orgId, loginIdentity }) => {
  const { failures, budget } = ledgerState(db, orgId, loginIdentity);
  return failures > 1 && failures >= budget;
});

export const clearLogin = operation('clearLogin', (db, clearance) => {
  const identity = identityOf(db, clearance);
  if (clearance.saidOf !== undefined && identity.id !== clearance.saidOf) return refuse('state_conflict', 'The endpoint has another login by now.');
  const at = clearance.saidAt && clearance.saidAt < db.now ? clearance.saidAt : db.now;
  db.tables.clearances.put({ id: db.uuid(), loginIdentity: identity.id, kind: clearance.kind, at, saidNo: db.nextNo() });
  const endpoint = endpointOf(db, clearance);
  if (endpoint && clearance.kind === 'retry') wantSearchNow(db, endpoint);
});

export const serverTime = operation('serverTime', (db) => db.now);

export const coolDownLogin = operation('coolDownLogin', (db, coolDown) => {
  const ms = checkMs('forMs', coolDown.forMs);
  const identity = identityOf(db, coolDown);
  const { orgId, endpointId, leaseId, version } = coolDown;
  db.tables.logins.put({
    ...{ id: db.uuid(), loginIdentity: identity.id, orgId, endpointId, leaseId, rotationAttemptId: null, version, fingerprint: null, process: '' },
    ...{ ...open, ...begunBy(db), finishedAt: db.now, outcome: 'not_submitted', effect: 'none', throttledUntil: db.in(ms) },
  });
});

/** As in libs/db/src/totp.ts. */
const LATE_MS = 3_000;

export const reserveTotpStep = operation('reserveTotpStep', (db, { orgId, loginIdentity, periodSeconds, skew }) => {
  const identity = identityNamed(db, orgId, loginIdentity);
  const [periodMs, nowMs] = [periodSeconds * 1000, db.now.getTime()];
  const current = Math.floor(nowMs / periodMs);
  const goodForMs = (step: number): number => (step + skew + 1) * periodMs - nowMs - LATE_MS;
  const step = Math.max(goodForMs(current) > 0 ? current : current + 1, identity.lastTotpStep + 1);
  if (step > current + skew) return { waitMs: Math.max(1, Math.ceil((step - skew) * periodMs - nowMs)) };
  db.tables.identities.change(loginIdentity, { lastTotpStep: step });
  return { step, goodForMs: goodForMs(step) };
});
