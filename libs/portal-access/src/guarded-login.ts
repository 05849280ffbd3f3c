import {
  beginLoginAttempt,
  bringRotationForward,
  type BreakerRules,
  checkLoginAttempt,
  type Database,
  type EndpointRow,
  finishLoginAttempt,
  type LoginAttemptRequest,
  type LoginRefusal,
  mayBeLocked,
  NOBODY_ANSWERED,
  passwordStanding,
  restAfter,
  wantSearchIfOutdated,
} from '@rcm/db';
import type { CredentialPayload, IdentityKeys } from '@rcm/credentials';
import type { LoginOutcome, PortalDriver, PortalSession } from '@rcm/portal-drivers';
import { type Clock, type ErrorCode, hasCode, type Logger, type Metrics, RcmError, type Secret } from '@rcm/telemetry';
import { accountOf, goesBy } from './account.ts';
import { MANY_WAIT } from './asked-code.ts';
import { isProof, type Judgement, judge, NOTHING_KNOWN } from './judgement.ts';
import type { KeptCodes } from './kept-codes.ts';
import { codeEndOf } from './lasting-code.ts';
import type { LoginDevice } from './login-device.ts';
import { type LoginCodes, loginCodes } from './one-time-code.ts';
import type { PersonPlaces } from './person-places.ts';
import { automationRefusal } from './permission.ts';
import { portalCredential } from './portal-credential.ts';

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
  /** The store's version, or `staged:<attempt id>`: what the ledger remembers instead of the password. */
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
type NotAllowedResult = Extract<GuardedResult, { kind: 'not_allowed' }>;
export type NotAccepted = Exclude<GuardedResult, { kind: 'accepted' | 'must_change' }>;

/** Thrown inside the driver's `beforeSubmit`, so that nothing is sent. */
class NotAllowed extends Error {
  readonly reason: LoginRefusal;
  readonly until: Date | null;
  constructor(reason: LoginRefusal, until: Date | null) {
    super('the ledger does not allow this login');
    this.reason = reason;
    this.until = until;
  }
}

/**
 * One login at a portal, in a fresh browser context, inside the ledger: the row is committed before the password leaves the
 * browser, and an attempt whose end was never written counts as a failure. Throws when something is broken before anything was sent
 * (`browser_unavailable`, `address_refused`, `database_unavailable`, `deadline_exceeded`, `cancelled`, what `assertHeld` throws), and where the ledger did not
 * take the portal's answer (`database_unavailable`): then the attempt counts as a failure, and the session is closed.
 */
export async function guardedLogin(request: GuardedLogin): Promise<GuardedResult> {
  const startedAt = performance.now();
  const result = await tryOnce(request);
  if (result.kind === 'not_allowed') {
    if (!NOT_THE_LEDGERS.has(result.reason)) request.metrics?.counter('rcm_login_refusals_total').inc({ reason: result.reason });
  } else {
    const outcome = result.kind === 'accepted' ? result.kind : result.outcome.kind;
    request.metrics?.histogram('rcm_login_seconds').observe({ outcome }, (performance.now() - startedAt) / 1000);
  }
  return result;
}

/** Whose portal nobody has decided on, nobody has tried to log in to; nor where people are not to be asked now. Neither is the ledger's word. */
const NOT_THE_LEDGERS: ReadonlySet<NotAllowedReason> = new Set(['automation', NOBODY_ANSWERED, MANY_WAIT]);

async function tryOnce(request: GuardedLogin): Promise<GuardedResult> {
  const { db, endpoint, timing } = request;
  if (automationRefusal(endpoint.portalType)) return { kind: 'not_allowed', reason: 'automation', until: null };
  const account = accountOf(request.keys, endpoint, request.payload);
  if (!goesBy(account, request.loginIdentity)) return { kind: 'not_allowed', reason: 'other_account', until: null };
  const question = ledgerQuestion(request, account.fingerprints);
  const refusal = await askLedger(db, question);
  if (refusal) {
    if (request.actor === 'agent' && (refusal.reason === 'password_bad' || refusal.reason === 'password_suspect'))
      await heedOutdated(request, account.fingerprints);
    return refusal;
  }
  const { totpWaitMs: waitMs, personWaitMs, personPlaces, keptCodes } = timing;
  const codes = await loginCodes({ ...request, waitMs, personWaitMs, personPlaces, keptCodes, codeLife: request.driver.codeLife }).catch(refusalToAsk);
  if (codes !== null && 'kind' in codes) return codes;

  try {
    return await inSession(request, question, codes);
  } finally {
    await codes?.end();
  }
}

