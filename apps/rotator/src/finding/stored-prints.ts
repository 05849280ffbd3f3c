import { parsePayload, type StoredSecret } from '@rcm/credentials';
import type { Fingerprints } from '@rcm/db/ledger';
import { accountOf } from '@rcm/portal-access';
import type { RotatorServices } from '../machine/attempt.ts';
import type { LoginInHand } from './login-in-hand.ts';
import { unlessNoPayload } from './unless-no-payload.ts';

/**
 * What the ledger knows the login's stored passwords by: of what is current, and of these copies (default: all that are staged). Each by the current key first.
 * A copy that is no payload has no password to be known by.
 */
export async function storedPrints({ keys }: Pick<RotatorServices, 'keys'>, login: LoginInHand, copies?: readonly string[]): Promise<readonly Fingerprints[]> {
  const { endpoint, store, reference, held } = login;
  const options = { signal: held.signal };
  const printsOf = (stored: StoredSecret | null): Fingerprints | null => stored && accountOf(keys, endpoint, parsePayload(stored.text)).fingerprints;
  const prints = [printsOf(await store.read(reference, options))];
  for (const id of copies ?? (await store.listStaged(reference, options)))
    prints.push(await unlessNoPayload(async () => printsOf(await store.readStaged(login.slotOf(id), options))));
  return prints.filter((those) => those !== null);
}
