import { type CredentialManager, type HeldCredential, type IdentityKeys, parseReference } from '@rcm/credentials';
import {
  type BreakerRules,
  type Database,
  type EndpointRow,
  followStoreVersion,
  getEndpoint,
  knowsRotation,
  outrunCopy,
  recordKeptSession,
  restLogin,
  wantCredentialSearch,
} from '@rcm/db';
import type { PortalSession } from '@rcm/portal-drivers';
import { type Clock, hasCode, type Logger, type Metrics, RcmError } from '@rcm/telemetry';
import type { Drivers } from './drivers.ts';
import { accountOf, goesBy } from './account.ts';
import { guardedLogin, type GuardedResult, loginError, type LoginTiming, type NotAccepted } from './guarded-login.ts';
import { type HeldLease, holdLease, type LeaseTiming } from './held-lease.ts';
import { automationRefusal } from './permission.ts';
import { rotationThatMade } from './portal-credential.ts';
import { afterRestoreMs } from './restored.ts';
import type { KeptSession, SessionKeeper } from './session-keeper.ts';

export interface AgentAccess {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is measured of leases and logins. Default: nothing. */
  readonly metrics?: Metrics | undefined;
  readonly credentials: CredentialManager;
  readonly drivers: Drivers;
  readonly keeper: SessionKeeper;
  readonly lease: LeaseTiming;
  readonly login: LoginTiming;
  /** When a portal is taken to be ill, and not its passwords. */
  readonly illness: Pick<BreakerRules, 'windowMs' | 'suspects'>;
  /** What accounts and passwords are known by. */
  readonly keys: IdentityKeys;
}

export interface AgentVisit {
  readonly orgId: string;
  readonly endpointId: string;
  /** Who visits, for people who look at the leases. */
  readonly holder: string;
  /** What the visit is for. */
  readonly taskId?: string | undefined;
  readonly signal: AbortSignal;
}

/** What `act` says of the session it used: `keep` it for the next task, or `close` it. */
export interface VisitResult<T> {
  readonly value: T;
  readonly session: 'keep' | 'close';
}

/**
 * The agent's way in: shared lease, then the version that the lease names, then a kept session of that version or a login,
 * then `act`. The lease is held until `act` ends; its signal tells `act` to stop when the lease is lost.
 *
 * Errors: `endpoint_unknown`, `automation_undecided`, `automation_forbidden` (nothing was opened), `lease_unavailable` (a rotation is under way: ask again later), `login_*`, `portal_*`,
 * `secret_missing`, `store_*`, `audit_unavailable` (nothing was used), `cancelled`.
 */
export async function withAgentSession<T>(
  access: AgentAccess,
  visit: AgentVisit,
  act: (session: PortalSession, signal: AbortSignal) => Promise<VisitResult<T>>,
): Promise<T> {
  const endpoint = await migratedEndpoint(access.db, visit);
  // Before lease and secret; a session that is kept is not used any more either.
  const refusal = automationRefusal(endpoint.portalType);
  if (refusal) throw refusal;
  const held = await holdLease({
    db: access.db,
    clock: access.clock,
    logger: access.logger,
    metrics: access.metrics,
    orgId: visit.orgId,
    endpointId: visit.endpointId,
    loginIdentity: endpoint.loginIdentity,
    holder: visit.holder,
    kind: 'shared',
    timing: access.lease,
    signal: visit.signal,
  });
  try {
    const opened = (await reuse(access, endpoint, held, visit.taskId)) ?? (await logIn(access, endpoint, held, visit.taskId));
    return await actAndKeep(access, endpoint, opened, held.signal, act);
  } finally {
    await held.release();
  }
}

export interface MigratedEndpoint extends EndpointRow {
  readonly secretArn: string;
  readonly loginIdentity: string;
}

/** The endpoint of this organization, with its secret. Fails with `endpoint_unknown` or `secret_missing`. */
export async function migratedEndpoint(db: Database, visit: { readonly orgId: string; readonly endpointId: string }): Promise<MigratedEndpoint> {
  const endpoint = await getEndpoint(db, visit);
  if (!endpoint) throw new RcmError('endpoint_unknown', `Organization ${visit.orgId} has no endpoint ${visit.endpointId}.`);
  const { secretArn, loginIdentity } = endpoint;
  if (secretArn === null || loginIdentity === null) {
    throw new RcmError('secret_missing', `Endpoint ${endpoint.id} has no secret reference yet; run the migrator first.`, {
      details: { endpointId: endpoint.id },
    });
  }
  return { ...endpoint, secretArn, loginIdentity };
}

