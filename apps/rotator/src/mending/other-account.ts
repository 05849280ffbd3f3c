import { parsePayload, type StoredSecret } from '@rcm/credentials';
import { type AccountFollowed, followAccount } from '@rcm/db/rotation';
import { accountOf, goesBy } from '@rcm/portal-access';
import type { LoginInHand } from '../finding/login-in-hand.ts';
import type { Rotator } from '../rotator.ts';

/**
 * The secret names its account by another id than the row: a person has put another user name into it, or what counts as one account was defined
 * anew. The row follows. `null`: row and secret agree; else the lease is of what the account was, and whatever was to be done begins again.
 */
export async function followOtherAccount(
  rotator: Pick<Rotator, 'db' | 'keys' | 'logger' | 'owner'>,
  login: LoginInHand,
  current: StoredSecret,
): Promise<AccountFollowed | null> {
  const { endpoint, held } = login;
  const account = accountOf(rotator.keys, endpoint, parsePayload(current.text));
  if (goesBy(account, endpoint.loginIdentity)) return null;
  const answer = await followAccount(rotator.db, {
    orgId: endpoint.orgId,
    endpointId: endpoint.id,
    from: endpoint.loginIdentity,
    to: account.names,
    leaseId: held.lease.id,
    actor: rotator.owner,
    knownAs: account.former,
  });
  rotator.logger.info({ endpointId: endpoint.id, outcome: answer }, 'a secret names another account than its row');
  return answer;
}
