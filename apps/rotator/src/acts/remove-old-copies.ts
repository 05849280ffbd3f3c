import { recordAuditEvent } from '@rcm/db';
import { withExclusiveLease } from '@rcm/db/holding';
import { listCopiesToRemove, mayRemoveCopy, noteCopyRemoved, type RotationAttempt } from '@rcm/db/rotation';
import { migratedEndpoint } from '@rcm/portal-access';
import { leaseRequest } from '../lease-request.ts';
import { heldOptions, loginInHand, readCurrent } from '../finding/login-in-hand.ts';
import type { Rotator } from '../rotator.ts';

/** Removes staged copies that abandoned attempts left long ago. One that cannot be removed now is tried in the next round. */
export async function removeOldCopies(
  rotator: Rotator,
  { limit, signal, intake = signal }: { readonly limit: number; readonly signal: AbortSignal; readonly intake?: AbortSignal },
): Promise<void> {
  for (const attempt of await listCopiesToRemove(rotator.db, { limit })) {
    if (intake.aborted) return;
    try {
      await removeCopy(rotator, attempt, signal);
    } catch (error) {
      rotator.logger.warn({ err: error, attemptId: attempt.id, endpointId: attempt.endpointId }, 'an old staged copy could not be removed');
    }
  }
}

/**
 * Under the lease, and only where the portal was seen, after the attempt had ended, to accept what is current or to refuse a copy that was never sent: then the
 * copy is not what it holds. Current is what the row names, also where the copy lies beside a secret that the login was moved away from.
 */
async function removeCopy(rotator: Rotator, { id: attemptId, orgId, endpointId }: RotationAttempt, signal: AbortSignal): Promise<void> {
  const endpoint = await migratedEndpoint(rotator.db, { orgId, endpointId });
  await withExclusiveLease(leaseRequest(rotator, endpoint, signal), async (held) => {
    const login = loginInHand(rotator, endpoint, held);
    const current = await readCurrent(login);
    if (!(await mayRemoveCopy(rotator.db, { attemptId, orgId, currentVersion: current.version }))) return;
    await recordAuditEvent(rotator.db, {
      orgId,
      actor: rotator.owner,
      action: 'secret.discard',
      subject: endpointId,
      reason: 'a copy that an abandoned attempt left: after it, the portal took what is current, or refused a copy that was never sent',
      details: { attemptId },
    });
    // A secret that was made anew out of a backup has its copies beside it, whatever secret the journal names.
    const elsewhere = await login.slotElsewhere(attemptId);
    for (const slot of [login.slotOf(attemptId), ...(elsewhere ? [elsewhere] : [])]) await login.store.discard(slot, heldOptions(login));
    await noteCopyRemoved(rotator.db, { attemptId, orgId });
  });
}
