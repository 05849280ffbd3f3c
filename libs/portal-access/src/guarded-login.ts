import type { Database } from '@rcm/db';
import { NOBODY_ANSWERED } from '@rcm/db/codes';
import { beginLoginAttempt, checkLoginAttempt, type LoginAttemptRequest, type LoginRefusal } from '@rcm/db/ledger';
import { bringRotationForward, wantSearchIfOutdated } from '@rcm/db/rotation';
import type { LoginOutcome, LoginResult, PortalSession } from '@rcm/portal-drivers';
import { hasCode, type Secret } from '@rcm/telemetry';
import { accountOf, goesBy } from './account.ts';
import { MANY_WAIT } from './asked-code.ts';
import { judge, NOTHING_KNOWN } from './judgement.ts';
import { CODE_ENDS } from './lasting-code.ts';
import { mayLeave } from './may-leave.ts';
import { type LoginCodes, loginCodes } from './one-time-code.ts';
import { automationRefusal } from './permission.ts';
import { portalCredential } from './portal-credential.ts';
import { concludeAttempt, concludeUnsent, type Noted } from './conclude-attempt.ts';
import type { GuardedLogin, GuardedResult, NotAllowedReason, NotAllowedResult } from './login-request.ts';

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
  const device = (await request.device?.load()) ?? null;
  const session = await request.driver.openSession({ baseUrl: request.endpoint.baseUrl, signal: request.signal });
  let keepSession = false;
  try {
    const sent = await send(request, { session, question, codes, device });
    if (sent instanceof NotAllowed) return { kind: 'not_allowed', reason: sent.reason, until: sent.until };
    const result = await conclude(request, { session, question, codes, sent });
    keepSession = result.kind === 'must_change' || result.kind === 'accepted';
    return result;
  } finally {
    if (!keepSession) await session.close();
  }
}

interface Sending {
  readonly session: PortalSession;
  readonly question: LoginAttemptRequest;
  readonly codes: LoginCodes | null;
}

/** What the portal answered, and the row that the ledger has of it; `null`: none was written. */
interface Sent {
  readonly result: LoginResult;
  readonly loginAttemptId: string | null;
}

async function send(
  request: GuardedLogin,
  { session, question, codes, device }: Sending & { readonly device: Secret<object> | null },
): Promise<Sent | NotAllowed> {
  const { db, endpoint, timing } = request;
  const ledger: { attemptId: string | null; mayBeSent: boolean } = { attemptId: null, mayBeSent: false };
  try {
    const result = await session.login({
      credential: portalCredential(request.payload),
      totp: codes?.next ?? null,
      device,
      deadlineMs: timing.loginDeadlineMs,
      signal: request.signal,
      beforeSubmit: async () => {
        ledger.attemptId = await begin(db, question);
        // The ledger may have been slow, or this process stopped: from here on somebody else may hold the login.
        request.assertHeld?.();
        ledger.mayBeSent = true;
      },
      mayLeave: () => mayLeave(request.assertHeld),
    });
    return { result, loginAttemptId: ledger.attemptId };
  } catch (error) {
    if (error instanceof NotAllowed) return error;
    if (!ledger.mayBeSent) {
      if (ledger.attemptId !== null) await concludeUnsent(request, ledger.attemptId);
      throw error;
    }
    request.logger.warn({ err: error, endpointId: endpoint.id }, 'login ended in an error after it was sent');
    const outcome = { kind: 'unknown', detail: 'the driver failed, and the password may have been sent' } as const;
    return { result: { outcome, submitted: true }, loginAttemptId: ledger.attemptId };
  }
}

/** Writes down what came of it, first where it counts. The session goes on in what it gives, or is over. */
async function conclude(request: GuardedLogin, { session, question, codes, sent }: Sending & { readonly sent: Sent }): Promise<GuardedResult> {
  const { result, loginAttemptId } = sent;
  const { outcome, submitted } = result;
  const withCode = codes?.given() ?? false;
  const ended = { outcome: outcome.kind, loginAttemptId, device: result.device, withCode };
  await heedCode(codes, result);
  if (loginAttemptId === null) {
    await request.device?.ended(ended);
    // The driver never reached its submit step: the portal counted nothing, and neither do we.
    return { kind: 'refused', outcome, judgement: judge(outcome, NOTHING_KNOWN), submitted: false };
  }
  const judgement = await concludeAttempt(request, question, { loginAttemptId, withCode, outcome, submitted, noted: notedAs(outcome, codes) });
  await heedExpiry(request, outcome);
  await request.device?.ended(ended);
  if (request.mustChange === 'keep' && demandsChange(outcome)) return { kind: 'must_change', session, outcome };
  if (outcome.kind !== 'accepted') return { kind: 'refused', outcome, judgement, submitted };
  return { kind: 'accepted', session, loginAttemptId, passwordExpiresAt: outcome.passwordExpiresAt ?? null };
}

const heedCode = async (codes: LoginCodes | null, { submitted, outcome }: { readonly submitted: boolean; readonly outcome: LoginOutcome }): Promise<void> =>
  codes?.heed(submitted ? CODE_ENDS[outcome.kind] : 'unclear');

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

/** The password that cools down may have been saved over the one that the portal accepts. A hint: nothing was sent, with or without it. */
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

function notedAs({ kind }: LoginOutcome, codes: LoginCodes | null): Noted {
  // To the ledger it is a portal that cannot be used, wherever it has gone.
  if (kind === 'host_moved') return 'unavailable';
  // The page is known, and so is that no code was typed: that says nothing against the portal, and is no failure for ever.
  return codes?.brokenOff() && kind === 'unknown' ? 'mfa_required' : kind;
}
