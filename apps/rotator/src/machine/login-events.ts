import { type GuardedResult, isProof, type MigratedEndpoint, type NotAccepted } from '@rcm/portal-access';
import type { RotatorServices } from './attempt.ts';

/** What a login said about the password that was typed. */
export type PasswordProof = 'right' | 'wrong' | 'nothing';

/**
 * Of the answers that are no proof that it is right only the portal's own refusal says something, and nothing does about a password that was
 * not sent. Whoever asks closes the session.
 */
export function proofOf(result: GuardedResult): PasswordProof {
  if (result.kind === 'accepted') return 'right';
  if (result.kind === 'must_change') return isProof(result.outcome) ? 'right' : 'nothing';
  if (result.kind === 'not_allowed' || !result.submitted) return 'nothing';
  const { outcome } = result;
  if (isProof(outcome)) return 'right';
  return outcome.kind === 'rejected' || outcome.kind === 'rejected_or_locked' ? 'wrong' : 'nothing';
}

/** How long to wait, and what for; counted by Postgres's clock. */
export interface Hold {
  readonly detail: string;
  /** A moment that ledger or portal named. */
  readonly until?: Date;
  /** Grows with the time for which nothing moves. */
  readonly forMs?: number;
  /** How far. Default: to an hour. */
  readonly growsToMs?: number;
  /** Counted from the submit deadline. */
  readonly afterSubmitMs?: number;
  /** What is waited for is this account's own (a lock, a spent budget, a person) and says nothing about its portal type. */
  readonly ownMatter?: true;
}

/** What only a person can answer comes again at every login, and may send somebody a code each time: asked less often than an ill portal. */
const NEEDS_A_PERSON: ReadonlySet<string> = new Set(['challenged', 'mfa_required', 'mfa_rejected', 'password_expired', 'change_forced']);
const SLOW_RETRY = 10;
const DAY_MS = 86_400_000;
/** Where only a person ends the wait, their word is looked for so often. */
const PERSON_MS = 3_600_000;
const ONLY_A_PERSON_ENDS: ReadonlySet<string> = new Set(['locked', 'automation']);

/** A login that told nothing about the password: wait as long as its reason asks for, then go on from the same state. */
export function holdFor({ timing }: Pick<RotatorServices, 'timing'>, { portalType }: MigratedEndpoint, result: NotAccepted): Hold {
  const { retryMs } = timing;
  if (result.kind === 'not_allowed') {
    const { reason, until } = result;
    const when = until ? { until } : { forMs: ONLY_A_PERSON_ENDS.has(reason) ? PERSON_MS : retryMs };
    return { detail: `no login was allowed: ${reason}`, ...when, ownMatter: true };
  }
  const { outcome } = result;
  const detail = `the portal answered a login with ${outcome.kind}`;
  if (outcome.kind === 'throttled' && outcome.until) return { detail, until: outcome.until };
  if (outcome.kind === 'locked') {
    const { lockoutLastsSeconds } = portalType;
    return { detail, forMs: lockoutLastsSeconds === null ? PERSON_MS : lockoutLastsSeconds * 1_000, ownMatter: true };
  }
  if (NEEDS_A_PERSON.has(outcome.kind)) return { detail, forMs: retryMs * SLOW_RETRY, growsToMs: DAY_MS, ownMatter: true };
  return { detail, forMs: retryMs };
}
