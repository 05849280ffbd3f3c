import { recordAuditEvent } from '@rcm/db';
import type { AttemptInHand } from '../machine/attempt.ts';
import type { AttemptEvent } from '../machine/transitions.ts';

/** `promoted`: the staged copy has become current, so the copy may go. Agents were told in the promoting transaction. */
export async function cleanUp(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { services, endpoint, attempt, store, slot, held } = inHand;
  await recordAuditEvent(services.db, {
    orgId: endpoint.orgId,
    actor: attempt.owner,
    action: 'secret.discard',
    subject: endpoint.id,
    reason: 'the staged copy has become current',
    details: { attemptId: attempt.id },
  });
  await store.discard(slot, { signal: held.signal });
  return { kind: 'cleaned_up' };
}
