import { isSamePassword, type StoredSecret } from '@rcm/credentials';
import type { WatchedLogin } from '@rcm/db/rotation';
import type { LoginInHand } from '../finding/login-in-hand.ts';
import { namesOtherAccount } from '../finding/other-account-named.ts';
import { payloadOf } from '../finding/payload-of.ts';
import type { Rotator } from '../rotator.ts';

/** `unknown`: the store keeps no more what was known last, nothing was, or it is another account's or no payload and says nothing of this password. */
export type WhatChanged = 'password' | 'other fields' | 'unknown';

/**
 * What a new version has that the last known one had not. A search that put the known password back, and a person who edited a note, make new versions too, and
 * neither is a rotation.
 */
export async function whatChanged(
  rotator: Pick<Rotator, 'keys'>,
  login: LoginInHand,
  { knownVersion }: WatchedLogin,
  current: StoredSecret,
): Promise<WhatChanged> {
  const { store, reference, held } = login;
  const known = knownVersion === null ? null : await store.readVersion(reference, knownVersion, { signal: held.signal });
  if (known === null || payloadOf(known) === null || namesOtherAccount(rotator, login, known)) return 'unknown';
  return isSamePassword(known.text, current.text) ? 'other fields' : 'password';
}
