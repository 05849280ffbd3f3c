import { nowMs, type Portal } from '../portal.ts';
import { type Account, type AccountKey, saveAccount } from '../records/accounts.ts';
import { habitsOf } from '../records/habits.ts';
import { lastAcceptedAt } from '../records/login-tries.ts';
import { readSetting, writeSetting } from '../records/settings.ts';

/** The account as it is now: one that nobody has used for as long as the portal lets it be is disabled, until support lifts that. */
export function disableUnused(portal: Portal, account: Account): Account {
  const { dormantAfterMs } = habitsOf(portal.records, portal.code);
  if (dormantAfterMs === null || account.lockedUntil === 'support' || nowMs(portal) - lastUse(portal, account) < dormantAfterMs) return account;
  const disabled: Account = { ...account, lockedUntil: 'support' };
  saveAccount(portal.records, disabled);
  return disabled;
}

/** Support has spoken with whoever has the account: that is a use of it. */
export const noteCall = (portal: Portal, key: AccountKey): void => writeSetting(portal.records, called(key), nowMs(portal));

function lastUse({ records }: Portal, account: Account): number {
  const calledAt = readSetting(records, called(account));
  return Math.max(account.passwordChangedAt, lastAcceptedAt(records, account) ?? 0, typeof calledAt === 'number' ? calledAt : 0);
}

const called = ({ portal, username }: AccountKey): string => `called/${portal}/${username}`;
