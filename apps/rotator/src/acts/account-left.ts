import type { StoredSecret } from '@rcm/credentials';
import { wantCredentialSearch } from '@rcm/db/rotation';
import { namesOtherAccount } from '../finding/other-account-named.ts';
import type { AttemptInHand } from '../machine/attempt.ts';

/**
 * A person has put another account into the secret while the password of the one before was being changed: that rotation ends, and the row follows. What
 * the portal holds of the account that was left is in the attempt's copy or in the history of the secret; the copy stays. `null`: it is the same account.
 */
export async function accountLeft(
  { services, login, attempt }: Pick<AttemptInHand, 'services' | 'login' | 'attempt'>,
  current: StoredSecret | null,
): Promise<{ readonly kind: 'account_left'; readonly detail: string } | null> {
  if (current === null || !namesOtherAccount(services, login, current)) return null;
  const { orgId, id: endpointId } = login.endpoint;
  await wantCredentialSearch(services.db, { orgId, endpointId });
  const copy = await login.store.readStaged(login.slotOf(attempt.id), { signal: login.held.signal });
  const kept = copy === null ? 'its new password is not in the store any more' : `its new password is in copy ${attempt.id}`;
  return { kind: 'account_left', detail: `somebody put another account into the secret while the password of the one before was being changed; ${kept}` };
}
