import { formatReference, parseReference } from '@rcm/credentials';
import { getEndpoint, recordAuditEvent } from '@rcm/db';
import { listCopiesElsewhere, noteCopyRemoved, type RotationAttempt } from '@rcm/db/rotation';
import { hasCode, isRcmError } from '@rcm/telemetry';
import { heldOptions } from '../finding/login-in-hand.ts';
import { isOfNoPlace } from '../finding/of-no-place.ts';
import type { AttemptInHand } from '../machine/attempt.ts';

/** As many as a search looks through. */
const MOST_LISTED = 500;

/**
 * A later rotation was verified where the login's secret lies now: the copies of finished ones of the same account, beside a secret that the login was moved away from, are in
 * no listing of the secret, and may go as those beside it do. Only where the login that left them names this secret: another one may still be at work with that one. What was
 * abandoned goes by the journal (`removeOldCopies`). A place that does not answer holds up no rotation: the next one comes by again.
 */
export async function removeCopiesLeftBehind(inHand: AttemptInHand): Promise<void> {
  const { services, login, attempt } = inHand;
  const { orgId, id: endpointId } = login.endpoint;
  const asked = { orgId, loginIdentity: attempt.loginIdentity, secretArn: formatReference(login.reference), limit: MOST_LISTED };
  for (const copy of await listCopiesElsewhere(services.db, asked)) {
    if (copy.state !== 'done' || !(await hasMovedHere(inHand, copy))) continue;
    try {
      await remove(inHand, copy);
    } catch (error) {
      if (isOfNoPlace(error)) continue;
      if (login.held.signal.aborted || !isRcmError(error) || hasCode(error, 'lease_lost', 'audit_unavailable', 'database_unavailable')) throw error;
      services.logger.warn(
        { err: error, endpointId, attemptId: copy.id },
        'a copy that the login has left behind could not be removed; the next rotation tries it again',
      );
      return;
    }
  }
}

async function hasMovedHere({ services, login }: AttemptInHand, { orgId, endpointId }: RotationAttempt): Promise<boolean> {
  const left = await getEndpoint(services.db, { orgId, endpointId });
  return left?.secretArn === formatReference(login.reference);
}

async function remove({ services, login, attempt }: AttemptInHand, { id: attemptId, orgId, endpointId, secretArn }: RotationAttempt): Promise<void> {
  const slot = { ...login.slotOf(attemptId), current: parseReference(secretArn) };
  await recordAuditEvent(services.db, {
    ...{ orgId, actor: attempt.owner, action: 'secret.discard', subject: endpointId },
    reason: 'a later rotation was verified where the login was moved to',
    details: { attemptId },
  });
  await login.store.discard(slot, heldOptions(login));
  await noteCopyRemoved(services.db, { attemptId, orgId });
}
