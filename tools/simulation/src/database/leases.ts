import type { Lease, LeaseAnswer, LeaseRefusal } from '@rcm/db/leases';
import type { ModelDatabase } from './model-database.ts';
import { checkMs, endpointOf, identityNamed, identityOf, operation, refuse } from './operation.ts';
import type { Identity } from './tables.ts';

/** As in libs/db/src/leases. */
const LEAST_TTL_MS = 100;
const INTENT_LIMIT_MS = 120_000;
const INTENT_COOL_DOWN_MS = 15_000;
const UNCERTAIN: ReadonlySet<string> = new Set(['submitting', 'applied', 'verified']);

const refused = (reason: LeaseRefusal): LeaseAnswer => ({ granted: false, reason });

export const acquireSharedLease = operation('acquireSharedLease', (db, request): LeaseAnswer => {
  const ttlMs = checkMs('ttlMs', request.ttlMs, LEAST_TTL_MS);
  const identity = identityOf(db, request);
  if (liveLeases(db, identity).exclusive > 0) return refused('exclusive_held');
  const inTheWay = rotationInTheWay(db, identity);
  if (inTheWay) return refused(inTheWay);
  if (identity.exclusiveWantedUntil && identity.exclusiveWantedUntil > db.now) return refused('exclusive_wanted');
  return { granted: true, lease: grant(db, identity, { ...request, kind: 'shared', ttlMs }) };
});

export const acquireExclusiveLease = operation('acquireExclusiveLease', (db, request): LeaseAnswer => {
  const ttlMs = checkMs('ttlMs', request.ttlMs, LEAST_TTL_MS);
  const wantMs = checkMs('wantMs', request.wantMs);
  const identity = identityOf(db, request);
  const { exclusive, shared } = liveLeases(db, identity);
  if (exclusive > 0) return refused('exclusive_held');
  const { exclusiveWantedBy, exclusiveWantedUntil } = identity;
  if (exclusiveWantedBy !== request.holder && exclusiveWantedUntil !== null && exclusiveWantedUntil > db.now) return refused('exclusive_wanted');
  if (shared > 0) {
    registerIntent(db, identity, request.holder, wantMs);
    return refused('in_use');
  }
  clearIntent(db, identity.id, request.holder);
  return { granted: true, lease: grant(db, identity, { ...request, kind: 'exclusive', ttlMs }) };
});

export const renewLease = operation('renewLease', (db, { leaseId, orgId, ttlMs }) => {
  const ms = checkMs('ttlMs', ttlMs, LEAST_TTL_MS);
  const lease = db.tables.leases.get(leaseId);
  if (lease?.orgId !== orgId || lease.expiresAt <= db.now) return null;
  const expiresAt = lease.expiresAt > db.in(ms) ? lease.expiresAt : db.in(ms);
  return db.tables.leases.change(leaseId, { expiresAt }).expiresAt;
});

export const releaseLease = operation('releaseLease', (db, { leaseId, orgId }) => {
  if (db.tables.leases.get(leaseId)?.orgId === orgId) db.tables.leases.remove(leaseId);
});

export const withdrawWriterIntent = operation('withdrawWriterIntent', (db, { orgId, loginIdentity, holder }) => {
  identityNamed(db, orgId, loginIdentity);
  clearIntent(db, loginIdentity, holder);
});

/** Those that have expired are removed first. */
function liveLeases(db: ModelDatabase, { id }: Identity): { readonly exclusive: number; readonly shared: number } {
  const { leases } = db.tables;
  for (const lease of leases.of(id)) if (lease.expiresAt <= db.now) leases.remove(lease.id);
  const exclusive = leases.of(id).filter(({ kind }) => kind === 'exclusive').length;
  return { exclusive, shared: leases.of(id).length - exclusive };
}

function rotationInTheWay(db: ModelDatabase, { id }: Identity): LeaseRefusal | null {
  const open = db.tables.attempts.of(id).find(({ endedAt }) => endedAt === null);
  if (open?.state === 'blocked') return 'blocked';
  const state = open?.state === 'waiting' ? open.waitingFrom : open?.state;
  return state && UNCERTAIN.has(state) ? 'rotation_open' : null;
}

function grant(
  db: ModelDatabase,
  identity: Identity,
  request: { readonly orgId: string; readonly endpointId: string; readonly holder: string; readonly kind: Lease['kind']; readonly ttlMs: number },
): Lease {
  const { orgId, endpointId, holder, kind, ttlMs } = request;
  const endpoint = endpointOf(db, request) ?? refuse('endpoint_unknown', 'There is no such endpoint.');
  const lease = { id: db.uuid(), loginIdentity: identity.id, orgId, endpointId, kind, fence: db.nextFence(), holder, expiresAt: db.in(ttlMs) };
  db.tables.leases.put(lease);
  const { id, loginIdentity, fence, expiresAt } = lease;
  return { id, loginIdentity, kind, fence, expiresAt, currentVersion: endpoint.currentVersion, secretArn: endpoint.secretArn };
}

function registerIntent(db: ModelDatabase, identity: Identity, holder: string, wantMs: number): void {
  const now = db.now.getTime();
  const { exclusiveWantedBy, exclusiveWantedSince, exclusiveWantedUntil, exclusiveCoolDownUntil } = identity;
  if (exclusiveCoolDownUntil && exclusiveCoolDownUntil.getTime() > now) return;
  const goesOn = exclusiveWantedBy === holder && exclusiveWantedUntil !== null && exclusiveWantedUntil.getTime() > now;
  const since = goesOn && exclusiveWantedSince ? exclusiveWantedSince.getTime() : now;
  const limit = since + INTENT_LIMIT_MS;
  const until = Math.min(now + wantMs, limit);
  db.tables.identities.change(identity.id, {
    exclusiveWantedBy: holder,
    exclusiveWantedSince: new Date(since),
    exclusiveWantedUntil: new Date(until),
    exclusiveCoolDownUntil: until === limit ? new Date(limit + INTENT_COOL_DOWN_MS) : null,
  });
}

function clearIntent({ tables }: ModelDatabase, loginIdentity: string, holder: string): void {
  if (tables.identities.get(loginIdentity)?.exclusiveWantedBy !== holder) return;
  tables.identities.change(loginIdentity, { exclusiveWantedBy: null, exclusiveWantedSince: null, exclusiveWantedUntil: null });
}
