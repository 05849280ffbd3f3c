import type { ChangeOutcome } from '@rcm/portal-drivers';
import { isRcmError } from '@rcm/telemetry';
import { type CurrentPassword, currentPasswordLine, type LedgerRefusal } from './current-password.ts';

export interface GuardedChangeRequest extends CurrentPassword {
  /** The new password may have been sent before: an earlier change may be made late, and then the form calls the current password wrong. */
  readonly sentBefore: boolean;
}

export interface GuardedChange {
  /** Right before the change is sent. Fails with `login_not_allowed`, `database_unavailable`; then nothing is sent. */
  before(): Promise<void>;
  /** How the change ended, once; never fails. */
  after(outcome: ChangeOutcome): Promise<void>;
  /** Why the ledger did not let it be sent; `null`: it did, or was not asked. */
  refusal(): LedgerRefusal | null;
}

/**
 * The ledger around the form of a change, which has the current password in it. Many portals count a wrong one there towards their lock like a failed login, and none says so. Where the change
 * was sent before, the line is committed first and counts until its end is written. The first change of an attempt stands in the journal: it is a failure only where the portal says that the
 * password is wrong, or where it turns out not to have been made, and nobody knows why (`noteUnmadeChange`, docs/adr/0044).
 */
export function guardedChange({ sentBefore, ...current }: GuardedChangeRequest): GuardedChange {
  const line = currentPasswordLine(current);
  return {
    async before() {
      if (sentBefore) await line.begin();
    },
    async after(outcome) {
      const end = notedAs(outcome);
      if (end === 'rejected' && !line.isOpen()) await line.begin().catch((error: unknown) => tell(current, error));
      await line.end({ outcome: end });
    },
    refusal: () => line.refusal(),
  };
}

/** The portal has not made the change, and did not say why, or nobody heard it: it may have called the current password wrong, and counted that. Never fails. */
export async function noteUnmadeChange(current: CurrentPassword): Promise<void> {
  const line = currentPasswordLine(current);
  await line.begin().catch((error: unknown) => tell(current, error));
  await line.end({ outcome: 'unknown' });
}

function notedAs(outcome: ChangeOutcome): 'not_submitted' | 'rejected' | 'unknown' | 'change_answered' {
  if (!outcome.submitted) return 'not_submitted';
  if (outcome.kind === 'unknown') return 'unknown';
  return outcome.kind === 'refused' && outcome.rule === 'current_wrong' ? 'rejected' : 'change_answered';
}

function tell({ logger, endpoint, rotationAttemptId }: CurrentPassword, error: unknown): void {
  logger.warn(
    { endpointId: endpoint.id, attemptId: rotationAttemptId, ...(isRcmError(error) ? { reason: error.message } : { err: error }) },
    'a change may have failed by the current password, and the ledger took no note of it',
  );
}
