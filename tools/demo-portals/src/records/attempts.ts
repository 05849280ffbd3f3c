import type { AccountKey } from './accounts.ts';
import { one, run, type Records } from './database.ts';
import { MAX_THRESHOLD } from './lockout.ts';

/** Wrong tries that were not wiped out and are younger than `since` (milliseconds since 1970). */
export const countFailures = (records: Records, { portal, username }: AccountKey, since: number): number =>
  one<{ count: number }>(records, 'SELECT count(*) AS count FROM failed_attempt WHERE portal = ? AND username = ? AND at > ?', portal, username, since)
    ?.count ?? 0;

/** Adds a wrong try. The oldest ones beyond the highest threshold that a portal can have are dropped: they decide nothing. */
export function addFailure(records: Records, { portal, username }: AccountKey, at: number): void {
  run(records, 'INSERT INTO failed_attempt (portal, username, at) VALUES (?, ?, ?)', portal, username, at);
  run(
    records,
    `DELETE FROM failed_attempt WHERE rowid IN
       (SELECT rowid FROM failed_attempt WHERE portal = ? AND username = ? ORDER BY at DESC, rowid DESC LIMIT -1 OFFSET ${MAX_THRESHOLD})`,
    portal,
    username,
  );
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
