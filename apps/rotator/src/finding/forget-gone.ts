import { type Fingerprints, forgetPasswords } from '@rcm/db/ledger';
import { isRcmError } from '@rcm/telemetry';
import type { RotatorServices } from '../machine/attempt.ts';
import type { LoginInHand } from './login-in-hand.ts';
import { printsOfVersion, storedPrints } from './stored-prints.ts';

type Services = Pick<RotatorServices, 'db' | 'keys' | 'logger'>;

/** What stays known beside what is current. */
export interface Kept {
  /** As `storedPayloads`. */
  readonly copies: readonly string[];
  /** The version that a rotation has replaced. Whoever had opened it may save it yet, when the store keeps it no more: then only the ledger knows that its password is none of their own. */
  readonly replaced: string;
}

/**
 * What the ledger knows of passwords that are in no secret of the account any more goes. Where a store does not say what it holds, nothing is forgotten now, and
 * it goes with the next one: no rotation waits for it. Fails with `lease_lost`, `database_unavailable`.
 */
export async function forgetGone(services: Services, login: LoginInHand, kept?: Kept): Promise<void> {
  const { endpoint, held } = login;
  const { orgId, id: endpointId, loginIdentity } = endpoint;
  const stored = await printsToKeep(services, login, kept).catch((error: unknown) => {
    if (held.signal.aborted || !isRcmError(error)) throw error;
    services.logger.warn({ err: error, endpointId }, 'not every secret of an account could be read: what is known of its passwords is kept');
    return null;
  });
  if (stored === null) return;
  // Whoever had the login since may have been refused with a password that was not stored when this one read.
  held.assertHeld();
  await forgetPasswords(services.db, { orgId, loginIdentity, keep: stored.flat() });
}

async function printsToKeep(services: Services, login: LoginInHand, kept?: Kept): Promise<readonly Fingerprints[]> {
  const stored = await storedPrints(services, login, kept?.copies);
  return kept ? [...stored, await printsOfVersion(services, login, kept.replaced)] : stored;
}
