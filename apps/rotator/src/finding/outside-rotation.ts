import { withExclusiveLease } from '@rcm/db/holding';
import { findOpenRotation } from '@rcm/db/rotation';
import type { MigratedEndpoint } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';
import { leaseRequest } from '../lease-request.ts';
import type { Rotator } from '../rotator.ts';
import { type LoginInHand, loginInHand } from './login-in-hand.ts';

/**
 * Does something to a login while nobody else uses or changes it and no rotation of it is open. That is asked once the lease is held: while it was waited for, a rotation may have begun, and
 * left open which password the portal accepts. Fails with `state_conflict`, as `withExclusiveLease`, and as `act`.
 */
export function withLoginOutsideRotation<T>(
  rotator: Rotator,
  endpoint: MigratedEndpoint,
  signal: AbortSignal,
  act: (login: LoginInHand) => Promise<T>,
): Promise<T> {
  return withExclusiveLease(leaseRequest(rotator, endpoint, signal), async (held) => {
    await mustHaveNoRotation(rotator, endpoint);
    return act(loginInHand(rotator, endpoint, held));
  });
}

/** What a rotation has in hand nobody else touches, whichever organization's it is. Fails with `state_conflict`. */
export async function mustHaveNoRotation({ db }: Rotator, { id, orgId, loginIdentity }: MigratedEndpoint): Promise<void> {
  const open = await findOpenRotation(db, { orgId, loginIdentity });
  if (!open) return;
  if (!open.mine)
    throw new RcmError('state_conflict', `Another organization is rotating the account of ${id}: say it again when that has ended. Nothing was changed.`);
  const then =
    open.state === 'blocked'
      ? 'say which password the portal accepts (`resolve --accept typed` takes a new one)'
      : 'it goes on by itself; say it again when it has ended';
  throw new RcmError('state_conflict', `A rotation of ${id} is ${open.state}: ${then}. Nothing was changed.`);
}
