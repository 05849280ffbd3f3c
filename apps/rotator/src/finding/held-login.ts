import type { CredentialPayload } from '@rcm/credentials';
import type { HeldLease } from '@rcm/db/holding';
import { guardedLogin, type GuardedResult, type LoginCodes, loginCodes, type LoginDevice, loginDevice, type MigratedEndpoint } from '@rcm/portal-access';
import type { DeviceRules } from '@rcm/portal-drivers';
import type { Secret } from '@rcm/telemetry';
import type { RotatorServices } from '../machine/attempt.ts';

export interface HeldLogin {
  readonly payload: Secret<CredentialPayload>;
  /** What the ledger remembers the password as. */
  readonly version: string;
  /** The attempt it belongs to in the ledger; `null`: none. */
  readonly attemptId: string | null;
  /** Default: `rotator`. */
  readonly actor?: 'rotator' | 'person';
  /** As in `GuardedLogin`. */
  readonly mustChange?: 'keep';
}

interface HeldEndpoint {
  readonly endpoint: MigratedEndpoint;
  readonly held: HeldLease;
}

/** One login inside the ledger, by whoever holds the login; fails as `guardedLogin` does. A session that is open is the caller's to close. */
export function logInHeld(
  services: RotatorServices,
  { endpoint, held }: HeldEndpoint,
  { attemptId, actor = 'rotator', ...asked }: HeldLogin,
): Promise<GuardedResult> {
  const driver = services.drivers.for(endpoint.portalType, endpoint);
  return guardedLogin({
    db: services.db,
    clock: services.clock,
    logger: services.logger,
    metrics: services.metrics,
    driver,
    device: deviceOf(services, { endpoint, held }, driver.device),
    endpoint,
    loginIdentity: endpoint.loginIdentity,
    leaseId: held.lease.id,
    actor,
    ...asked,
    ...(attemptId === null ? {} : { rotationAttemptId: attemptId }),
    keys: services.keys,
    illness: services.breaker,
    assertHeld: () => held.assertHeld(),
    timing: services.timing,
    signal: held.signal,
  });
}

/** Where a portal counts only logins with a second factor against dormancy, a rotator makes those that count. */
function deviceOf(
  { db, logger, metrics, devices }: RotatorServices,
  { endpoint, held }: HeldEndpoint,
  rules: DeviceRules | undefined,
): LoginDevice | undefined {
  if (!devices || !rules || endpoint.portalType.dormantCounts === 'second_factor') return undefined;
  return loginDevice({ db, logger, metrics, devices, endpoint, leaseId: held.lease.id, rules, making: 'never makes', signal: held.signal });
}

/** The codes of the login, for a page that asks after it; `null`: its payload has nothing to give one. Whoever has them says when they are done. Fails as `loginCodes`. */
export function heldCodes(services: RotatorServices, { endpoint, held }: HeldEndpoint, payload: Secret<CredentialPayload>): Promise<LoginCodes | null> {
  const { db, clock, logger, metrics, keys, timing } = services;
  const { loginIdentity } = endpoint;
  const { totpWaitMs: waitMs, personWaitMs, personPlaces, keptCodes } = timing;
  const waits = { waitMs, personWaitMs, personPlaces, keptCodes, codeLife: services.drivers.for(endpoint.portalType).codeLife, signal: held.signal };
  const asked = { endpoint, loginIdentity, leaseId: held.lease.id, actor: 'rotator', payload, assertHeld: () => held.assertHeld() } as const;
  return loginCodes({ db, clock, logger, metrics, keys, ...asked, ...waits });
}

/** The same where only the answer is needed: the session is closed. */
export async function askHeld(services: RotatorServices, at: HeldEndpoint, asked: HeldLogin): Promise<GuardedResult> {
  const result = await logInHeld(services, at, asked);
  if (result.kind === 'accepted' || result.kind === 'must_change') await result.session.close();
  return result;
}
