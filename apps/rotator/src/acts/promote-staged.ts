import { recordAuditEvent } from '@rcm/db';
import { hasCode } from '@rcm/telemetry';
import type { AttemptInHand } from '../machine/attempt.ts';
import type { AttemptEvent } from '../machine/transitions.ts';

/** `verified`: makes the staged payload current in the store. The row follows in one transaction with the state. */
export async function promoteStaged(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { services, endpoint, store, slot, attempt, held } = inHand;
  await recordAuditEvent(services.db, {
    orgId: endpoint.orgId,
    actor: attempt.owner,
    action: 'secret.promote',
    subject: endpoint.id,
    reason: attempt.reason,
    details: { attemptId: attempt.id, baseVersion: attempt.baseVersion },
  });
  try {
    const { version } = await store.promote(slot, attempt.baseVersion, { signal: held.signal });
    return { kind: 'store_promoted', version };
  } catch (error) {
    if (hasCode(error, 'secret_missing')) return { kind: 'copy_missing', detail: 'the staged copy is gone before it was promoted' };
    if (hasCode(error, 'store_conflict')) return { kind: 'store_conflict', detail: 'somebody changed the current secret while the portal was being changed' };
    throw error;
  }
}
