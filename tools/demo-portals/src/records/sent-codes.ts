import { randomInt } from 'node:crypto';
import type { AccountKey } from './accounts.ts';
import { many, run, type Records } from './database.ts';

/** A code that the portal has sent, as whoever the account names reads it. */
export interface SentCode {
  readonly code: string;
  readonly sentAt: number;
  /** How often it was typed, rightly or too late. */
  readonly typed: number;
}

/** The oldest first. */
export const sentCodesOf = (records: Records, { portal, username }: AccountKey): readonly SentCode[] =>
  many<SentCode>(records, 'SELECT code, sent_at AS sentAt, typed FROM sent_code WHERE portal = ? AND username = ? ORDER BY number', portal, username);

/** Whether the portal sends the account a code at each login. */
export const receivesCodes = (records: Records, { portal, username }: AccountKey): boolean =>
  many(records, 'SELECT 1 FROM code_receiver WHERE portal = ? AND username = ?', portal, username).length > 0;

export function letReceiveCodes(records: Records, { portal, username }: AccountKey, receives: boolean): void {
  run(records, 'DELETE FROM code_receiver WHERE portal = ? AND username = ?', portal, username);
  if (receives) run(records, 'INSERT INTO code_receiver (portal, username) VALUES (?, ?)', portal, username);
}

/** Six digits that the account has not been sent before: a test can tell from them which login they were sent for. */
export function sendCode(records: Records, key: AccountKey, at: number): void {
  const before = new Set(sentCodesOf(records, key).map(({ code }) => code));
  let code: string;
  do code = String(randomInt(1_000_000)).padStart(6, '0');
  while (before.has(code));
  run(records, 'INSERT INTO sent_code (portal, username, code, sent_at) VALUES (?, ?, ?, ?)', key.portal, key.username, code, at);
}

/** The last one once more, as somebody reads it who has lost it. */
export function sendAgain(records: Records, key: AccountKey, { code, at }: { readonly code: string; readonly at: number }): void {
  run(records, 'INSERT INTO sent_code (portal, username, code, sent_at) VALUES (?, ?, ?, ?)', key.portal, key.username, code, at);
}

/** Counts that a code was typed; the last message, as it was before, where that is its code. */
export function typeSentCode(records: Records, key: AccountKey, typed: string): SentCode | null {
  const last = sentCodesOf(records, key).at(-1);
  run(records, 'UPDATE sent_code SET typed = typed + 1 WHERE portal = ? AND username = ? AND code = ?', key.portal, key.username, typed.trim());
  return last?.code === typed.trim() ? last : null;
}
