import { parsePayload } from '@rcm/credentials';
import type { Fingerprints } from '@rcm/db/ledger';
import { accountOf } from '@rcm/portal-access';
import type { RotatorServices } from '../machine/attempt.ts';
import type { LoginInHand } from './login-in-hand.ts';

/** What the ledger knows the login's stored passwords by: of what is current, and of these copies (default: all that are staged). Each by the current key first. */
export async function storedPrints({ keys }: Pick<RotatorServices, 'keys'>, login: LoginInHand, copies?: readonly string[]): Promise<readonly Fingerprints[]> {
  const { endpoint, store, reference, held } = login;
  const options = { signal: held.signal };
  const texts = [await store.read(reference, options)];
  for (const id of copies ?? (await store.listStaged(reference, options))) texts.push(await store.readStaged(login.slotOf(id), options));
  return texts.flatMap((stored) => (stored === null ? [] : [accountOf(keys, endpoint, parsePayload(stored.text)).fingerprints]));
}
