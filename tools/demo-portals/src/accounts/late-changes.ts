import { nowMs, type Portal } from '../portal.ts';
import { addPendingChange, takeDueChanges } from '../records/changes.ts';
import { inTransaction } from '../records/database.ts';
import { commitChange, type CheckedChange } from './commit-change.ts';

/** Keeps a change that the portal makes after `delayMs` of its own time, whatever it says about it now. */
export function makeLater(portal: Portal, { key, sessionId, from, to, askedAt }: CheckedChange, delayMs: number): void {
  addPendingChange(portal.records, { ...key, sessionId, from, to, askedAt, dueAt: nowMs(portal) + delayMs });
}

/**
 * Makes the changes whose time has come, as of that time. Asked before every request, so that nobody can see an account
 * without them: no timer has to fire, and time may be moved. One whose account got another password meanwhile is dropped.
 */
export function makeDueChanges(portal: Portal): void {
  inTransaction(portal.records, () => {
    for (const { portal: code, username, sessionId, from, to, askedAt, dueAt } of takeDueChanges(portal.records, portal.code, nowMs(portal)))
      commitChange(portal, { key: { portal: code, username }, sessionId, from, to, askedAt }, dueAt);
  });
}
