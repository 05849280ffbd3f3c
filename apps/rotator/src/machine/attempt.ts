import type { IdentityKeys, TenantDevices } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import type { BreakerRules, RotationAttempt } from '@rcm/db/rotation';
import type { Drivers, LoginTiming } from '@rcm/portal-access';
import type { Clock, Logger, Metrics, Secret } from '@rcm/telemetry';
import type { LoginInHand } from '../finding/login-in-hand.ts';
import type { JournalWatch } from './journal.ts';

interface RotationTiming extends LoginTiming {
  /** From the moment the POST is let out until the browser is stopped, in ms. The lease must live longer than this. */
  readonly submitDeadlineMs: number;
  /** Until an attempt that met a failing portal or store goes on, in ms; it grows while nothing moves. */
  readonly retryMs: number;
  /** How many submits that did not work end an attempt. */
  readonly maxTries: number;
  /** Until a login whose rotation was abandoned is due again, in ms. */
  readonly abandonedPauseMs: number;
  /** For how long an attempt may wait without moving, in ms: then it is given up where nothing was sent, and blocked where the portal cannot be asked. */
  readonly giveUpMs: number;
}

export interface RotatorServices {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is measured of leases and logins. Default: nothing. */
  readonly metrics?: Metrics | undefined;
  readonly drivers: Pick<Drivers, 'for' | 'inspect'>;
  readonly timing: RotationTiming;
  /** When a portal type is taken to fail, and not its passwords. */
  readonly breaker: BreakerRules;
  /** What accounts and passwords are known by. */
  readonly keys: IdentityKeys;
  /** Where devices are kept that portals know. Default: none is used. */
  readonly devices?: TenantDevices | undefined;
  /** Told before and after each write to the journal. For crash tests, which die there; no configuration sets it. */
  readonly onJournalWrite?: JournalWatch;
}

/** One attempt in the hands of the process that holds the exclusive lease. */
export interface AttemptInHand {
  readonly services: RotatorServices;
  readonly login: LoginInHand;
  /** The journal's row as last written or read by this process. */
  attempt: RotationAttempt;
  /** The wait after a submit is over, so a login may ask the portal what became of it. */
  mayAsk: boolean;
  /** This process has begun it under the lease that it holds, with a password of its own, and has not submitted it yet: no portal can know that password. */
  isUnsent: boolean;
  /** It waited when this process took it up. */
  readonly hasWaited: boolean;
  /** For how long it had not moved when this process took it up, in ms; 0 as soon as it moves, as the journal has it. */
  heldMs: number;
  /** The found password, as the portal accepted it in a fresh context while this process held the attempt; `null`: it did not yet. */
  proven: Secret<string> | null;
  /** An edit of the current secret came into the way while this process held the attempt. */
  editMet: boolean;
}
