import { failuresInWindow, isLocked } from '../accounts/sign-in.ts';
import type { Portal } from '../portal.ts';
import { findAccount, type AccountKey } from '../records/accounts.ts';
import { tallyOf, type Tally } from '../records/tallies.ts';

/** What a portal knows of an account; times are ISO 8601. `expiresAt` is null where passwords do not expire. */
export interface AccountView extends Tally {
  readonly locked: boolean;
  readonly lockedUntil: string | null;
  readonly failedAttempts: number;
  readonly passwordChangedAt: string;
  readonly expiresAt: string | null;
}

/** Null where the portal has no such account. */
export function viewAccount(portal: Portal, key: AccountKey): AccountView | null {
  const account = findAccount(portal.records, key);
  if (!account) return null;
  const locked = isLocked(portal, account);
  return {
    locked,
    lockedUntil: locked ? iso(account.lockedUntil) : null,
    failedAttempts: failuresInWindow(portal, key),
    ...tallyOf(portal.records, key),
    passwordChangedAt: new Date(account.passwordChangedAt).toISOString(),
    expiresAt: iso(account.expiresAt),
  };
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
