import { nowMs, type Portal } from '../portal.ts';
import { findAccount } from '../records/accounts.ts';

/** The session of an accepted login: where the password has expired it may do nothing but choose a new one. */
export function stageAfterLogin(portal: Portal, username: string): { readonly stage: 'expired' | 'signed_in'; readonly username: string } {
  const expiresAt = findAccount(portal.records, { portal: portal.code, username })?.expiresAt ?? null;
  return { stage: expiresAt !== null && expiresAt <= nowMs(portal) ? 'expired' : 'signed_in', username };
}
