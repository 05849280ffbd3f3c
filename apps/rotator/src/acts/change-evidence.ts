import type { RotationAttempt } from '@rcm/db/rotation';
import type { ChangeOutcome } from '@rcm/portal-drivers';

/**
 * Refusals that a portal also gives when the change had been applied before: a browser sends a POST again by itself when its
 * connection is cut before an answer, and then meets the new password. Seconds ago the current password opened the session,
 * and the new one is random, so these say "applied" rather than "refused"; only a login tells.
 */
const ALSO_AFTER_APPLIED: ReadonlySet<string> = new Set(['current_wrong', 'reused']);

/**
 * What the portal's answer to a change speaks for; it proves nothing, a login does. `sentBefore`: the same password may have been submitted
 * earlier; then any rule may be the portal's word for "that is your password already", whatever the recipe calls it.
 */
export function changeEvidence(outcome: ChangeOutcome, sentBefore: boolean): 'applied' | 'unchanged' | 'nothing' {
  switch (outcome.kind) {
    case 'applied':
      return 'applied';
    case 'refused':
      return sentBefore || ALSO_AFTER_APPLIED.has(outcome.rule) ? 'nothing' : 'unchanged';
    case 'unknown':
      return 'nothing';
  }
}

/** What may be said of an attempt that goes no further before this try has submitted anything: an earlier one may have. */
export const nothingSubmitted = ({ submitDeadlineAt, reason }: Pick<RotationAttempt, 'submitDeadlineAt' | 'reason'>): string =>
  submitDeadlineAt === null && reason !== 'restored' ? 'nothing was submitted' : 'nothing was submitted in this try';