async function inSession(request: GuardedLogin, question: LoginAttemptRequest, codes: LoginCodes | null): Promise<GuardedResult> {
  const { db, endpoint, timing, signal } = request;
  const device = (await request.device?.load()) ?? null;
  const session = await request.driver.openSession({ baseUrl: endpoint.baseUrl, signal });
  let keepSession = false;
  const ledger: { attemptId: string | null; mayBeSent: boolean } = { attemptId: null, mayBeSent: false };
  try {
    const result = await session
      .login({
        credential: portalCredential(request.payload),
        totp: codes?.next ?? null,
        device,
        deadlineMs: timing.loginDeadlineMs,
        signal,
        beforeSubmit: async () => {
          ledger.attemptId = await begin(db, question);
          // The ledger may have been slow, or this process stopped: from here on somebody else may hold the login.
          request.assertHeld?.();
          ledger.mayBeSent = true;
        },
      })
      .catch(async (error: unknown) => {
        if (error instanceof NotAllowed) return error;
        if (ledger.mayBeSent)
          return { outcome: { kind: 'unknown', detail: 'the driver failed, and the password may have been sent' } as const, submitted: true, error };
        if (ledger.attemptId !== null) await settleUnsent(request, ledger.attemptId);
        throw error;
      });
    if (result instanceof NotAllowed) return { kind: 'not_allowed', reason: result.reason, until: result.until };
    if ('error' in result) request.logger.warn({ err: result.error, endpointId: endpoint.id }, 'login ended in an error after it was sent');

    const withCode = codes?.given() ?? false;
    const ended = { outcome: result.outcome.kind, loginAttemptId: ledger.attemptId, device: 'device' in result ? result.device : undefined, withCode };
    await codes?.heed(result.submitted ? codeEndOf(result.outcome.kind) : 'unclear');
    if (ledger.attemptId === null) {
      await request.device?.ended(ended);
      // The driver never reached its submit step: the portal counted nothing, and neither do we.
      return { kind: 'refused', outcome: result.outcome, judgement: judge(result.outcome, NOTHING_KNOWN), submitted: false };
    }
    const judgement = await settleAttempt(request, question, {
      ...{ loginAttemptId: ledger.attemptId, withCode, outcome: result.outcome, submitted: result.submitted },
      noted: notedAs(result.outcome, codes),
    });
    await heedExpiry(request, result.outcome);
    await request.device?.ended(ended);
    if (request.mustChange === 'keep' && demandsChange(result.outcome)) {
      keepSession = true;
      return { kind: 'must_change', session, outcome: result.outcome };
    }
    if (result.outcome.kind !== 'accepted') return { kind: 'refused', outcome: result.outcome, judgement, submitted: result.submitted };
    keepSession = true;
    return { kind: 'accepted', session, loginAttemptId: ledger.attemptId, passwordExpiresAt: result.outcome.passwordExpiresAt ?? null };
  } finally {
    if (!keepSession) await session.close();
  }
}

const demandsChange = ({ kind }: LoginOutcome): boolean => kind === 'change_forced' || kind === 'password_expired';

/** Asks before a browser is opened and a code step is spent; `begin` asks again, for good, at the moment of sending. */
async function askLedger(db: Database, question: LoginAttemptRequest): Promise<NotAllowedResult | null> {
  const answer = await checkLoginAttempt(db, question);
  return answer.allowed ? null : { kind: 'not_allowed', reason: answer.reason, until: answer.until };
}

/** Nobody may be asked for a code now, and the login was not begun. */
function refusalToAsk(error: unknown): NotAllowedResult {
  if (!hasCode(error, 'login_not_allowed')) throw error;
  const { reason, until } = error.details;
  if (reason !== NOBODY_ANSWERED && reason !== MANY_WAIT) throw error;
  return { kind: 'not_allowed', reason, until: new Date(String(until)) };
}

async function begin(db: Database, question: LoginAttemptRequest): Promise<string> {
  const answer = await beginLoginAttempt(db, question);
  if (!answer.allowed) throw new NotAllowed(answer.reason, answer.until);
  return answer.loginAttemptId;
}

function ledgerQuestion(request: GuardedLogin, fingerprints: LoginAttemptRequest['fingerprints']): LoginAttemptRequest {
  return {
    leaseId: request.leaseId,
    endpointId: request.endpoint.id,
    orgId: request.endpoint.orgId,
    actor: request.actor,
    version: request.version,
    fingerprints,
    ...(request.rotationAttemptId ? { rotationAttemptId: request.rotationAttemptId } : {}),
    taskId: request.taskId,
  };
}

/** The password that rests may have been saved over the one that the portal accepts. A hint: nothing was sent, with or without it. */
async function heedOutdated({ db, logger, endpoint }: GuardedLogin, fingerprints: LoginAttemptRequest['fingerprints']): Promise<void> {
  await wantSearchIfOutdated(db, { orgId: endpoint.orgId, endpointId: endpoint.id, fingerprints }).catch((error: unknown) =>
    logger.warn({ err: error, endpointId: endpoint.id }, 'the login may have to be searched for what its portal accepts, and that could not be noted'),
  );
}

/** What the portal says of the password's end brings the rotation forward. A hint: whoever logged in works on without it. */
async function heedExpiry({ db, logger, endpoint }: GuardedLogin, outcome: LoginOutcome): Promise<void> {
  const expiresAt = outcome.kind === 'accepted' ? outcome.passwordExpiresAt : demandsChange(outcome) ? 'now' : undefined;
  if (!expiresAt) return;
  await bringRotationForward(db, { orgId: endpoint.orgId, endpointId: endpoint.id, expiresAt }).catch((error: unknown) =>
    logger.warn({ err: error, endpointId: endpoint.id }, 'the portal told when the password expires, and it could not be noted'),
  );
}

