import { nowMs, type Portal } from '../portal.ts';
import { findAccount, saveAccount, type Account, type AccountKey } from '../records/accounts.ts';
import { addFailure, clearFailures, countFailures, takeTotpStep } from '../records/attempts.ts';
import { habitsOf } from '../records/habits.ts';
import { inTransaction } from '../records/database.ts';
import { count, noteFailures } from '../records/tallies.ts';
import { passwordMatches } from './password-hash.ts';
import { matchingSteps } from './totp.ts';

/** `code_needed` counts nothing yet: the login is decided at its code. */
export type PasswordDecision = 'accepted' | 'code_needed' | 'rejected' | 'locked';
export type CodeDecision = 'accepted' | 'rejected' | 'locked';

/** Decides and records one try with a password. A try at a locked account is a rejected login, whatever was typed. */
export async function decidePassword(portal: Portal, typed: { readonly username: string; readonly password: string }): Promise<PasswordDecision> {
  const key: AccountKey = { portal: portal.code, username: portal.policy.keptUsername(typed.username) };
  const { newPasswordAfterMs, closedSaysWrong } = habitsOf(portal.records, portal.code);
  if (closedSaysWrong) return 'rejected';
  for (;;) {
    const seen = findAccount(portal.records, key);
    const isKnown = seen !== null && nowMs(portal) >= seen.passwordChangedAt + newPasswordAfterMs;
    const matches = (await passwordMatches(typed.password, seen?.passwordHash ?? null)) && isKnown;
    const decision = inTransaction(portal.records, (): PasswordDecision | 'again' => {
      const account = findAccount(portal.records, key);
      // The password was changed while its hash was computed: what was compared is no longer true.
      if (account?.passwordHash !== seen?.passwordHash) return 'again';
      if (!account) return reject(portal, { ...key, username: '' });
      if (isLocked(portal, account)) return rejectLocked(portal, key);
      if (!matches) return fail(portal, account);
      return portal.policy.asksForCode && account.mfaSeed !== null ? 'code_needed' : accept(portal, key);
    });
    if (decision !== 'again') return decision;
  }
}

/** Decides and records one try with a code, after the password was proved. A right code of a used step is a wrong code. */
export function decideCode(portal: Portal, username: string, code: string): CodeDecision {
  const key: AccountKey = { portal: portal.code, username };
  return inTransaction(portal.records, (): CodeDecision => {
    const account = findAccount(portal.records, key);
    if (!account || account.mfaSeed === null) return reject(portal, { ...key, username: '' });
    if (isLocked(portal, account)) return rejectLocked(portal, key);
    const { steps, oldest } = matchingSteps(account.mfaSeed, code, nowMs(portal));
    if (steps.some((step) => takeTotpStep(portal.records, key, step, oldest))) return accept(portal, key);
    count(portal.records, key, 'mfaRejected');
    return fail(portal, account);
  });
}

export const isLocked = (portal: Pick<Portal, 'clock'>, account: Account): boolean => account.lockedUntil !== null && account.lockedUntil > nowMs(portal);

/** Wrong tries in a row that still count towards the lock. */
export const failuresInWindow = (portal: Pick<Portal, 'records' | 'clock' | 'policy'>, key: AccountKey): number =>
  countFailures(portal.records, key, nowMs(portal) - portal.policy.lockoutWindowMs);

function accept(portal: Portal, key: AccountKey): 'accepted' {
  clearFailures(portal.records, key);
  count(portal.records, key, 'loginsAccepted');
  return 'accepted';
}

function reject(portal: Portal, key: AccountKey): 'rejected' {
  count(portal.records, key, 'loginsRejected');
  return 'rejected';
}

function rejectLocked(portal: Portal, key: AccountKey): 'locked' {
  count(portal.records, key, 'loginsRejected');
  return 'locked';
}

/** A wrong try; the one that reaches the threshold locks the account and already says so. */
function fail(portal: Portal, account: Account): 'rejected' | 'locked' {
  const now = nowMs(portal);
  addFailure(portal.records, account, now, now - portal.policy.lockoutWindowMs);
  const failures = failuresInWindow(portal, account);
  noteFailures(portal.records, account, failures);
  if (failures < portal.policy.lockoutThreshold) return reject(portal, account);
  saveAccount(portal.records, { ...account, lockedUntil: now + portal.policy.lockoutWindowMs });
  count(portal.records, account, 'accountsLocked');
  return rejectLocked(portal, account);
}
