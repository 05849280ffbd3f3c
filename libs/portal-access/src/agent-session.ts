import { getEndpoint } from '@rcm/db';
import { NOBODY_ANSWERED } from '@rcm/db/codes';
import { type HeldLease, holdLease } from '@rcm/db/holding';
import { recordKeptSession } from '@rcm/db/ledger';
import type { DeviceRules, PortalSession } from '@rcm/portal-drivers';
import { hasCode, RcmError } from '@rcm/telemetry';
import { accountOf } from './account.ts';
import { MANY_WAIT } from './asked-code.ts';
import type { CredentialSource, CurrentCredential, NamedEndpoint } from './credential-source.ts';
import { guardedLogin } from './guarded-login.ts';
import { loginError } from './login-error.ts';
import type { GuardedResult, NotAccepted, NotAllowedReason } from './login-request.ts';
import { legacyCredential, namedLegacy } from './legacy-credential.ts';
import { type LoginDevice, loginDevice } from './login-device.ts';
import { automationRefusal } from './permission.ts';
import type { KeptSession } from './session-cache.ts';
import { isMigrated, notMigrated, storedCredential } from './stored-credential.ts';
import type { AgentAccess } from './agent-access.ts';

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
 * The agent's way in: shared lease, then the version that the lease names (or, before its migration and where that is allowed, what lies in its row), then a kept
 * session of that version or a login, then `act`. The lease is held until `act` ends; its signal tells `act` to stop when the lease is lost.
 *
 * Errors: `endpoint_unknown`, `automation_undecided`, `automation_forbidden` (nothing was opened), `lease_unavailable` (a rotation is under way: ask again later), `login_*`, `portal_*`,
 * `secret_missing`, `payload_invalid`, `store_*`, `audit_unavailable` (nothing was used), `cancelled`.
 */
export async function withAgentSession<T>(
  access: AgentAccess,
  visit: AgentVisit,
  act: (session: PortalSession, signal: AbortSignal) => Promise<VisitResult<T>>,
): Promise<T> {
  const { endpoint, source } = await toVisit(access, visit);
  const held = await holdLease({
    db: access.db,
    clock: access.clock,
    logger: access.logger,
    metrics: access.metrics,
    orgId: visit.orgId,
    endpointId: visit.endpointId,
    loginIdentity: endpoint.loginIdentity,
    secretArn: endpoint.secretArn,
    holder: visit.holder,
    kind: 'shared',
    timing: access.lease,
    signal: visit.signal,
  });
  try {
    const visited = { access, endpoint, held, source: source(held), taskId: visit.taskId };
    const opened = (await reuse(visited)) ?? (await logIn(visited));
    return await actAndKeep(access, endpoint, { opened, signal: held.signal }, act);
  } finally {
    await held.release();
  }
}

interface ToVisit {
  readonly endpoint: NamedEndpoint;
  /** Where its login is had from, once its lease is held. */
  readonly source: (held: HeldLease) => CredentialSource;
}

/** The endpoint of this organization, with a login that has a name. Before lease and secret: whether a program may log in; a session that is kept is not used any more either. */
async function toVisit(access: AgentAccess, visit: AgentVisit): Promise<ToVisit> {
  const row = await getEndpoint(access.db, visit);
  if (!row) throw new RcmError('endpoint_unknown', `Organization ${visit.orgId} has no endpoint ${visit.endpointId}.`);
  const legacy = row.secretArn === null && row.retiredAt === null && row.hasLegacyCredentials ? access.legacy : undefined;
  const refusal = automationRefusal(row.portalType);
  if (isMigrated(row)) {
    if (refusal) throw refusal;
    return { endpoint: row, source: (held) => storedCredential(access, row, held) };
  }
  if (!legacy) throw notMigrated(row);
  if (refusal) throw refusal;
  const named = await namedLegacy(access, legacy, row);
  return { endpoint: named, source: (held) => legacyCredential(access, legacy, named, held) };
}

interface Visited {
  readonly access: AgentAccess;
  readonly endpoint: NamedEndpoint;
  readonly held: HeldLease;
  readonly source: CredentialSource;
  readonly taskId: string | undefined;
}

