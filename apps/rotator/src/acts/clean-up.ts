import { recordAuditEvent } from '@rcm/db';
import { getAttempt, noteCopyRemoved } from '@rcm/db/rotation';
import { forgetGone } from '../finding/forget-gone.ts';
import { heldOptions } from '../finding/login-in-hand.ts';
import type { AttemptInHand } from '../machine/attempt.ts';
import type { AttemptEvent } from '../machine/event.ts';
import { removeCopiesLeftBehind } from './left-behind.ts';

/**
 * `promoted`: the portal accepts what is current now. The attempt's own copy stays until the next rotation is verified; those of rotations before it
 * may go, wherever the login was moved from since, and what the ledger knows of passwords that are in no store any more. Agents were told in the promoting transaction.
 */
export async function cleanUp(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { services, login, attempt } = inHand;
  const { endpoint, store, reference } = login;
  const kept: string[] = [];
  for (const id of await store.listStaged(reference, { signal: login.held.signal })) {
    const other = id === attempt.id ? null : await getAttempt(services.db, { attemptId: id });
    // What was abandoned may yet be made by the portal; what the journal does not know, nobody can say; and of another account that the secret has named
    // before, nothing was verified now.
    if (other?.state !== 'done' || other.loginIdentity !== attempt.loginIdentity) {
      kept.push(id);
      continue;
    }
    await recordAuditEvent(services.db, {
      orgId: endpoint.orgId,
      actor: attempt.owner,
      action: 'secret.discard',
      subject: endpoint.id,
      reason: 'a later rotation was verified',
      details: { attemptId: id },
    });
    await store.discard(login.slotOf(id), heldOptions(login));
    await noteCopyRemoved(services.db, { attemptId: id, orgId: endpoint.orgId });
  }
  await removeCopiesLeftBehind(inHand);
  await forgetGone(services, login, { copies: kept, replaced: attempt.previousVersion ?? attempt.baseVersion });
  const isOwn = attempt.found === null || attempt.found.startsWith('staged');
  return isOwn ? { kind: 'cleaned_up' } : { kind: 'put_right', detail: `${attempt.found ?? ''} is current now; the login still waits for a new password` };
}
