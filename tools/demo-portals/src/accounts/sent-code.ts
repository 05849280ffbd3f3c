import { nowMs, type Portal } from '../portal.ts';
import type { Account } from '../records/accounts.ts';
import { habitsOf } from '../records/habits.ts';
import { sendAgain, sendCode, sentCodesOf, typeSentCode } from '../records/sent-codes.ts';

/** A code that was sent for one login is good for so long, in ms; then the portal has forgotten it. */
const SENT_CODE_VALID_MS = 600_000;
/** Where the portal is: its day ends at midnight there. */
const DAY = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York', dateStyle: 'short' });

const dayCodes = (portal: Portal): 'none' | 'sent_once' | 'sent_again' =>
  portal.code === 'borealis' ? habitsOf(portal.records, portal.code).dayCodes : 'none';

/** Sends what whoever logs in now needs: a code of their own, or, where one is for the day, the day's. */
export function sendCodeForLogin(portal: Portal, account: Account): void {
  const [at, habit, last] = [nowMs(portal), dayCodes(portal), sentCodesOf(portal.records, account).at(-1)];
  if (habit === 'none' || !last || !isSameDay(last.sentAt, at)) sendCode(portal.records, account, at);
  else if (habit === 'sent_again') sendAgain(portal.records, account, { code: last.code, at });
}

/** Whether it is the code that was sent last, and still good: for the first time within ten minutes, or as often as anybody likes on its day. A new one ends the one before. */
export function takesSentCode(portal: Portal, account: Account, typed: string): boolean {
  const [at, sent] = [nowMs(portal), typeSentCode(portal.records, account, typed)];
  if (sent === null) return false;
  return dayCodes(portal) === 'none' ? sent.typed === 0 && at - sent.sentAt < SENT_CODE_VALID_MS : isSameDay(sent.sentAt, at);
}

const isSameDay = (one: number, other: number): boolean => DAY.format(one) === DAY.format(other);
