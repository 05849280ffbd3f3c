import { forgetPasswords } from '@rcm/db/ledger';
import { isRcmError } from '@rcm/telemetry';
import type { RotatorServices } from '../machine/attempt.ts';
import type { LoginInHand } from './login-in-hand.ts';
import { storedPrints } from './stored-prints.ts';

/**
 * What the ledger knows of passwords that are in no secret of the account any more goes. `copies`: as `storedPayloads`. Where a store does not say what it holds, nothing is forgotten now, and
 * it goes with the next one: no rotation waits for it. Fails with `lease_lost`, `database_unavailable`.
 */
export async function forgetGone(services: Pick<RotatorServices, 'db' | 'keys' | 'logger'>, login: LoginInHand, copies?: readonly string[]): Promise<void> {
  const { endpoint, held } = login;
  const { orgId, id: endpointId, loginIdentity } = endpoint;
  const stored = await storedPrints(services, login, copies).catch((error: unknown) => {
    if (held.signal.aborted || !isRcmError(error)) throw error;
    services.logger.warn({ err: error, endpointId }, 'not every secret of an account could be read: what is known of its passwords is kept');
    return null;
  });
  if (stored === null) return;
  // Whoever had the login since may have been refused with a password that was not stored when this one read.
  held.assertHeld();
  await forgetPasswords(services.db, { orgId, loginIdentity, keep: stored.flat() });
}
