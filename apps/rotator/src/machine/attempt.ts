import type { CredentialPayload, SecretStore, StagedSlot, StoredSecret } from '@rcm/credentials';
import { parsePayload } from '@rcm/credentials';
import { type BreakerRules, type Database, isPortalTypeStopped, type RotationAttempt } from '@rcm/db';
import { type Drivers, guardedLogin, type GuardedResult, type HeldLease, type LoginTiming, type MigratedEndpoint } from '@rcm/portal-access';
import type { Clock, Logger, Secret } from '@rcm/telemetry';
import type { JournalWatch } from './journal.ts';

export interface RotationTiming extends LoginTiming {
  /** From the moment the POST is let out until the browser is stopped, in ms. The lease must live longer than this. */
  readonly submitDeadlineMs: number;
  /** Until an attempt that met an ill portal or store goes on, in ms. */
  readonly retryMs: number;
  /** How many tries that did not work end an attempt: abandoned where nothing was changed, else blocked. */
  readonly maxTries: number;
  /** Until a login whose rotation was abandoned is due again, in ms. */
  readonly abandonedPauseMs: number;
}

export interface RotatorServices {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly drivers: Pick<Drivers, 'for'>;
  readonly timing: RotationTiming;
  /** When a portal type is taken to fail, and not its passwords. */
  readonly breaker: BreakerRules;
  /** Told before and after each write to the journal. For crash tests, which die there; no configuration sets it. */
  readonly onJournalWrite?: JournalWatch;
}

/** One attempt in the hands of the process that holds the exclusive lease. */
export interface AttemptInHand {
  readonly services: RotatorServices;
  readonly endpoint: MigratedEndpoint;
  readonly held: HeldLease;
  /** The tenant's own store: it can reach no other tenant's secrets. */
  readonly store: SecretStore;
  readonly slot: StagedSlot;
  /** The journal's row as last written or read by this process. */
  attempt: RotationAttempt;
  /** The wait after a submit is over, so a login may ask the portal what became of it. */
  mayProbe: boolean;
  /** The portal accepted the staged password in a fresh context while this process held the attempt. */
  stagedProven: boolean;
}

/** What the ledger remembers a staged password as. */
export const stagedVersion = (attemptId: string): string => `staged:${attemptId}`;

/** Logs in with what a store holds, in a fresh context and inside the ledger. */
export function loginWith(inHand: AttemptInHand, stored: StoredSecret, version: string): Promise<GuardedResult> {
  const { services, endpoint, held, attempt } = inHand;
  const payload: Secret<CredentialPayload> = parsePayload(stored.text);
  return guardedLogin({
    db: services.db,
    clock: services.clock,
    logger: services.logger,
    driver: services.drivers.for(endpoint.portalType, endpoint),
    endpoint,
    loginIdentity: endpoint.loginIdentity,
    leaseId: held.lease.id,
    actor: 'rotator',
    payload,
    version,
    rotationAttemptId: attempt.id,
    isPortalTypeStopped: () => isStopped(inHand),
    timing: services.timing,
    signal: held.signal,
  });
}

/** Whether the attempt's portal type fails as a whole now: then what it refuses says nothing about one login. */
export const isStopped = ({ services, attempt }: AttemptInHand): Promise<boolean> =>
  isPortalTypeStopped(services.db, { portalTypeCode: attempt.portalTypeCode, rules: services.breaker });

/** A login whose only purpose is its answer: nothing is done with the session. */
export async function askPortal(inHand: AttemptInHand, stored: StoredSecret, version: string): Promise<GuardedResult> {
  const result = await loginWith(inHand, stored, version);
  if (result.kind === 'accepted') await result.session.close();
  return result;
}
