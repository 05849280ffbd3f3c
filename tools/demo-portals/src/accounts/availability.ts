import { nowMs, type Portal } from '../portal.ts';
import type { Account } from '../records/accounts.ts';
import { habitsOf } from '../records/habits.ts';
import { isLocked } from './lockout.ts';

/** Whether the portal is closed now in the manner of one that calls every password wrong. */
export function isClosedSayingWrong(portal: Portal): boolean {
  const { closedSaysWrong, closedFor } = habitsOf(portal.records, portal.code);
  const now = nowMs(portal);
  return closedSaysWrong || closedFor.some(({ from, until }) => Date.parse(from) <= now && now < Date.parse(until));
}

/** Whether the account's password has arrived wherever a login asks. */
export const isKnownEverywhere = (portal: Portal, { passwordChangedAt }: Account): boolean =>
  nowMs(portal) >= passwordChangedAt + habitsOf(portal.records, portal.code).newPasswordAfterMs;

/** Whether a login with the right password would be let in at this moment. */
export const letsInNow = (portal: Portal, account: Account): boolean =>
  !isClosedSayingWrong(portal) && !isLocked(portal, account) && isKnownEverywhere(portal, account);
