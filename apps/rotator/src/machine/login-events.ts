import type { GuardedResult } from '@rcm/portal-access';
import type { AttemptInHand } from './attempt.ts';
import type { AttemptEvent } from './transitions.ts';

type NotAccepted = Exclude<GuardedResult, { kind: 'accepted' }>;

/** What a login said about the password that was typed. */
export type PasswordProof = 'right' | 'wrong' | 'nothing';

/**
 * A session is proof, and so is an answer that the portal gives only after a correct password, where the recipe says so
 * (`proves_password`). Of the others only the portal's own refusal says something, and nothing does about a password that was not sent.
 * Whoever asks closes the session.
 */
export function proofOf(result: GuardedResult): PasswordProof {
  if (result.kind === 'accepted') return 'right';
  if (result.kind === 'not_allowed' || !result.submitted) return 'nothing';
  const { outcome } = result;
  if (outcome.kind === 'rejected' || outcome.kind === 'rejected_or_locked') return 'wrong';
  return 'provesPassword' in outcome && outcome.provesPassword ? 'right' : 'nothing';
}

/** A refusal that need not be asked for again. */
export const isKnownBad = (result: GuardedResult): boolean => result.kind === 'not_allowed' && result.reason === 'version_known_bad';

/** What only a person can answer comes again at every login: asked less often than an ill portal. */
const NEEDS_A_PERSON: ReadonlySet<string> = new Set(['challenged', 'mfa_required', 'mfa_rejected', 'password_expired', 'change_forced']);
const SLOW_RETRY = 10;

/** A login that told nothing about the password: wait as long as its reason asks for, then go on from the same state. */
export function holdFor(inHand: AttemptInHand, result: NotAccepted): AttemptEvent {
  const { retryMs } = inHand.services.timing;
  if (result.kind === 'not_allowed') {
    return {
      kind: 'hold',
      detail: `no login was allowed: ${result.reason}`,
      ...(result.until ? { until: result.until } : { forMs: retryMs }),
      ownMatter: true,
    };
  }
  const { outcome } = result;
  const detail = `the portal answered a login with ${outcome.kind}`;
  if (outcome.kind === 'throttled' && outcome.until) return { kind: 'hold', detail, until: outcome.until };
  if (outcome.kind === 'locked') {
    const { lockoutWindowSeconds } = inHand.endpoint.portalType;
    return { kind: 'hold', detail, ...(outcome.until ? { until: outcome.until } : { forMs: lockoutWindowSeconds * 1000 }), ownMatter: true };
  }
  if (NEEDS_A_PERSON.has(outcome.kind)) return { kind: 'hold', detail, forMs: retryMs * SLOW_RETRY, ownMatter: true };
  return { kind: 'hold', detail, forMs: retryMs };
}
