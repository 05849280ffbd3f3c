import type { CredentialPayload, IdentityKeys } from '@rcm/credentials';
import type { Database, EndpointRow } from '@rcm/db';
import type { NOBODY_ANSWERED } from '@rcm/db/codes';
import type { LoginRefusal } from '@rcm/db/ledger';
import type { BreakerRules } from '@rcm/db/rotation';
import type { LoginOutcome, PortalDriver, PortalSession } from '@rcm/portal-drivers';
import type { Clock, Logger, Metrics, Secret } from '@rcm/telemetry';
import type { MANY_WAIT } from './asked-code.ts';
import type { Judgement } from './judgement.ts';
import type { KeptCodes } from './kept-codes.ts';
import type { LoginDevice } from './login-device.ts';
import type { PersonPlaces } from './person-places.ts';

export interface LoginTiming {
  /** For the whole login in the browser, in ms. */
  readonly loginDeadlineMs: number;
  /** For an unused one-time code step, in ms. */
  readonly totpWaitMs: number;
  /** For a person who is asked for a code, in ms; the deadline of the login does not count it. */
  readonly personWaitMs: number;
  /** How many logins of the process may wait for people at once. Default: any number. */
  readonly personPlaces?: PersonPlaces | undefined;
  /** Where the process keeps codes that are good for longer than one login. Default: it keeps none. */
  readonly keptCodes?: KeptCodes | undefined;
}

export interface GuardedLogin {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is measured of it. Default: nothing. */
  readonly metrics?: Metrics | undefined;
  readonly driver: PortalDriver;
  readonly endpoint: EndpointRow;
  readonly loginIdentity: string;
  readonly leaseId: string;
  readonly actor: 'agent' | 'rotator' | 'person';
  readonly payload: Secret<CredentialPayload>;
  /** The store's version, `staged:<attempt id>`, or that of what somebody typed (`typedVersion`): what the ledger remembers instead of the password. */
  readonly version: string;
  readonly rotationAttemptId?: string;
  /** The task that the login is for. */
  readonly taskId?: string | undefined;
  readonly keys: IdentityKeys;
  /** When a portal is taken to be ill, and not its passwords. */
  readonly illness: Pick<BreakerRules, 'windowMs' | 'suspects'>;
  /** Throws where the caller may not act any more; asked once more after the ledger, right before the password leaves the browser. */
  readonly assertHeld?: (() => void) | undefined;
  /** `keep`: a session whose portal demands a new password first stays open, for whoever can give it one. Default: it is closed. */
  readonly mustChange?: 'keep';
  readonly timing: LoginTiming;
  /** By what the portal knows the device. Default: it knows none, and none is kept. */
  readonly device?: LoginDevice | undefined;
  readonly signal: AbortSignal;
}

export type GuardedResult =
  | { readonly kind: 'accepted'; readonly session: PortalSession; readonly loginAttemptId: string; readonly passwordExpiresAt: Date | null }
  /** Only where it was asked for: the portal accepts the password and lets nobody in before it is changed. */
  | { readonly kind: 'must_change'; readonly session: PortalSession; readonly outcome: LoginOutcome }
  /** Nothing was sent: the ledger said no, the payload names another account than the row (`other_account`), the portal's terms let no program log in (`automation`), people who did not answer are not asked again yet (`nobody_answered`), or too many logins wait for people (`many_wait`). */
  | { readonly kind: 'not_allowed'; readonly reason: NotAllowedReason; readonly until: Date | null }
  /** The portal answered something else; its session is closed. `submitted`: whether the password had been sent to it. */
  | { readonly kind: 'refused'; readonly outcome: LoginOutcome; readonly judgement: Judgement; readonly submitted: boolean };

export type NotAllowedReason = LoginRefusal | 'other_account' | 'automation' | CodeRefusal;

/** People are not to be asked for a code now, and without one nothing is sent. */
type CodeRefusal = typeof NOBODY_ANSWERED | typeof MANY_WAIT;

export type NotAllowedResult = Extract<GuardedResult, { kind: 'not_allowed' }>;

export type NotAccepted = Exclude<GuardedResult, { kind: 'accepted' | 'must_change' }>;
