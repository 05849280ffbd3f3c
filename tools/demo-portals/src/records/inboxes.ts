import type { AccountKey } from './accounts.ts';
import { many, type Records } from './database.ts';
import { readSetting, writeSetting } from './settings.ts';

/** A message with a code, as it lies where the account has its codes sent. */
export interface SentMessage {
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly sentAt: number;
}

/** Where the account has its codes sent: a number or an address, which others may share. Null: nobody reads them but the control port. */
export function nameInbox(records: Records, { portal, username }: AccountKey, inbox: string | null): void {
  writeSetting(records, `inbox/${portal}/${username}`, inbox);
}

export const readInbox = (records: Records, { portal, username }: AccountKey): string | null =>
  readSetting(records, `inbox/${portal}/${username}`) as string | null;

/** All that was sent there, to whatever accounts, the oldest first. What it says tells nobody whose code it is. */
export const messagesAt = (records: Records, inbox: string): readonly SentMessage[] =>
  many<{ portal: string; code: string; sentAt: number }>(
    records,
    `SELECT portal, code, sent_at AS sentAt FROM sent_code JOIN setting ON name = 'inbox/' || portal || '/' || username WHERE value = ? ORDER BY number`,
    JSON.stringify(inbox),
  ).map(({ portal, code, sentAt }) => ({ to: inbox, from: `codes@${portal}.example`, text: `Your ${portal} code is ${code}. Give it to nobody.`, sentAt }));
