import { parsePayload, type StoredSecret } from '@rcm/credentials';
import { accountOf, goesBy } from '@rcm/portal-access';
import type { RotatorServices } from '../machine/attempt.ts';
import type { LoginInHand } from './login-in-hand.ts';

/** Whether a person has put another account into the secret than the one that the row means; not where the same account only goes by another id now. */
export function namesOtherAccount({ keys }: Pick<RotatorServices, 'keys'>, { endpoint }: Pick<LoginInHand, 'endpoint'>, current: StoredSecret): boolean {
  const account = accountOf(keys, endpoint, parsePayload(current.text));
  return !goesBy(account, endpoint.loginIdentity) && !account.former.includes(endpoint.loginIdentity);
}
