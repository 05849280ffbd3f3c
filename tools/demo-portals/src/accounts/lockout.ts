import { nowMs, type Portal } from '../portal.ts';
import { saveAccount, type Account, type AccountKey } from '../records/accounts.ts';
import { noteCall } from './dormancy.ts';
import { addFailure, clearFailures, countFailures } from '../records/attempts.ts';
import { habitsOf } from '../records/habits.ts';
import type { Lockout } from '../records/lockout.ts';

/**
 * What takes a wrong try away again, by the way a portal counts:
 *
 * |                | an accepted login | age                        | the end of a lock | support |
 * | -------------- | ----------------- | -------------------------- | ----------------- | ------- |
 * | consecutive    | yes               | `windowMs`, where it is set | yes               | yes     |
 * | window         | no                | `windowMs`                 | no                | yes     |
 * | until_unlocked | no                | no                         | no                | yes     |
 *
 * So where a lock ends before its wrong tries are too old, a portal that counts in a window locks again at the next wrong one.
 * A try at a locked account is never a wrong try: it tells nothing, counts nothing and does not lengthen the lock.
 */
export const lockoutOf = (portal: Pick<Portal, 'code' | 'records' | 'policy'>): Lockout =>
  habitsOf(portal.records, portal.code).lockout ?? portal.policy.lockout;

export const isLocked = (portal: Pick<Portal, 'clock'>, { lockedUntil }: Account): boolean =>
  lockedUntil === 'support' || (lockedUntil !== null && lockedUntil > nowMs(portal));

/** Milliseconds since 1970 that lie before every try. */
const EVER = 0;

/** Wrong tries that count towards the lock now. */
export function failuresCounting(portal: Portal, account: Account): number {
  const { counts, windowMs } = lockoutOf(portal);
  const now = nowMs(portal);
  const windowStart = windowMs === null ? EVER : now - windowMs;
  const rowStart = counts === 'consecutive' ? endOfLastLock(account, now) - 1 : EVER;
  return countFailures(portal.records, account, Math.max(windowStart, rowStart));
}

const endOfLastLock = ({ lockedUntil }: Account, now: number): number => (typeof lockedUntil === 'number' && lockedUntil <= now ? lockedUntil : EVER);

/** An accepted login. */
export function noteSuccess(portal: Portal, key: AccountKey): void {
  if (lockoutOf(portal).counts === 'consecutive') clearFailures(portal.records, key);
}

/** Counts a wrong try, and locks the account where it reaches the threshold: then `account` is what it is now. */
export function noteFailure(portal: Portal, account: Account): { readonly failures: number; readonly locks: boolean; readonly account: Account } {
  const { threshold, lastsMs } = lockoutOf(portal);
  const now = nowMs(portal);
  addFailure(portal.records, account, now);
  const failures = failuresCounting(portal, account);
  if (failures < threshold) return { failures, locks: false, account };
  const locked: Account = { ...account, lockedUntil: lastsMs === null ? 'support' : now + lastsMs };
  saveAccount(portal.records, locked);
  return { failures, locks: true, account: locked };
}

/** What support does for whoever calls: the lock is lifted and nothing counts any more. */
export function unlock(portal: Portal, account: Account): void {
  noteCall(portal, account);
  clearFailures(portal.records, account);
  saveAccount(portal.records, { ...account, lockedUntil: null });
}
