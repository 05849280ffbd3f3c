import type { AccountKey } from './accounts.ts';
import { many, run, type Records } from './database.ts';

/** One of an account's backup codes, in the order in which it got them. Good when it is typed for the first time, and never again. */
export interface BackupCode {
  readonly code: string;
  /** How often it was typed, a first time or again. */
  readonly typed: number;
}

export const backupCodesOf = (records: Records, { portal, username }: AccountKey): readonly BackupCode[] =>
  many<BackupCode>(records, 'SELECT code, typed FROM backup_code WHERE portal = ? AND username = ? ORDER BY position', portal, username);

/** Gives the account these codes, none of them typed, in place of those that it had. */
export function giveBackupCodes(records: Records, { portal, username }: AccountKey, codes: readonly string[]): void {
  run(records, 'DELETE FROM backup_code WHERE portal = ? AND username = ?', portal, username);
  for (const [position, code] of codes.entries())
    run(records, 'INSERT INTO backup_code (portal, username, position, code) VALUES (?, ?, ?, ?)', portal, username, position, code);
}

/** Counts that a code was typed; whether it is one of the account's, and was typed for the first time. Within the caller's transaction. */
export function typeBackupCode(records: Records, key: AccountKey, typed: string): boolean {
  const position = backupCodesOf(records, key).findIndex(({ code }) => code === typed.trim());
  if (position < 0) return false;
  const { portal, username } = key;
  run(records, 'UPDATE backup_code SET typed = typed + 1 WHERE portal = ? AND username = ? AND position = ?', portal, username, position);
  return backupCodesOf(records, key)[position]?.typed === 1;
}
