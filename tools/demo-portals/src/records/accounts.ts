import type { RealmCode } from '../portal-code.ts';
import { many, one, run, type Records } from './database.ts';

/** Names one account at one portal; the user name as the portal keeps it (cascade: upper case). */
export interface AccountKey {
  readonly portal: RealmCode;
  readonly username: string;
}

export interface Account extends AccountKey {
  readonly passwordHash: string;
  readonly mfaSeed: string | null;
  readonly passwordChangedAt: number;
  readonly expiresAt: number | null;
  /** `support`: until support lifts the lock. A time that has passed is the end of the last lock. */
  readonly lockedUntil: number | 'support' | null;
}

const COLUMNS = `portal, username, password_hash AS passwordHash, mfa_seed AS mfaSeed, password_changed_at AS passwordChangedAt,
  expires_at AS expiresAt, CASE WHEN locked_until_support THEN 'support' ELSE locked_until END AS lockedUntil`;

export const findAccount = (records: Records, { portal, username }: AccountKey): Account | null =>
  one<Account>(records, `SELECT ${COLUMNS} FROM account WHERE portal = ? AND username = ?`, portal, username);

export function saveAccount(records: Records, { portal, username, passwordHash, mfaSeed, passwordChangedAt, expiresAt, lockedUntil }: Account): void {
  const lock = lockedUntil === 'support' ? [null, 1] : [lockedUntil, 0];
  run(
    records,
    `INSERT INTO account (portal, username, password_hash, mfa_seed, password_changed_at, expires_at, locked_until, locked_until_support)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (portal, username) DO UPDATE SET password_hash = excluded.password_hash, mfa_seed = excluded.mfa_seed,
       password_changed_at = excluded.password_changed_at, expires_at = excluded.expires_at, locked_until = excluded.locked_until,
       locked_until_support = excluded.locked_until_support`,
    ...[portal, username, passwordHash, mfaSeed, passwordChangedAt, expiresAt, ...lock],
  );
}

/** Hashes of the passwords before the present one, newest first. */
export const formerPasswords = (records: Records, { portal, username }: AccountKey, count: number): readonly string[] =>
  many<{ hash: string }>(
    records,
    'SELECT password_hash AS hash FROM former_password WHERE portal = ? AND username = ? ORDER BY number DESC LIMIT ?',
    portal,
    username,
    count,
  ).map((row) => row.hash);

export function addFormerPassword(records: Records, { portal, username }: AccountKey, hash: string): void {
  run(records, 'INSERT INTO former_password (portal, username, password_hash) VALUES (?, ?, ?)', portal, username, hash);
}

export function forgetFormerPasswords(records: Records, { portal, username }: AccountKey): void {
  run(records, 'DELETE FROM former_password WHERE portal = ? AND username = ?', portal, username);
}
