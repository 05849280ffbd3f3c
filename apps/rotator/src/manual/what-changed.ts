import { isSamePassword, type StoredSecret } from '@rcm/credentials';
import type { WatchedLogin } from '@rcm/db/rotation';
import type { LoginInHand } from '../finding/login-in-hand.ts';

/** `unknown`: the store keeps no more what was known last, or nothing was. */
export type WhatChanged = 'password' | 'other fields' | 'unknown';

/**
 * What a new version has that the last known one had not. A search that put the known password back, and a person who edited a note, make new versions too, and
 * neither is a rotation.
 */
export async function whatChanged({ store, reference, held }: LoginInHand, { knownVersion }: WatchedLogin, current: StoredSecret): Promise<WhatChanged> {
  const known = knownVersion === null ? null : await store.readVersion(reference, knownVersion, { signal: held.signal });
  if (known === null) return 'unknown';
  return isSamePassword(known.text, current.text) ? 'other fields' : 'password';
}
