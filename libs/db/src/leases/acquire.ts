import type { Database, RawTransaction } from '../database.ts';
import { lockEndpointIdentity, type LockedIdentity } from '../identity.ts';
import { checkMs } from '../input.ts';
import { openRotation } from '../journal/open-rotation.ts';
import type { Lease, LeaseAnswer, LeaseRefusal, LeaseRequest } from './lease.ts';
import { clearIntent, registerIntent } from './writer-intent.ts';

const LEAST_TTL_MS = 100;

/**
 * A lease to use a login. Refused while an exclusive lease lives, while somebody's intent for one is fresh, and while a rotation has
 * left open which password the portal accepts (`submitting` to `verified`, waiting from one of these, or blocked), whoever holds what.
 * Fails with `endpoint_unknown`, `state_conflict` (not migrated), `database_unavailable`.
 */
export async function acquireSharedLease(db: Database, request: LeaseRequest): Promise<LeaseAnswer> {
  const ttlMs = checkMs('ttlMs', request.ttlMs, LEAST_TTL_MS);
  return db.rawTransaction({ tenant: request.orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, request);
    const { exclusive } = await liveLeases(tx, identity);
    if (exclusive > 0) return refused('exclusive_held');
    const reason = await rotationInTheWay(tx, identity);
    if (reason) return refused(reason);
    if (identity.exclusiveWantedUntil && identity.exclusiveWantedUntil > identity.now) return refused('exclusive_wanted');
    return { granted: true, lease: await grant(tx, identity, { ...request, kind: 'shared', ttlMs }) };
  });
}

/**
 * The lease to change a login. While others live, the intent is noted so that no new shared lease is given and those that live run
 * out; the caller polls. A writer intent lasts `wantMs` after the last poll, and ends after `INTENT_LIMIT_MS` at the latest (writer-intent.ts).
 * Once granted, the intent is gone. Fails as `acquireSharedLease`.
 */
export async function acquireExclusiveLease(db: Database, request: LeaseRequest & { readonly wantMs: number }): Promise<LeaseAnswer> {
  const ttlMs = checkMs('ttlMs', request.ttlMs, LEAST_TTL_MS);
  const wantMs = checkMs('wantMs', request.wantMs);
  return db.rawTransaction({ tenant: request.orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, request);
    const { exclusive, shared } = await liveLeases(tx, identity);
    if (exclusive > 0) return refused('exclusive_held');
    const wantedByAnother =
      identity.exclusiveWantedBy !== request.holder && identity.exclusiveWantedUntil !== null && identity.exclusiveWantedUntil > identity.now;
    if (wantedByAnother) return refused('exclusive_wanted');
    if (shared > 0) {
      await registerIntent(tx, identity, { holder: request.holder, wantMs });
      return refused('in_use');
    }
    await clearIntent(tx, { loginIdentity: identity.id, holder: request.holder });
    return { granted: true, lease: await grant(tx, identity, { ...request, kind: 'exclusive', ttlMs }) };
  });
}

const refused = (reason: LeaseRefusal): LeaseAnswer => ({ granted: false, reason });

/** Removes what has expired (a dead holder's lease is free), then counts what is left, whichever organization's. Under the identity's lock. */
async function liveLeases(tx: RawTransaction, { id }: LockedIdentity): Promise<{ exclusive: number; shared: number }> {
  const [count] = await tx.$queryRaw<{ exclusive: number; shared: number }[]>`SELECT exclusive, shared FROM rcm_live_leases(${id})`;
  return count ?? { exclusive: 0, shared: 0 };
}

const UNCERTAIN: ReadonlySet<string> = new Set(['submitting', 'applied', 'verified']);

async function rotationInTheWay(tx: RawTransaction, { id }: LockedIdentity): Promise<LeaseRefusal | null> {
  const open = await openRotation(tx, id);
  if (open?.state === 'blocked') return 'blocked';
  const state = open?.state === 'waiting' ? open.waitingFrom : open?.state;
  return state && UNCERTAIN.has(state) ? 'rotation_open' : null;
}

/** Raw SQL: the expiry is Postgres's clock plus the TTL, and the fence comes from a sequence, which never gives a number twice. */
async function grant(
  tx: RawTransaction,
  identity: LockedIdentity,
  { orgId, endpointId, holder, kind, ttlMs }: LeaseRequest & Pick<Lease, 'kind'>,
): Promise<Lease> {
  const [lease] = await tx.$queryRaw<Lease[]>`
    INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at)
    SELECT ${identity.id}, e.org_id, e.id, ${kind}, nextval('login_fence'), ${holder}, t.now, t.now + make_interval(secs => ${ttlMs}::float8 / 1000)
      FROM integration_endpoint e, (SELECT clock_timestamp() AS now) t WHERE e.id = ${endpointId} AND e.org_id = ${orgId}
    RETURNING id::text, login_identity AS "loginIdentity", kind, fence, expires_at AS "expiresAt",
      (SELECT current_version FROM integration_endpoint WHERE id = ${endpointId}) AS "currentVersion",
      (SELECT secret_arn FROM integration_endpoint WHERE id = ${endpointId}) AS "secretArn"`;
  if (!lease) throw new Error('an insert under lock returned no row');
  if (kind === 'exclusive') await tx.$executeRaw`UPDATE login_identity SET fence = ${lease.fence} WHERE id = ${identity.id}`;
  return lease;
}
