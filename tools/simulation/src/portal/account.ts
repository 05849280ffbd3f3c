import type { PortalHabits } from './habits.ts';
import type { LockState } from './lockout.ts';

/** A change that the portal is still to make. */
interface PendingChange {
  readonly dueAt: number;
  /** The account's `changes` when it was asked for. */
  readonly asOf: number;
  readonly to: string;
  readonly by: 'us' | 'person';
}

/** One account at one portal, as the portal keeps it. */
export interface Account extends LockState {
  readonly username: string;
  /** Cut as the portal cuts. */
  password: string;
  /** Who set it. */
  passwordBy: 'us' | 'person';
  passwordAt: number;
  /** How many times a password was set, so that one which is set again is not the same one. */
  changes: number;
  /** Until this time some parts of the portal know only what was before. */
  propagatedAt: number;
  before: string | null;
  /** Newest first. */
  former: string[];
  mfaSeed: string | null;
  readonly usedSteps: Set<number>;
  mustChange: boolean;
  /** When the platform was last told that support has wiped its slate. */
  supportToldAt: number;
  pending: PendingChange[];
}

/** An account as somebody opens it; `ageMs`: how old its password is, 0 where that is not said. */
export interface GivenAccount {
  readonly username: string;
  readonly password: string;
  readonly mfaSeed: string | null;
  readonly ageMs?: number;
}

export const accountFrom = (habits: Pick<PortalHabits, 'keepsFirst'>, { username, password, mfaSeed, ageMs = 0 }: GivenAccount, now: number): Account => ({
  username,
  password: cut(habits, password),
  passwordBy: 'person',
  passwordAt: now - ageMs,
  changes: 0,
  propagatedAt: 0,
  before: null,
  former: [],
  mfaSeed,
  usedSteps: new Set(),
  mustChange: false,
  supportToldAt: 0,
  pending: [],
  failures: [],
  lockedUntil: null,
});

/** A new password, which not every part of the portal knows before it has propagated. */
export function setPassword(
  habits: Pick<PortalHabits, 'keepsFirst' | 'propagationDelayMs'>,
  account: Account,
  { password, by, now }: { readonly password: string; readonly by: 'us' | 'person'; readonly now: number },
): void {
  account.former = [account.password, ...account.former];
  account.before = account.password;
  account.password = cut(habits, password);
  account.passwordBy = by;
  account.passwordAt = now;
  account.changes += 1;
  account.propagatedAt = now + habits.propagationDelayMs;
  account.mustChange = false;
}

type Compares = Pick<PortalHabits, 'foldsCase'>;
export const isSame = ({ foldsCase }: Compares, a: string, b: string): boolean => (foldsCase ? a.toLowerCase() === b.toLowerCase() : a === b);

export const cut = ({ keepsFirst }: Pick<PortalHabits, 'keepsFirst'>, password: string): string =>
  keepsFirst === null ? password : password.slice(0, keepsFirst);

/** Whether a login with this password would succeed at a portal that is well, with an account that is not locked, in every part of it. */
export const accepts = (habits: PortalHabits, account: Account, password: string): boolean => isSame(habits, password, account.password);
