import type { ChangeOutcome, LoginOutcome } from '@rcm/portal-drivers';
import type { Account } from './account.ts';
import type { PortalHabits } from './habits.ts';
import type { ChangeDecision, LoginEnd } from './record.ts';

/** One login as it went, and at whose door. */
interface LoginSeen {
  /** `null`: no answer came. */
  readonly ended: LoginEnd | null;
  readonly submitted: boolean;
  /** The password was right, and more was asked for. */
  readonly hasProved: boolean;
  /** The recipe says that what the portal asks for after a right password proves it. */
  readonly provesPassword: boolean;
  readonly habits: PortalHabits;
  readonly account: Account | undefined;
}

/** What the interpreter would say of a login. */
export function loginOutcome({ ended, submitted, hasProved, provesPassword, habits, account }: LoginSeen): LoginOutcome {
  const proof = provesPassword ? ({ provesPassword: true } as const) : {};
  switch (ended) {
    case null:
      return { kind: 'unknown', detail: submitted ? 'no answer came' : 'the page did not come' };
    case 'accepted': {
      const { expiresAfterMs } = habits;
      return { kind: 'accepted', ...(expiresAfterMs !== null && account ? { passwordExpiresAt: new Date(account.passwordAt + expiresAfterMs) } : {}) };
    }
    case 'wrong':
    case 'closed':
      return { kind: habits.oneText ? 'rejected_or_locked' : 'rejected' };
    case 'wrong code':
      return { kind: 'mfa_rejected', ...(hasProved ? proof : {}) };
    case 'no code':
      return { kind: 'mfa_required', ...(hasProved ? proof : {}) };
    case 'at locked': {
      if (habits.oneText) return { kind: 'rejected_or_locked' };
      const until = account?.lockedUntil ?? null;
      return { kind: 'locked', ...(habits.tellsUntil && until !== null && Number.isFinite(until) ? { until: new Date(until) } : {}) };
    }
    case 'must change':
      return { kind: 'change_forced', ...proof };
    case 'challenged':
      return { kind: 'challenged' };
    case 'unavailable':
      return { kind: 'unavailable', detail: 'The portal says that it is not available.' };
  }
}

/** What the interpreter would say of a change; `decision` is `null` where the page says nothing. */
export function changeOutcome(decision: ChangeDecision | null, submitted: boolean): ChangeOutcome {
  if (decision === null || decision === 'error') return { kind: 'unknown', detail: 'the portal says nothing clear', submitted };
  if (decision === 'changed') return { kind: 'applied', submitted: true };
  return { kind: 'refused', rule: decision === 'refused' ? 'too_simple' : decision, submitted };
}

/** What whoever sent a change was told of the current password in its form, as far as a count hangs on it. */
export function changeTold(outcome: ChangeOutcome): string {
  if (!outcome.submitted) return 'not_submitted';
  return outcome.kind === 'refused' && outcome.rule === 'current_wrong' ? outcome.rule : outcome.kind;
}
