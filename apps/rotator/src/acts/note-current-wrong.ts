import { parsePayload, type StoredSecret } from '@rcm/credentials';
import { beginLoginAttempt, finishLoginAttempt } from '@rcm/db/ledger';
import { accountOf } from '@rcm/portal-access';
import type { AttemptInHand } from '../machine/attempt.ts';

/**
 * The form of a change had the current password, and the portal has called it wrong. Many portals count that towards their lock like a failed login, and none says so: the
 * ledger counts it, too, or a change that is submitted again and again locks the account behind its back. It is written down afterwards, since a login with
 * this password was accepted a moment before; who was let in then had a failure to spare. Where it cannot be written, the log says so.
 */
export async function noteCurrentWrong({ services, login, attempt }: AttemptInHand, current: StoredSecret): Promise<void> {
  const { db, keys, logger } = services;
  const { endpoint, held } = login;
  const { orgId, id: endpointId } = endpoint;
  const { fingerprints } = accountOf(keys, endpoint, parsePayload(current.text));
  const asked = { leaseId: held.lease.id, endpointId, orgId, actor: 'rotator', version: current.version, fingerprints, rotationAttemptId: attempt.id } as const;
  try {
    const noted = await beginLoginAttempt(db, asked);
    if (noted.allowed) await finishLoginAttempt(db, { loginAttemptId: noted.loginAttemptId, orgId, outcome: 'rejected', effect: 'none' });
    else
      logger.warn(
        { endpointId, attemptId: attempt.id, reason: noted.reason },
        'a change was refused with the current password, and the ledger took no note of it',
      );
  } catch (error) {
    logger.warn({ err: error, endpointId, attemptId: attempt.id }, 'a change was refused with the current password, and that could not be noted');
  }
}