interface OpenSession extends KeptSession {
  readonly version: string;
}

/** What a session was opened with: once a password, an address, a recipe or the hosts are others, it is not kept any longer. */
function basisOf({ drivers }: AgentAccess, { secretArn, baseUrl, portalType }: NamedEndpoint, version: string): string {
  const { hosts, privateHosts, loopbackHosts, hostNames } = portalType;
  return JSON.stringify([secretArn, version, baseUrl, hosts, privateHosts, loopbackHosts, hostNames, drivers.for(portalType).hash]);
}

/** A kept session is a use of the login like any other: it stands in the audit trail before a page of it is asked for. */
async function reuse({ access, endpoint, held, source, taskId }: Visited): Promise<OpenSession | null> {
  await access.sessions.closed(endpoint.id);
  const version = await source.keptVersion();
  if (version === null) return null;
  const kept = await access.sessions.take(endpoint.id, basisOf(access, endpoint, version));
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

/** Logs in; after a rejection asks once more what the password is and tries once more only if it is another one. */
async function logIn(visited: Visited): Promise<OpenSession> {
  const { access, endpoint, source } = visited;
  const first = await source.current();
  const result = await tryLogin(visited, first);
  if (result.kind === 'accepted') return { ...result, version: first.version };
  if (!mayBeOutdated(result)) throw loginError(endpoint, result);

  source.forget();
  const second = await source.current();
  if (isSamePassword(access, endpoint, first, second)) throw loginError(endpoint, result);
  const retried = await tryLogin(visited, second);
  if (retried.kind === 'accepted') return { ...retried, version: second.version };
  throw loginError(endpoint, retried);
}

const isSamePassword = ({ keys }: AgentAccess, endpoint: NamedEndpoint, first: CurrentCredential, second: CurrentCredential): boolean =>
  accountOf(keys, endpoint, first.payload).fingerprints[0] === accountOf(keys, endpoint, second.payload).fingerprints[0];

const SAYS_NOTHING_OF_THE_SECRET: ReadonlySet<NotAllowedReason> = new Set(['lease_lost', NOBODY_ANSWERED, MANY_WAIT]);

/** Password or account were refused, now or before: somebody may have put another one into the store without the row knowing. */
function mayBeOutdated(result: NotAccepted): boolean {
  if (result.kind === 'not_allowed') return !SAYS_NOTHING_OF_THE_SECRET.has(result.reason);
  return result.outcome.kind === 'rejected' || result.outcome.kind === 'rejected_or_locked';
}

/** An agent's login keeps no session that must change its password first, so it is accepted or not. */
async function tryLogin({ access, endpoint, held, taskId }: Visited, credential: CurrentCredential): Promise<Exclude<GuardedResult, { kind: 'must_change' }>> {
  const driver = access.drivers.for(endpoint.portalType, endpoint);
  const result = await guardedLogin({
    db: access.db,
    clock: access.clock,
    logger: access.logger,
    metrics: access.metrics,
    driver,
    device: deviceOf(access, { endpoint, held, rules: driver.device }),
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

function deviceOf(
  { db, logger, metrics, devices }: AgentAccess,
  { endpoint, held, rules }: Pick<Visited, 'endpoint' | 'held'> & { readonly rules: DeviceRules | undefined },
): LoginDevice | undefined {
  if (!devices || !rules || !isMigrated(endpoint)) return undefined;
  return loginDevice({ db, logger, metrics, devices, endpoint, leaseId: held.lease.id, rules, making: 'may make', signal: held.signal });
}

async function actAndKeep<T>(
  access: AgentAccess,
  endpoint: NamedEndpoint,
  { opened, signal }: { readonly opened: OpenSession; readonly signal: AbortSignal },
  act: (session: PortalSession, signal: AbortSignal) => Promise<VisitResult<T>>,
): Promise<T> {
  let kept = false;
  try {
    const result = await act(opened.session, signal);
    if (result.session === 'keep' && !signal.aborted) {
      await access.sessions.keep(endpoint.id, basisOf(access, endpoint, opened.version), opened);
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
