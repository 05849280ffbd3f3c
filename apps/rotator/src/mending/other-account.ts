import { parsePayload, type StoredSecret } from '@rcm/credentials';
import { followAccount } from '@rcm/db';
import { accountOf } from '@rcm/portal-access';
import type { LoginInHand } from '../finding/login-in-hand.ts';
import type { Rotator } from '../rotate.ts';

/**
 * The secret names another account than the row: a person has put another user name into it, or what counts as one account was defined anew. The row
 * follows, with what the ledger knows. Returns whether the row and the secret did not agree; then the lease is of the old account,
 * and whatever was to be done begins again.
 */
export async function followOtherAccount(
  rotator: Pick<Rotator, 'db' | 'keys' | 'logger' | 'owner'>,
  login: LoginInHand,
  current: StoredSecret,
): Promise<boolean> {
  const { endpoint, held } = login;
  const { identity, former } = accountOf(rotator.keys, endpoint, parsePayload(current.text));
  if (identity.id === endpoint.loginIdentity) return false;
  const answer = await followAccount(rotator.db, {
    orgId: endpoint.orgId,
    endpointId: endpoint.id,
    from: endpoint.loginIdentity,
    to: { id: identity.id, keyId: identity.keyId },
    leaseId: held.lease.id,
    actor: rotator.owner,
    because: former.includes(endpoint.loginIdentity) ? 'realm' : 'account',
  });
  rotator.logger.info({ endpointId: endpoint.id, outcome: answer }, 'a secret names another account than its row');
  return true;
}
