import type { AccountKey } from './accounts.ts';
import { one, run, type Records } from './database.ts';

/** Wrong tries since the last accepted login that are younger than `since` (milliseconds since 1970). */
export const countFailures = (records: Records, { portal, username }: AccountKey, since: number): number =>
  one<{ count: number }>(records, 'SELECT count(*) AS count FROM failed_attempt WHERE portal = ? AND username = ? AND at > ?', portal, username, since)
    ?.count ?? 0;

/** Adds a wrong try and drops those older than `since`, so the table holds at most threshold rows per account. */
export function addFailure(records: Records, { portal, username }: AccountKey, at: number, since: number): void {
  run(records, 'DELETE FROM failed_attempt WHERE portal = ? AND username = ? AND at <= ?', portal, username, since);
  run(records, 'INSERT INTO failed_attempt (portal, username, at) VALUES (?, ?, ?)', portal, username, at);
}

export function clearFailures(records: Records, { portal, username }: AccountKey): void {
  run(records, 'DELETE FROM failed_attempt WHERE portal = ? AND username = ?', portal, username);
}

/** Marks a TOTP step used; false where it was used before. Steps before `oldest` can never be accepted again and are dropped. */
export function takeTotpStep(records: Records, { portal, username }: AccountKey, step: number, oldest: number): boolean {
  run(records, 'DELETE FROM used_totp_step WHERE portal = ? AND username = ? AND step < ?', portal, username, oldest);
  return run(records, 'INSERT INTO used_totp_step (portal, username, step) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', portal, username, step) === 1;
}

export function forgetTotpSteps(records: Records, { portal, username }: AccountKey): void {
  run(records, 'DELETE FROM used_totp_step WHERE portal = ? AND username = ?', portal, username);
}