interface OpenSession extends KeptSession {
  readonly version: string;
}

/** What a session was opened with: once a password, an address, a recipe or the hosts are others, it is not kept any longer. */
function standing({ drivers }: AgentAccess, { secretArn, baseUrl, portalType }: MigratedEndpoint, version: string): string {
  const { hosts, privateHosts, loopbackHosts } = portalType;
  return JSON.stringify([secretArn, version, baseUrl, hosts, privateHosts, loopbackHosts, drivers.for(portalType).hash]);
}

/** A kept session is a use of the login like any other: it stands in the audit trail before a page of it is asked for. */
async function reuse(access: AgentAccess, endpoint: MigratedEndpoint, held: HeldLease, taskId: string | undefined): Promise<OpenSession | null> {
  const version = held.lease.currentVersion;
  if (version === null) return null;
  const kept = await access.keeper.take(endpoint.id, standing(access, endpoint, version));
  if (!kept) return null;
  const { session, loginAttemptId } = kept;
  const use = { orgId: endpoint.orgId, endpointId: endpoint.id, leaseId: held.lease.id, version, loginAttemptId, taskId };
  await recordKeptSession(access.db, use).catch(async (error: unknown) => {
    await session.close();
    throw error;
  });
  const alive = await session.isLoggedIn({ deadlineMs: access.login.loginDeadlineMs, signal: held.signal }).catch(() => false);
  if (alive) return { ...kept, version };
  await session.close();
  return null;
}

/** Logs in; after a rejection asks the store once more and tries once more only if the password is another one. */
async function logIn(access: AgentAccess, endpoint: MigratedEndpoint, held: HeldLease, taskId: string | undefined): Promise<OpenSession> {
  const first = await currentCredential(access, endpoint, held);
  const result = await tryLogin(access, endpoint, held, first, taskId);
  if (result.kind === 'accepted') return { ...result, version: first.version };
  if (!mayBeOutdated(result)) throw loginError(endpoint, result);

  access.credentials.invalidate({ reference: parseReference(endpoint.secretArn) });
  const second = await currentCredential(access, endpoint, held);
  if (isSamePassword(access, endpoint, first, second)) throw loginError(endpoint, result);
  const retried = await tryLogin(access, endpoint, held, second, taskId);
  if (retried.kind === 'accepted') return { ...retried, version: second.version };
  throw loginError(endpoint, retried);
}

const isSamePassword = ({ keys }: AgentAccess, endpoint: MigratedEndpoint, first: HeldCredential, second: HeldCredential): boolean =>
  accountOf(keys, endpoint, first.payload).fingerprints[0] === accountOf(keys, endpoint, second.payload).fingerprints[0];

/** Password or account were refused, now or before: somebody may have put another one into the store without the row knowing. */
function mayBeOutdated(result: NotAccepted): boolean {
  if (result.kind === 'not_allowed') return result.reason !== 'lease_lost';
  return result.outcome.kind === 'rejected' || result.outcome.kind === 'rejected_or_locked';
}

async function currentCredential(access: AgentAccess, endpoint: MigratedEndpoint, held: HeldLease): Promise<HeldCredential> {
  const asked = held.lease.currentVersion;
  const credential = await access.credentials.get({
    orgId: endpoint.orgId,
    reference: parseReference(endpoint.secretArn),
    version: asked,
    signal: held.signal,
  });
  // The store is ahead: a person changed it. The row follows, so that everybody else stops using the older one.
  if (credential.version !== asked && credential.served !== 'stale') {
    await refuseOutrun(access, endpoint, credential);
    await restAfterRestore(access, endpoint, held, credential);
    await followStoreVersion(access.db, { endpointId: endpoint.id, orgId: endpoint.orgId, from: asked, to: credential.version });
  }
  if (!goesBy(accountOf(access.keys, endpoint, credential.payload), endpoint.loginIdentity)) await refuseOtherAccount(access, endpoint);
  return credential;
}

