import type { GuardedConfirm, LedgerRefusal } from '@rcm/portal-access';
import type { ChangeOutcome } from '@rcm/portal-drivers';
import type { AttemptInHand } from '../machine/attempt.ts';
import { type AttemptEvent, holding } from '../machine/event.ts';
import { holdFor } from '../machine/login-events.ts';

const COUNTS = { countsAsSubmit: true } as const;

export interface NotSent {
  readonly outcome: ChangeOutcome;
  readonly confirm: Pick<GuardedConfirm, 'ended'>;
  /** Why the ledger did not let the current password be typed; `null`: it did, or was not asked. */
  readonly refusal: LedgerRefusal | null;
  readonly sentBefore: boolean;
}

/** Of the new password nothing was sent in this try. The current one may have been, where its page asks for it before the change. */
export function notSent({ services, login }: AttemptInHand, { outcome, confirm, refusal, sentBefore }: NotSent): AttemptEvent {
  if (refusal) return holding(holdFor(services, login.endpoint, refusal));
  const confirming = confirm.ended() === 'refused';
  // The login before was accepted: an earlier submit may have been made meanwhile.
  if (confirming && sentBefore)
    return { kind: 'maybe_submitted', detail: 'the portal refused the current password before the change, after an earlier submit of the new one' };
  if (outcome.kind === 'refused') return { kind: 'gave_up', detail: whyNotSent(outcome.rule, confirming ? 'confirm' : 'form') };
  return { ...holding({ detail: `the change form could not be submitted (${outcome.kind})`, forMs: services.timing.retryMs }), ...COUNTS };
}

/** The journal says `submitting` already, and the driver promises that nothing left its browser. What the page itself refuses it refuses again. */
export function neverLeft(outcome: ChangeOutcome, sentBefore: boolean): AttemptEvent {
  if (outcome.kind !== 'refused') return { kind: 'change_not_sent', detail: 'the change was about to be sent and never left the browser' };
  return { kind: sentBefore ? 'change_not_sent' : 'unchanged', detail: whyNotSent(outcome.rule, 'form') };
}

function whyNotSent(rule: string, by: 'confirm' | 'form'): string {
  if (rule === 'code_wanted') return 'the change asks for a one-time code, and the login has none; the new password was not sent';
  return by === 'confirm'
    ? `the portal did not let the change begin (${rule}); the new password was not sent`
    : `the page does not take the new password (${rule}); nothing was sent`;
}
