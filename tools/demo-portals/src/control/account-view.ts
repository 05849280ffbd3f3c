import { failuresCounting, isLocked } from '../accounts/lockout.ts';
import type { Portal } from '../portal.ts';
import { findAccount, type AccountKey } from '../records/accounts.ts';
import { changesOf } from '../records/changes.ts';
import { triesOf, type LoginTry } from '../records/login-tries.ts';
import { tallyOf, type Tally } from '../records/tallies.ts';

/** What a portal knows of an account; times are ISO 8601. */
export interface AccountView extends Tally {
  readonly locked: boolean;
  /** Null where it is not locked, or until support lifts it. */
  readonly lockedUntil: string | null;
  readonly lockedUntilSupport: boolean;
  /** Wrong tries that count towards the lock now. */
  readonly failedAttempts: number;
  readonly passwordChangedAt: string;
  /** Null where passwords do not expire. */
  readonly expiresAt: string | null;
}

/** Everything that happened to an account, in order. Holds no password. */
export interface AccountHistory extends AccountView {
  readonly tries: readonly (Omit<LoginTry, 'at'> & { readonly at: string })[];
  /** So many older tries are no longer known. */
  readonly triesDropped: number;
  /** `askedAt`: when it was typed, which is earlier where the portal made it late. */
  readonly changes: readonly { readonly at: string; readonly askedAt: string }[];
  readonly changesDropped: number;
}

/** Null where the portal has no such account. */
export function viewAccount(portal: Portal, key: AccountKey): AccountView | null {
  const account = findAccount(portal.records, key);
  if (!account) return null;
  const locked = isLocked(portal, account);
  return {
    locked,
    lockedUntil: locked && account.lockedUntil !== 'support' ? iso(account.lockedUntil) : null,
    lockedUntilSupport: account.lockedUntil === 'support',
    failedAttempts: failuresCounting(portal, account),
    ...tallyOf(portal.records, key),
    passwordChangedAt: new Date(account.passwordChangedAt).toISOString(),
    expiresAt: iso(account.expiresAt),
  };
}

/** Null where the portal has no such account. */
export function historyOf(portal: Portal, key: AccountKey): AccountHistory | null {
  const view = viewAccount(portal, key);
  if (!view) return null;
  const { tries, dropped: triesDropped } = triesOf(portal.records, key);
  const { changes, dropped: changesDropped } = changesOf(portal.records, key);
  return {
    ...view,
    tries: tries.map((each) => ({ ...each, at: new Date(each.at).toISOString() })),
    triesDropped,
    changes: changes.map(({ at, askedAt }) => ({ at: new Date(at).toISOString(), askedAt: new Date(askedAt).toISOString() })),
    changesDropped,
  };
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
