import type { RealmCode } from '../portal-code.ts';
import type { AccountKey } from './accounts.ts';
import { one, run, type Records } from './database.ts';

/** What a portal counted since its data file was made. A login is accepted or rejected once, at its last decision. */
export interface Tally {
  readonly loginsAccepted: number;
  readonly loginsRejected: number;
  /** Of the rejected ones, those whose password was right and whose code was not. */
  readonly mfaRejected: number;
  /** How often an account became locked. */
  readonly accountsLocked: number;
  readonly passwordsChanged: number;
  readonly changesRefused: number;
  /** The most wrong tries in a row that an account ever had within the lockout's window; of several accounts, the sum. */
  readonly mostFailures: number;
}

/** Column of each count. Names here are constants, so they may stand in SQL. */
const COLUMN: Readonly<Record<keyof Tally, string>> = {
  loginsAccepted: 'logins_accepted',
  loginsRejected: 'logins_rejected',
  mfaRejected: 'mfa_rejected',
  accountsLocked: 'lockouts',
  passwordsChanged: 'passwords_changed',
  changesRefused: 'changes_refused',
  mostFailures: 'most_failures',
};

const SUMS = Object.entries(COLUMN)
  .map(([name, column]) => `coalesce(sum(${column}), 0) AS ${name}`)
  .join(', ');

export function count(records: Records, { portal, username }: AccountKey, what: keyof Tally): void {
  const column = COLUMN[what];
  run(
    records,
    `INSERT INTO tally (portal, username, ${column}) VALUES (?, ?, 1) ON CONFLICT (portal, username) DO UPDATE SET ${column} = ${column} + 1`,
    portal,
    username,
  );
}

/** Keeps the highest run of failures that an account ever came to. */
export function noteFailures(records: Records, { portal, username }: AccountKey, failures: number): void {
  run(
    records,
    `INSERT INTO tally (portal, username, most_failures) VALUES (?, ?, ?) ON CONFLICT (portal, username) DO UPDATE SET most_failures = max(most_failures, excluded.most_failures)`,
    portal,
    username,
    failures,
  );
}

/** The sums of an account, of a portal, or of all portals. */
export function tallyOf(records: Records, of: { readonly portal?: RealmCode; readonly username?: string }): Tally {
  const sql = `SELECT ${SUMS} FROM tally WHERE portal = coalesce(?, portal) AND username = coalesce(?, username)`;
  return { ...(one<Tally>(records, sql, of.portal ?? null, of.username ?? null) as Tally) };
}
