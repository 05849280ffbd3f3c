import {
  beginLoginAttempt,
  bringRotationForward,
  checkLoginAttempt,
  type Database,
  type EndpointRow,
  finishLoginAttempt,
  mayBeLocked,
  versionStanding,
} from '@rcm/db';
import type { CredentialPayload } from '@rcm/credentials';
import type { LoginOutcome, PortalDriver, PortalSession } from '@rcm/portal-drivers';
import { type Clock, type ErrorCode, type Logger, RcmError, type Secret } from '@rcm/telemetry';
import { type Judgement, judge } from './judgement.ts';
import { portalCredential } from './portal-credential.ts';
import { reserveTotp } from './totp-source.ts';

export interface LoginTiming {
  /** For the whole login in the browser, in ms. */
  readonly loginDeadlineMs: number;
  /** For an unused one-time code step, in ms. */
  readonly totpWaitMs: number;
}

export interface GuardedLogin {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly driver: PortalDriver;
  readonly endpoint: EndpointRow;
  readonly loginIdentity: string;
  readonly leaseId: string;
  readonly actor: 'agent' | 'rotator' | 'person';
  readonly payload: Secret<CredentialPayload>;
  /** The store's version, or `staged:<attempt id>`: what the ledger remembers instead of the password. */
  readonly version: string;
  readonly rotationAttemptId?: string;
  /** Asked before a refusal would mark the version bad: where the portal is stopped because it refuses what worked, it is suspect instead. */
  readonly isPortalTypeStopped?: () => Promise<boolean>;
  readonly timing: LoginTiming;
  readonly signal: AbortSignal;
}

export type GuardedResult =
  | { readonly kind: 'accepted'; readonly session: PortalSession; readonly passwordExpiresAt: Date | null }
  /** The ledger said no: nothing was sent. */
  | { readonly kind: 'not_allowed'; readonly reason: string; readonly until: Date | null }
  /** The portal answered something else; its session is closed. `submitted`: whether the password had been sent to it. */
  | { readonly kind: 'refused'; readonly outcome: LoginOutcome; readonly judgement: Judgement; readonly submitted: boolean };

/** Thrown inside the driver's `beforeSubmit`, so that nothing is sent. */
class NotAllowed extends Error {
  readonly reason: string;
  readonly until: Date | null;
  constructor(reason: string, until: Date | null) {
    super('the ledger does not allow this login');
    this.reason = reason;
    this.until = until;
  }
}

/**
 * One login at a portal, in a fresh browser context, inside the ledger: the row is committed before the password leaves the
 * browser, and an attempt whose end was never written counts as a failure. Throws only when something is broken before
 * anything was sent (`browser_unavailable`, `database_unavailable`, `deadline_exceeded`, `cancelled`).
 */
export async function guardedLogin(request: GuardedLogin): Promise<GuardedResult> {
  const { db, clock, endpoint, timing, signal } = request;
  const refusal = await askLedger(request);
  if (refusal) return refusal;
  const seed = request.payload.map((payload) => payload.mfa_seed ?? '');
  const { totpPeriodSeconds: periodSeconds, totpSkew: skew } = endpoint.portalType;
  const totp =
    seed.reveal() === ''
      ? null
      : await reserveTotp({
          db,
          clock,
          orgId: endpoint.orgId,
          loginIdentity: request.loginIdentity,
          seed,
          periodSeconds,
          skew,
          waitMs: timing.totpWaitMs,
          signal,
        });

  const session = await request.driver.openSession({ baseUrl: endpoint.baseUrl, signal });
  let keepSession = false;
  const ledger: { attemptId: string | null } = { attemptId: null };
  try {
    const result = await session
      .login({
        credential: portalCredential(request.payload),
        totp,
        deadlineMs: timing.loginDeadlineMs,
        signal,
        beforeSubmit: async () => {
          ledger.attemptId = await begin(request);
        },
      })
      .catch((error: unknown) => {
        if (error instanceof NotAllowed) return error;
        if (ledger.attemptId !== null)
          return { outcome: { kind: 'unknown', detail: 'the driver failed after the password was sent' } as const, submitted: true, error };
        throw error;
      });
    if (result instanceof NotAllowed) return { kind: 'not_allowed', reason: result.reason, until: result.until };
    if ('error' in result) request.logger.warn({ err: result.error, endpointId: endpoint.id }, 'login ended in an error after it was sent');

    if (ledger.attemptId === null) {
      // The driver never reached its submit step: the portal counted nothing, and neither do we.
      return { kind: 'refused', outcome: result.outcome, judgement: judge(result.outcome, { fresh: true, acceptedBefore: false }), submitted: false };
    }
    const judgement = await settleAttempt(request, ledger.attemptId, result.outcome, result.submitted);
    await heedExpiry(request, result.outcome);
    if (result.outcome.kind !== 'accepted') return { kind: 'refused', outcome: result.outcome, judgement, submitted: result.submitted };
    keepSession = true;
    return { kind: 'accepted', session, passwordExpiresAt: result.outcome.passwordExpiresAt ?? null };
  } finally {
    if (!keepSession) await session.close();
  }
}

