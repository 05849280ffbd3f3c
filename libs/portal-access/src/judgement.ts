import type { PasswordState } from '@rcm/db/ledger';
import type { ErrorCode } from '@rcm/telemetry';
import type { LoginOutcome, LoginOutcomeKind } from '@rcm/portal-drivers';

type LedgerEffect = 'none' | 'provisional' | 'suspect' | 'bad';

export interface Judgement {
  /** What the ledger keeps besides the outcome itself. */
  readonly effect: LedgerEffect;
  /** How the outcome is reported to whoever asked for the login; `null` for an accepted one. */
  readonly code: ErrorCode | null;
}

const CODES: Readonly<Record<Exclude<LoginOutcomeKind, 'accepted' | 'rejected' | 'rejected_or_locked'>, ErrorCode>> = {
  locked: 'login_locked',
  throttled: 'login_throttled',
  challenged: 'login_challenged',
  mfa_required: 'login_mfa_required',
  mfa_rejected: 'login_mfa_rejected',
  password_expired: 'login_password_expired',
  change_forced: 'login_change_forced',
  unavailable: 'portal_unavailable',
  // Waiting does not bring it back: the recipe or the portal type has to follow.
  host_moved: 'portal_unexpected',
  unknown: 'portal_unexpected',
};

/** What is known of the password, and whether the portal's one text for wrong and locked may have meant locked. */
export type JudgedPassword = Pick<PasswordState, 'fresh' | 'provedBefore' | 'refusals' | 'health'> & { readonly mayBeLocked: boolean };

/**
 * What a login's outcome means (docs/design.md, Login). Only a plain rejection says something about the password, and never for good. It is
 * provisional for one that the portal may not know everywhere yet. It is bad only where others get in: then the portal is well, and the
 * password was never accepted, or was refused before. Else it is suspect: nothing shows whether portal or password is wrong.
 */
export function judge(outcome: LoginOutcome, state: JudgedPassword): Judgement {
  switch (outcome.kind) {
    case 'accepted':
      return { effect: 'none', code: null };
    case 'rejected':
    case 'rejected_or_locked': {
      if (state.fresh) return { effect: 'provisional', code: 'login_not_allowed' };
      const isSurprising = state.provedBefore && state.refusals === 0;
      const saysLittle = outcome.kind === 'rejected_or_locked' && state.mayBeLocked;
      if (state.health === 'well' && !isSurprising && !saysLittle) return { effect: 'bad', code: 'login_rejected' };
      return { effect: 'suspect', code: 'portal_unexpected' };
    }
    default:
      return { effect: 'none', code: CODES[outcome.kind] };
  }
}

/** What a session of nobody's login is judged by: nothing was sent. */
export const NOTHING_KNOWN: JudgedPassword = { fresh: true, provedBefore: false, refusals: 0, health: 'unknown', mayBeLocked: false };

/** A session is proof that the password is right, and so is what a portal says only after a right one, where the recipe says so. */
export const isProof = (outcome: LoginOutcome): boolean => outcome.kind === 'accepted' || ('provesPassword' in outcome && outcome.provesPassword);
