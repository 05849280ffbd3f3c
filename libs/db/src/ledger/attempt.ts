import { RcmError } from '@rcm/telemetry';
import type { Database, RawTransaction } from '../database.ts';
import { ASKER_AHEAD_MS } from '../enter-scope.ts';
import { lockEndpointIdentity } from '../identity.ts';
import { checkMs, checkUuid, timestamp } from '../input.ts';
import { wantSearch } from '../endpoints/search.ts';
import { writeNotification } from '../notifications/write.ts';
import { notePlace } from '../restore/restore.ts';
import { askedLedger, budgetRefusal, reserveRefusal } from './budget.ts';
import { writeLoginUse } from './login-use.ts';
import { checkFingerprints, type Fingerprints, passwordRecord } from './password.ts';

/** As libs/portal-drivers names them; this package imports nothing from there. */
type LoginOutcomeKind =
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

/** What an outcome means for the password that was typed (docs/design.md, Login). */
export type LoginEffect = 'none' | 'provisional' | 'suspect' | 'bad';

export interface LoginAttemptRequest {
  /** The caller's live lease for this endpoint. */
  readonly leaseId: string;
  readonly endpointId: string;
  readonly orgId: string;
  readonly actor: 'agent' | 'rotator' | 'person';
  /** The store's version token, or `staged:<attempt id>` for a staged password. Never a value. */
  readonly version: string;
  /** Of the password that is to be typed. */
  readonly fingerprints: Fingerprints;
  readonly rotationAttemptId?: string;
  /** The task that the login is for, of the same endpoint. */
  readonly taskId?: string | undefined;
}

export type LoginPermission =
  | { readonly allowed: true; readonly loginAttemptId: string }
  | {
      readonly allowed: false;
      readonly reason: LoginRefusal;
      readonly until: Date | null;
    };

/** `password_bad`, `password_suspect`: the portal refused this password, and it cools down. `locked` without an end: until a person says that support has unlocked the account. */
export type LoginRefusal = 'lease_lost' | 'budget_spent' | 'password_bad' | 'password_suspect' | 'locked' | 'throttled';

/**
 * Asks for one login and, if it is allowed, writes it down before it is made: from here on it counts as a failure until
 * `finishLoginAttempt` says otherwise, so a process that dies leaves the account safe. One transaction, with the audit event `login.used`, under the identity's
 * lock: of two askers for the last try, one gets it. `until` says when to ask again, `null`: not by waiting.
 * Fails with `endpoint_unknown`, `state_conflict`, `database_unavailable`; then nothing is allowed.
 */
export async function beginLoginAttempt(db: Database, request: LoginAttemptRequest): Promise<LoginPermission> {
  checkUuid('leaseId', request.leaseId);
  const rotationAttemptId = request.rotationAttemptId === undefined ? null : checkUuid('rotationAttemptId', request.rotationAttemptId);
  const taskId = request.taskId === undefined ? null : checkUuid('taskId', request.taskId);
  const [fingerprint = ''] = checkFingerprints(request.fingerprints);
  return db.rawTransaction({ tenant: request.orgId }, async (tx) => {
    // A server that has taken over since the last login may lack what that came to.
    await notePlace(tx);
    const identity = await lockEndpointIdentity(tx, request);
    const refusal = await refusalOf(tx, identity.id, request);
    if (refusal) return { allowed: false, ...refusal };
    const [row] = await tx.$queryRaw<{ id: string; process: string }[]>`
      INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, rotation_attempt_id, actor, version, fingerprint, task_id, process, started_at)
      SELECT ${identity.id}, ${request.orgId}, ${request.endpointId}, l.id, ${rotationAttemptId}::uuid, ${request.actor}, ${request.version}, ${fingerprint}, ${taskId}::uuid, l.holder,
             clock_timestamp()
        FROM login_lease l WHERE l.id = ${request.leaseId}::uuid
      RETURNING id::text, process`;
    if (!row) throw new RcmError('database_failed', 'The ledger took no row.');
    await writeLoginUse(tx, { ...request, loginAttemptId: row.id }, row.process);
    return { allowed: true, loginAttemptId: row.id };
  });
}

