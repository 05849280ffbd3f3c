import { RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { lockEndpointIdentity, lockIdentity } from '../identity.ts';
import { checkMs, checkUuid, timestamp } from '../input.ts';
import { writeNotice } from '../notices/write.ts';
import { budgetRefusal, ledgerState } from './budget.ts';
import { versionRecord } from './version-record.ts';

/** As libs/portal-drivers names them; this package imports nothing from there. */
export type LoginOutcomeKind =
  | 'accepted'
  | 'rejected'
  | 'rejected_or_locked'
  | 'locked'
  | 'throttled'
  | 'challenged'
  | 'mfa_required'
  | 'mfa_rejected'
  | 'password_expired'
  | 'change_forced'
  | 'unavailable'
  | 'unknown';

/** What an outcome means for the version that was typed (DESIGN "Login"). */
export type LoginEffect = 'none' | 'provisional' | 'suspect' | 'version_bad';

export interface LoginAttemptRequest {
  /** The caller's live lease for this endpoint. */
  readonly leaseId: string;
  readonly endpointId: string;
  readonly orgId: string;
  readonly actor: 'agent' | 'rotator' | 'person';
  /** The store's version token, or `staged:<attempt id>` for a staged password. Never a value. */
  readonly version: string;
  readonly rotationAttemptId?: string;
}

export type LoginPermission =
  | { readonly allowed: true; readonly loginAttemptId: string }
  | {
      readonly allowed: false;
      readonly reason: 'lease_lost' | 'budget_spent' | 'version_known_bad' | 'locked' | 'throttled' | 'suspect_pause';
      readonly until: Date | null;
    };

/**
 * Asks for one login and, if it is allowed, writes it down before it is made: from here on it counts as a failure until
 * `finishLoginAttempt` says otherwise, so a process that dies leaves the account safe. One transaction under the identity's
 * lock: of two askers for the last try, one gets it. `until` says when to ask again, `null`: not by waiting.
 * Fails with `endpoint_unknown`, `state_conflict`, `database_unavailable`; then nothing is allowed.
 */
export async function beginLoginAttempt(db: Database, request: LoginAttemptRequest): Promise<LoginPermission> {
  checkUuid('leaseId', request.leaseId);
  const rotationAttemptId = request.rotationAttemptId === undefined ? null : checkUuid('rotationAttemptId', request.rotationAttemptId);
  return db.transaction({ tenant: request.orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, request);
    const refusal = await refusalOf(tx, identity.id, request);
    if (refusal) return { allowed: false, ...refusal };
    const [row] = await tx.$queryRaw<{ id: string }[]>`
      INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, rotation_attempt_id, actor, version, started_at)
      VALUES (${identity.id}, ${request.orgId}, ${request.endpointId}, ${request.leaseId}::uuid, ${rotationAttemptId}::uuid, ${request.actor}, ${request.version}, clock_timestamp())
      RETURNING id::text`;
    if (!row) throw new RcmError('database_failed', 'The ledger took no row.');
    return { allowed: true, loginAttemptId: row.id };
  });
}

type Refusal = Omit<Extract<LoginPermission, { allowed: false }>, 'allowed'>;

/** Why a login may not be made, in the order of what a caller can do about it; `null` if it may. */
async function refusalOf(client: Transaction, loginIdentity: string, request: LoginAttemptRequest): Promise<Refusal | null> {
  const lease = await client.loginLease.findFirst({ where: { id: request.leaseId, loginIdentity, endpointId: request.endpointId, orgId: request.orgId } });
  const state = await ledgerState(client, loginIdentity);
  if (!lease || lease.expiresAt <= state.now) return { reason: 'lease_lost', until: null };
  const known = await versionRecord(client, { loginIdentity, ...request });
  if (known.isBad) return { reason: 'version_known_bad', until: null };
  const refusal = budgetRefusal(state);
  if (refusal) return refusal;
  return known.suspectUntil && known.suspectUntil > state.now ? { reason: 'suspect_pause', until: known.suspectUntil } : null;
}

/**
 * Would a login be allowed now? Only a look, without a lock or a row, so that a caller need not open a browser and spend a one-time code
 * for nothing; what counts is the answer of `beginLoginAttempt` at the moment of sending.
 */
export async function checkLoginAttempt(
  db: Database,
  request: LoginAttemptRequest,
): Promise<{ readonly allowed: true } | Extract<LoginPermission, { allowed: false }>> {
  checkUuid('leaseId', request.leaseId);
  return db.transaction({ tenant: request.orgId }, async (client) => {
    const lease = await client.loginLease.findUnique({ where: { id: request.leaseId }, select: { loginIdentity: true } });
    const refusal = lease ? await refusalOf(client, lease.loginIdentity, request) : ({ reason: 'lease_lost', until: null } as const);
    return refusal ? { allowed: false, ...refusal } : { allowed: true };
  });
}

export interface LoginAttemptEnd {
  readonly loginAttemptId: string;
  readonly orgId: string;
  /** `not_submitted`: the credentials never left the browser, so nothing counts. */
  readonly outcome: LoginOutcomeKind | 'not_submitted';
  readonly effect: LoginEffect;
  /** With `throttled`: the portal's own time. */
  readonly throttledUntil?: Date | undefined;
  /** With effect `suspect`: how long this version rests, in milliseconds. */
  readonly suspectUntilMs?: number | undefined;
}

/** Writes how a login ended, and tells people where it was `locked`. The first word stands: a second call changes nothing. Unknown ids are left alone too. */
export async function finishLoginAttempt(db: Database, end: LoginAttemptEnd): Promise<void> {
  checkUuid('loginAttemptId', end.loginAttemptId);
  const throttledUntil = end.throttledUntil ? timestamp(end.throttledUntil) : null;
  const suspectMs = end.suspectUntilMs === undefined ? null : checkMs('suspectUntilMs', end.suspectUntilMs);
  await db.transaction({ tenant: end.orgId }, async (tx) => {
    const attempt = await tx.loginAttempt.findUnique({ where: { id: end.loginAttemptId }, select: { loginIdentity: true, orgId: true, endpointId: true } });
    if (!attempt) return;
    // Under the lock, so that a count that is being made sees either all of the outcome or none of it.
    await lockIdentity(tx, attempt.loginIdentity);
    const written = await tx.$executeRaw`
      UPDATE login_attempt SET finished_at = clock_timestamp(), outcome = ${end.outcome}, effect = ${end.effect}, throttled_until = ${throttledUntil}::timestamptz,
             suspect_until = clock_timestamp() + make_interval(secs => ${suspectMs}::float8 / 1000)
       WHERE id = ${end.loginAttemptId}::uuid AND outcome IS NULL`;
    if (written === 0 || end.outcome !== 'locked') return;
    const { loginIdentity, orgId, endpointId } = attempt;
    // Once an hour at most: several processes may meet the same lock.
    await writeNotice(tx, { kind: 'locked', key: `${loginIdentity}:${new Date().toISOString().slice(0, 13)}`, orgId, endpointId });
  });
}
