import type { ErrorCode } from '@rcm/telemetry';
import type { LoginOutcome, LoginOutcomeKind } from '@rcm/portal-drivers';

/** What is known about the version that was typed, at the moment the portal answered. */
export interface VersionStanding {
  /** It belongs to an open rotation attempt, or was promoted less than `settle` ago: the portal may not know it everywhere yet. */
  readonly fresh: boolean;
  /** The portal accepted it before, and has not refused it since. */
  readonly acceptedBefore: boolean;
}

export type LedgerEffect = 'none' | 'provisional' | 'suspect' | 'version_bad';

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
  unknown: 'portal_unexpected',
};

/**
 * What a login's outcome means (DESIGN "Login"). Only a plain rejection says something about the password: it is provisional
 * for a fresh version, suspect for one that worked before (the portal may be ill), else the version is bad for good.
 */
export function judge(outcome: LoginOutcome, standing: VersionStanding): Judgement {
  switch (outcome.kind) {
    case 'accepted':
      return { effect: 'none', code: null };
    case 'rejected':
    case 'rejected_or_locked':
      if (standing.fresh) return { effect: 'provisional', code: 'login_not_allowed' };
      if (standing.acceptedBefore) return { effect: 'suspect', code: 'portal_unexpected' };
      return { effect: 'version_bad', code: 'login_rejected' };
    default:
      return { effect: 'none', code: CODES[outcome.kind] };
  }
}