/**
 * Somebody opened the secret before a rotation and saved it after: its password is the one that the rotation replaced, and to try it would be
 * a failure for nothing. The rotator puts the newer password into what they saved.
 */
async function refuseOutrun({ db, logger }: AgentAccess, endpoint: MigratedEndpoint, { payload }: HeldCredential): Promise<void> {
  const { id: endpointId, orgId, loginIdentity } = endpoint;
  const attemptId = rotationThatMade(payload);
  if (attemptId === null || (await outrunCopy(db, { orgId, loginIdentity, attemptId })) === null) return;
  logger.warn({ endpointId }, 'the secret was saved from a copy that is older than the last rotation; the rotator puts it right');
  await wantCredentialSearch(db, { orgId, endpointId });
  throw notReady(endpoint, 'saved_from_old_copy');
}

/** Only a rotator may say which account a row means: it follows, with what the ledger knows. */
async function refuseOtherAccount({ db, logger }: AgentAccess, endpoint: MigratedEndpoint): Promise<never> {
  logger.warn({ endpointId: endpoint.id }, 'the secret names another account than the row; the rotator lets the row follow');
  await wantCredentialSearch(db, { orgId: endpoint.orgId, endpointId: endpoint.id });
  throw notReady(endpoint, 'other_account');
}

const notReady = ({ id }: MigratedEndpoint, reason: string): RcmError =>
  new RcmError('login_not_allowed', `No login was attempted (${reason}); nothing was sent to the portal.`, { details: { endpointId: id, reason } });

/**
 * A rotation made this version and the journal does not know it: the database was restored to an earlier hour. The ledger has forgotten the
 * failures of that time too, so nobody logs in for one lockout window.
 */
async function restAfterRestore({ db, logger }: AgentAccess, endpoint: MigratedEndpoint, held: HeldLease, { payload, version }: HeldCredential): Promise<void> {
  const { id: endpointId, orgId, portalType } = endpoint;
  const attemptId = rotationThatMade(payload);
  if (attemptId === null || (await knowsRotation(db, { orgId, attemptId }))) return;
  logger.error({ endpointId }, 'the database was restored to an earlier hour: the store is ahead of it; nobody logs in for one lockout window');
  await restLogin(db, { orgId, endpointId, leaseId: held.lease.id, version, actor: 'agent', forMs: afterRestoreMs(portalType) });
}

/** An agent's login keeps no session that must change its password first, so it is accepted or not. */
async function tryLogin(
  access: AgentAccess,
  endpoint: MigratedEndpoint,
  held: HeldLease,
  credential: HeldCredential,
  taskId: string | undefined,
): Promise<Exclude<GuardedResult, { kind: 'must_change' }>> {
  const result = await guardedLogin({
    db: access.db,
    clock: access.clock,
    logger: access.logger,
    metrics: access.metrics,
    driver: access.drivers.for(endpoint.portalType, endpoint),
    endpoint,
    loginIdentity: endpoint.loginIdentity,
    leaseId: held.lease.id,
    actor: 'agent',
    taskId,
    payload: credential.payload,
    version: credential.version,
    keys: access.keys,
    illness: access.illness,
    assertHeld: () => held.assertHeld(),
    timing: access.login,
    signal: held.signal,
  });
  if (result.kind === 'must_change') throw new RcmError('state_conflict', 'A session was kept that nobody asked to keep.');
  return result;
}

async function actAndKeep<T>(
  access: AgentAccess,
  endpoint: MigratedEndpoint,
  opened: OpenSession,
  signal: AbortSignal,
  act: (session: PortalSession, signal: AbortSignal) => Promise<VisitResult<T>>,
): Promise<T> {
  let kept = false;
  try {
    const result = await act(opened.session, signal);
    if (result.session === 'keep' && !signal.aborted) {
      await access.keeper.keep(endpoint.id, standing(access, endpoint, opened.version), opened);
      kept = true;
    }
    return result.value;
  } catch (error) {
    if (signal.aborted && !hasCode(error, 'cancelled'))
      throw new RcmError('cancelled', 'The visit was stopped: the process is ending or the lease was lost.', { cause: error });
    throw error;
  } finally {
    if (!kept) await opened.session.close();
  }
}