type Refusal = Omit<Extract<LoginPermission, { allowed: false }>, 'allowed'>;

/** Why a login may not be made; `null` if it may. Where waiting does not help, people are told, once a day: nobody else brings it back. */
async function refusalOf(tx: RawTransaction, loginIdentity: string, request: LoginAttemptRequest): Promise<Refusal | null> {
  const { refusal, lasting } = await firstRefusal(tx, loginIdentity, request);
  if (lasting) {
    const { orgId, endpointId } = request;
    await writeNotification(tx, { kind: 'person_wanted', key: loginIdentity, every: 'day', orgId, endpointId, detail: ONLY_A_PERSON[lasting.reason] ?? null });
  }
  return refusal;
}

const ONLY_A_PERSON: Readonly<Partial<Record<Refusal['reason'], string>>> = {
  budget_spent: 'as many logins have failed as programs may cause, and its portal forgets none of them by time alone',
  locked: 'it is locked, or may be, and its portal unlocks none by time alone',
};

/** `refusal`: the first one in the order of what a caller can do about it. `lasting`: one that no time ends, though another one may come first. */
interface Refusals {
  readonly refusal: Refusal | null;
  readonly lasting: Refusal | null;
}

const lastingIn = (refusal: Refusal | null): Refusals => ({ refusal, lasting: refusal?.until === null ? refusal : null });

async function firstRefusal(client: RawTransaction, loginIdentity: string, request: LoginAttemptRequest): Promise<Refusals> {
  const [lease] = await client.$queryRaw<{ expiresAt: Date }[]>`
    SELECT expires_at AS "expiresAt" FROM login_lease
     WHERE id = ${request.leaseId}::uuid AND login_identity = ${loginIdentity} AND endpoint_id = ${request.endpointId} AND org_id = ${request.orgId}`;
  const state = await askedLedger(client, loginIdentity);
  if (!lease || lease.expiresAt <= state.now) return { refusal: { reason: 'lease_lost', until: null }, lasting: null };
  const refusal = budgetRefusal(state);
  if (refusal?.reason === 'locked' || refusal?.reason === 'throttled') return lastingIn(refusal);
  const known = await passwordRecord(client, { loginIdentity, fingerprints: request.fingerprints });
  if (known.coolsDownUntil && known.coolsDownUntil > state.now)
    return { refusal: { reason: known.bad > 0 ? 'password_bad' : 'password_suspect', until: known.coolsDownUntil }, lasting: lastingIn(refusal).lasting };
  return lastingIn(refusal ?? (known.refusals > 0 ? reserveRefusal(state) : null));
}

/**
 * Would a login be allowed now? Only a look, without a lock or a row of its own, so that a caller need not open a browser and spend a one-time code
 * for nothing; what counts is the answer of `beginLoginAttempt` at the moment of sending.
 */
export async function checkLoginAttempt(
  db: Database,
  request: LoginAttemptRequest,
): Promise<{ readonly allowed: true } | Extract<LoginPermission, { allowed: false }>> {
  checkUuid('leaseId', request.leaseId);
  return db.rawTransaction({ tenant: request.orgId }, async (client) => {
    const [lease] = await client.$queryRaw<
      { loginIdentity: string }[]
    >`SELECT login_identity AS "loginIdentity" FROM login_lease WHERE id = ${request.leaseId}::uuid`;
    const refusal = lease ? await refusalOf(client, lease.loginIdentity, request) : ({ reason: 'lease_lost', until: null } as const);
    return refusal ? { allowed: false, ...refusal } : { allowed: true };
  });
}

export interface LoginAttemptEnd {
  readonly loginAttemptId: string;
  readonly orgId: string;
  /**
   * `not_submitted`: the credentials never left the browser, so nothing counts. `change_answered`: they were in the form of a change, and the portal said anything but that the
   * current password is wrong; neither a failure nor a login.
   */
  readonly outcome: LoginOutcomeKind | 'not_submitted' | 'change_answered';
  readonly effect: LoginEffect;
  /** The portal showed that the password is right. */
  readonly proved?: boolean;
  /** A one-time code was typed, too. */
  readonly withCode?: boolean;
  /** Until when the answer holds, in the portal's own words: before that no login is allowed. What a page says is believed for a day at most. */
  readonly throttledUntil?: Date | undefined;
  /** With effects `suspect` and `bad`: how long this password cools down, in milliseconds. */
  readonly coolDownMs?: number | undefined;
}

