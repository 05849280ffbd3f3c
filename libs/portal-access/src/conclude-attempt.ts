import { coolDownAfter, finishLoginAttempt, type LoginAttemptRequest, mayBeLocked, passwordState } from '@rcm/db/ledger';
import { isProof, judge, type Judgement, NOTHING_KNOWN } from './judgement.ts';
import type { LoginOutcome } from '@rcm/portal-drivers';
import type { GuardedLogin } from './login-request.ts';

/** The row was written and the password stayed in the browser. Where this cannot be said, the row counts as a failure. */
export async function concludeUnsent({ db, logger, endpoint }: GuardedLogin, loginAttemptId: string): Promise<void> {
  await finishLoginAttempt(db, { loginAttemptId, orgId: endpoint.orgId, outcome: 'not_submitted', effect: 'none' }).catch((error: unknown) =>
    logger.warn({ err: error, endpointId: endpoint.id }, 'a login that was not sent could not be noted as such; it counts as a failure'),
  );
}

export type Noted = Exclude<LoginOutcome['kind'], 'host_moved'>;

interface Answered {
  readonly loginAttemptId: string;
  readonly withCode: boolean;
  readonly outcome: LoginOutcome;
  /** What the ledger keeps of it. */
  readonly noted: Noted;
  readonly submitted: boolean;
}

export async function concludeAttempt(
  request: GuardedLogin,
  { fingerprints }: LoginAttemptRequest,
  { loginAttemptId, withCode, outcome, noted, submitted }: Answered,
): Promise<Judgement> {
  const { db, endpoint, loginIdentity, version, illness } = request;
  const { orgId, portalTypeCode, portalType } = endpoint;
  const { propagationDelayMs } = portalType;
  const isOneText = outcome.kind === 'rejected_or_locked';
  // Only a refusal is judged by what is known of the password. What proves or clears is written down without one more question that could fail.
  const state =
    isOneText || outcome.kind === 'rejected'
      ? await passwordState(db, { orgId, loginIdentity, portalTypeCode, fingerprints, version, propagationDelayMs, rules: illness })
      : null;
  const mayMeanLocked = isOneText && (await mayBeLocked(db, { orgId, loginIdentity }));
  const judgement = judge(outcome, state ? { ...state, mayBeLocked: mayMeanLocked } : NOTHING_KNOWN);
  const effect = submitted ? judgement.effect : 'none';
  await finishLoginAttempt(db, {
    loginAttemptId,
    orgId,
    outcome: submitted ? noted : 'not_submitted',
    effect,
    proved: submitted && isProof(outcome),
    withCode: submitted && withCode,
    ...holdsUntil(outcome),
    ...(state && (effect === 'suspect' || effect === 'bad')
      ? { coolDownMs: coolDownAfter({ ...state, effect, propagationDelayMs, timeForgives: portalType.lockoutWindowSeconds !== null }) }
      : {}),
  });
  return judgement;
}

/** What an answer says of the account, it says until then: until that moment no login of it is begun, so that nobody is sent a code, and no failure is counted, for nothing. */
const holdsUntil = (outcome: LoginOutcome): { readonly throttledUntil?: Date } =>
  'until' in outcome && outcome.until && outcome.kind !== 'unavailable' ? { throttledUntil: outcome.until } : {};