/** The row was written and the password stayed in the browser. Where this cannot be said, the row counts as a failure. */
async function settleUnsent({ db, logger, endpoint }: GuardedLogin, loginAttemptId: string): Promise<void> {
  await finishLoginAttempt(db, { loginAttemptId, orgId: endpoint.orgId, outcome: 'not_submitted', effect: 'none' }).catch((error: unknown) =>
    logger.warn({ err: error, endpointId: endpoint.id }, 'a login that was not sent could not be noted as such; it counts as a failure'),
  );
}

type Noted = Exclude<LoginOutcome['kind'], 'host_moved'>;

function notedAs({ kind }: LoginOutcome, codes: LoginCodes | null): Noted {
  // To the ledger it is a portal that cannot be used, wherever it has gone.
  if (kind === 'host_moved') return 'unavailable';
  // The page is known, and so is that no code was typed: that says nothing against the portal, and is no failure for ever.
  return codes?.brokenOff() && kind === 'unknown' ? 'mfa_required' : kind;
}

interface Answered {
  readonly loginAttemptId: string;
  readonly withCode: boolean;
  readonly outcome: LoginOutcome;
  /** What the ledger keeps of it. */
  readonly noted: Noted;
  readonly submitted: boolean;
}

async function settleAttempt(
  request: GuardedLogin,
  { fingerprints }: LoginAttemptRequest,
  { loginAttemptId, withCode, outcome, noted, submitted }: Answered,
): Promise<Judgement> {
  const { db, endpoint, loginIdentity, version, illness } = request;
  const { orgId, portalTypeCode, portalType } = endpoint;
  const { settleMs } = portalType;
  const isOneText = outcome.kind === 'rejected_or_locked';
  // Only a refusal is judged by what is known of the password. What proves or clears is written down without one more question that could fail.
  const standing =
    isOneText || outcome.kind === 'rejected'
      ? await passwordStanding(db, { orgId, loginIdentity, portalTypeCode, fingerprints, version, settleMs, rules: illness })
      : null;
  const mayMeanLocked = isOneText && (await mayBeLocked(db, { orgId, loginIdentity }));
  const judgement = judge(outcome, standing ? { ...standing, mayBeLocked: mayMeanLocked } : NOTHING_KNOWN);
  const effect = submitted ? judgement.effect : 'none';
  await finishLoginAttempt(db, {
    loginAttemptId,
    orgId,
    outcome: submitted ? noted : 'not_submitted',
    effect,
    proved: submitted && isProof(outcome),
    withCode: submitted && withCode,
    ...holdsUntil(outcome),
    ...(standing && (effect === 'suspect' || effect === 'bad')
      ? { restMs: restAfter({ ...standing, effect, settleMs, timeForgives: portalType.lockoutWindowSeconds !== null }) }
      : {}),
  });
  return judgement;
}

/** What an answer says of the account, it says until then: until that moment no login of it is begun, so that nobody is sent a code, and no failure is counted, for nothing. */
const holdsUntil = (outcome: LoginOutcome): { readonly throttledUntil?: Date } =>
  'until' in outcome && outcome.until && outcome.kind !== 'unavailable' ? { throttledUntil: outcome.until } : {};

const REFUSED_AS: Readonly<Partial<Record<NotAllowedReason, ErrorCode>>> = { password_bad: 'login_rejected', locked: 'login_locked' };

/** What a login that did not succeed means to whoever asked for it. `details.until`: when to ask again, where that is known. */
export function loginError(endpoint: EndpointRow, result: NotAccepted): RcmError {
  const details = { endpointId: endpoint.id, portalType: endpoint.portalTypeCode };
  if (result.kind === 'not_allowed') {
    const { reason, until } = result;
    const byTerms = reason === 'automation' ? automationRefusal(endpoint.portalType) : null;
    if (byTerms) return byTerms;
    const words = until
      ? ` It may be tried again at ${until.toISOString()}.`
      : reason === 'locked'
        ? ' `rotator unlocked` says that support has unlocked it.'
        : '';
    return new RcmError(REFUSED_AS[reason] ?? 'login_not_allowed', `No login was attempted (${reason}); nothing was sent to the portal.${words}`, {
      details: { ...details, reason, ...(until ? { until: until.toISOString() } : {}) },
    });
  }
  const detail = 'detail' in result.outcome ? ` (${result.outcome.detail})` : '';
  const until = 'until' in result.outcome && result.outcome.until ? { until: result.outcome.until.toISOString() } : {};
  return new RcmError(result.judgement.code ?? 'portal_unexpected', `The portal answered the login with: ${result.outcome.kind}${detail}.`, {
    details: { ...details, outcome: result.outcome.kind, submitted: result.submitted, ...until },
  });
}
