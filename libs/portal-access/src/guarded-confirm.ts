import type { ConfirmEnd, ConfirmGuard } from '@rcm/portal-drivers';
import { type CurrentPassword, currentPasswordLine, type LedgerRefusal } from './current-password.ts';

export interface GuardedConfirmRequest extends CurrentPassword {
  /** Throws where the caller may not act any more. */
  readonly assertHeld: () => void;
}

/** What became of the page that asks for the current password before a change. */
export interface GuardedConfirm extends ConfirmGuard {
  /** Why the ledger did not let it be typed; `null`: it did, or was not asked. */
  refusal(): LedgerRefusal | null;
  /** `null`: the page did not ask, or its end was never told. */
  ended(): ConfirmEnd['kind'] | null;
}

/**
 * The ledger before the current password on a page of its own: a portal that counts a wrong one towards its lock counts it like a login, so the row is
 * committed before it leaves the browser, and counts as a failure until its end is written. `before` fails with `login_not_allowed`, `database_unavailable`, and
 * with what `assertHeld` throws; then nothing is sent.
 */
export function guardedConfirm({ assertHeld, ...current }: GuardedConfirmRequest): GuardedConfirm {
  const line = currentPasswordLine(current);
  let ended: ConfirmEnd['kind'] | null = null;
  return {
    async before({ counts }) {
      if (counts) await line.begin();
      try {
        // The ledger may have been slow, or this process stopped: from here on somebody else may hold the login.
        assertHeld();
      } catch (error) {
        await line.end({ outcome: 'not_submitted' });
        throw error;
      }
    },
    async after({ end, submitted }) {
      ended = end.kind;
      if (!submitted) return line.end({ outcome: 'not_submitted' });
      return line.end({
        outcome: notedAs(end),
        proved: end.kind === 'confirmed',
        ...(end.kind === 'locked' && end.until ? { throttledUntil: end.until } : {}),
      });
    },
    refusal: () => line.refusal(),
    ended: () => ended,
  };
}

function notedAs(end: ConfirmEnd): 'accepted' | 'rejected' | 'locked' | 'unknown' {
  switch (end.kind) {
    case 'confirmed':
      return 'accepted';
    case 'refused':
      return end.rule === 'current_wrong' ? 'rejected' : 'unknown';
    case 'locked':
    case 'unknown':
      return end.kind;
  }
}
