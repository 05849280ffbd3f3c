import type { Portal } from '../portal.ts';
import { addFormerPassword, findAccount, saveAccount, type AccountKey } from '../records/accounts.ts';
import { noteChange } from '../records/changes.ts';
import { forgetDevices } from '../records/known-devices.ts';
import { endSessionsOf } from '../records/sessions.ts';
import { count } from '../records/tallies.ts';

/** A change that breaks no rule. */
export interface CheckedChange {
  readonly key: AccountKey;
  readonly sessionId: string;
  /** The hash that was checked against, and the new one. */
  readonly from: string;
  readonly to: string;
  /** Milliseconds since 1970, as `at`. */
  readonly askedAt: number;
}

/**
 * Makes the change as of `at`: new hash, history, expiry, ended sessions, forgotten devices, count and record, in the caller's transaction. False
 * where another change was made since this one was checked: then nothing is.
 */
export function commitChange(portal: Portal, { key, sessionId, from, to, askedAt }: CheckedChange, at: number): boolean {
  const account = findAccount(portal.records, key);
  if (account?.passwordHash !== from) return false;
  const { passwordLifetimeMs, changeEnds } = portal.policy;
  addFormerPassword(portal.records, key, from);
  saveAccount(portal.records, {
    ...account,
    passwordHash: to,
    passwordChangedAt: at,
    expiresAt: passwordLifetimeMs === null ? null : at + passwordLifetimeMs,
  });
  if (changeEnds !== 'none') endSessionsOf(portal.records, key, changeEnds === 'others' ? sessionId : null);
  forgetDevices(portal.records, key);
  count(portal.records, key, 'passwordsChanged');
  noteChange(portal.records, key, { at, askedAt });
  return true;
}