/** A time that a page shows is somebody else's word: no page keeps a login away for longer. */
const BELIEVED_DAYS = 1;

/**
 * Writes how a login ended. Where the account is locked, or the password that the store holds was refused, people are told and the copies are to be
 * searched, in the same transaction. The first word stands: a second call changes nothing. Unknown ids are left alone too.
 */
export async function finishLoginAttempt(db: Database, end: LoginAttemptEnd): Promise<void> {
  checkUuid('loginAttemptId', end.loginAttemptId);
  const throttledUntil = end.throttledUntil ? timestamp(end.throttledUntil) : null;
  const coolDownMs = end.coolDownMs === undefined ? null : checkMs('coolDownMs', end.coolDownMs);
  await db.rawTransaction({ tenant: end.orgId }, async (tx) => {
    const [attempt] = await tx.$queryRaw<{ loginIdentity: string; orgId: string; endpointId: string; rotationAttemptId: string | null; isStored: boolean }[]>`
      SELECT login_identity AS "loginIdentity", org_id AS "orgId", endpoint_id AS "endpointId", rotation_attempt_id::text AS "rotationAttemptId", version NOT LIKE ${`${TYPED}%`} AS "isStored"
        FROM login_attempt WHERE id = ${end.loginAttemptId}::uuid`;
    if (!attempt) return;
    // Under the lock, so that a count that is being made sees either all of the outcome or none of it. Where the endpoint has followed its secret
    // to another account meanwhile, this one's row may be somebody else's alone: then there is nothing to lock, and the outcome still counts.
    await tx.$queryRaw`SELECT 1 FROM login_identity WHERE id = ${attempt.loginIdentity} FOR UPDATE`;
    const written = await tx.$executeRaw`
      UPDATE login_attempt SET finished_at = greatest(started_at, clock_timestamp()), ended_no = nextval('event_order'), asker_ahead_ms = ${ASKER_AHEAD_MS}, outcome = ${end.outcome}, effect = ${end.effect}, proved = ${end.proved ?? false}, with_code = ${end.withCode ?? false},
             throttled_until = CASE WHEN ${throttledUntil}::timestamptz IS NOT NULL THEN least(${throttledUntil}::timestamptz, clock_timestamp() + make_interval(days => ${BELIEVED_DAYS}::int)) END,
             rests_until = clock_timestamp() + make_interval(secs => ${coolDownMs}::float8 / 1000)
       WHERE id = ${end.loginAttemptId}::uuid AND outcome IS NULL`;
    if (written === 0) return;
    const { loginIdentity, orgId, endpointId } = attempt;
    const about = { orgId, endpointId } as const;
    // Once an hour at most: several processes may meet the same lock.
    if (end.outcome === 'locked') await writeNotification(tx, { ...about, kind: 'locked', key: loginIdentity, every: 'hour' });
    if (!attempt.isStored || (end.effect !== 'suspect' && end.effect !== 'bad')) return;
    await writeNotification(tx, { ...about, kind: 'refused', key: endpointId, every: 'day', detail: end.effect === 'bad' ? REFUSED_ALONE : REFUSED });
    // An attempt finds out by itself what the portal accepts, or wants a search when it ends.
    if (attempt.rotationAttemptId === null) await wantSearch(tx, about);
  });
}

/** Begins the version of what was typed and is not stored; the function `rcm_note_standing` knows it, too. */
const TYPED = 'typed:';

/** What the ledger remembers instead of a password that a person has typed, to be tried before it is stored: refused, it says nothing of the stored one. */
export const typedVersion = (id: string): string => `${TYPED}${checkUuid('id', id)}`;

const REFUSED = 'the portal says that the password is wrong; it may be the portal that is ill';
const REFUSED_ALONE = 'the portal says that the password is wrong, and lets others in';