/** Asks before a browser is opened and a code step is spent; `begin` asks again, for good, at the moment of sending. */
async function askLedger(request: GuardedLogin): Promise<GuardedResult | null> {
  const answer = await checkLoginAttempt(request.db, ledgerQuestion(request));
  return answer.allowed ? null : { kind: 'not_allowed', reason: answer.reason, until: answer.until };
}

async function begin(request: GuardedLogin): Promise<string> {
  const answer = await beginLoginAttempt(request.db, ledgerQuestion(request));
  if (!answer.allowed) throw new NotAllowed(answer.reason, answer.until);
  return answer.loginAttemptId;
}

function ledgerQuestion(request: GuardedLogin) {
  return {
    leaseId: request.leaseId,
    endpointId: request.endpoint.id,
    orgId: request.endpoint.orgId,
    actor: request.actor,
    version: request.version,
    ...(request.rotationAttemptId ? { rotationAttemptId: request.rotationAttemptId } : {}),
  };
}

/** What the portal says of the password's end brings the rotation forward. A hint: whoever logged in works on without it. */
async function heedExpiry({ db, clock, logger, endpoint }: GuardedLogin, outcome: LoginOutcome): Promise<void> {
  const isOver = outcome.kind === 'password_expired' || outcome.kind === 'change_forced';
  const expiresAt = outcome.kind === 'accepted' ? outcome.passwordExpiresAt : isOver ? clock.now() : undefined;
  if (!expiresAt) return;
  await bringRotationForward(db, { orgId: endpoint.orgId, endpointId: endpoint.id, expiresAt }).catch((error: unknown) =>
    logger.warn({ err: error, endpointId: endpoint.id }, 'the portal told when the password expires, and it could not be noted'),
  );
}

async function settleAttempt(request: GuardedLogin, loginAttemptId: string, outcome: LoginOutcome, submitted: boolean): Promise<Judgement> {
  const { db, endpoint, loginIdentity, version } = request;
  const settleMs = endpoint.portalType.settleMs;
  const standing = await versionStanding(db, { orgId: endpoint.orgId, endpointId: endpoint.id, loginIdentity, version, settleMs });
  const judged = judge(outcome, standing);
  const isDoubtful = judged.effect === 'version_bad' && (await isNoProof(request, outcome));
  const judgement = isDoubtful ? judge(outcome, { ...standing, acceptedBefore: true }) : judged;
  await finishLoginAttempt(db, {
    loginAttemptId,
    orgId: endpoint.orgId,
    outcome: submitted ? outcome.kind : 'not_submitted',
    effect: submitted ? judgement.effect : 'none',
    ...(outcome.kind === 'throttled' && outcome.until ? { throttledUntil: outcome.until } : {}),
    ...(judgement.effect === 'suspect' ? { suspectUntilMs: settleMs } : {}),
  });
  return judgement;
}

/** A refusal that need not be the password's fault: the portal refuses everybody, or its one text may have said that the account is locked. */
async function isNoProof({ db, endpoint, loginIdentity, isPortalTypeStopped }: GuardedLogin, outcome: LoginOutcome): Promise<boolean> {
  if (outcome.kind === 'rejected_or_locked' && (await mayBeLocked(db, { orgId: endpoint.orgId, loginIdentity }))) return true;
  return (await isPortalTypeStopped?.()) === true;
}

/** What a login that did not succeed means to whoever asked for it. */
export function loginError(endpoint: EndpointRow, result: Exclude<GuardedResult, { kind: 'accepted' }>): RcmError {
  const details = { endpointId: endpoint.id, portalType: endpoint.portalTypeCode };
  if (result.kind === 'not_allowed') {
    const code: ErrorCode = result.reason === 'version_known_bad' ? 'login_rejected' : result.reason === 'locked' ? 'login_locked' : 'login_not_allowed';
    const until = result.until ? ` It may be tried again at ${result.until.toISOString()}.` : '';
    return new RcmError(code, `No login was attempted (${result.reason}); the account is safe.${until}`, { details: { ...details, reason: result.reason } });
  }
  const detail = 'detail' in result.outcome ? ` (${result.outcome.detail})` : '';
  return new RcmError(result.judgement.code ?? 'portal_unexpected', `The portal answered the login with: ${result.outcome.kind}${detail}.`, {
    details: { ...details, outcome: result.outcome.kind, submitted: result.submitted },
  });
}
