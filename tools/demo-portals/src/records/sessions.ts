import { randomBytes } from 'node:crypto';
import type { RealmCode } from '../portal-code.ts';
import type { AccountKey } from './accounts.ts';
import { one, run, type Records } from './database.ts';

/** How far a visitor has come: `identified` typed a user name, `code` proved the password, `expired` may only change the password. */
export type SessionStage = 'anonymous' | 'identified' | 'code' | 'expired' | 'signed_in';

export interface Session {
  /** Rises with every session ever opened at any portal. */
  readonly number: number;
  readonly id: string;
  readonly portal: RealmCode;
  readonly stage: SessionStage;
  readonly username: string | null;
  readonly csrf: string;
}

const SESSION_IDLE_MS = 30 * 60_000;
const MAX_VISITORS = 1000;
const MAX_PER_ACCOUNT = 50;
/** A write for every request would cost more than it tells. */
const SEEN_RESOLUTION_MS = 60_000;

const PROVED = `('code', 'expired', 'signed_in')`;
const COLUMNS = 'number, id, portal, stage, username, csrf';

/** Opens a session; beyond the bounds the oldest one of the same kind ends. */
export function openSession(
  records: Records,
  of: { readonly portal: RealmCode; readonly stage: SessionStage; readonly username: string | null },
  now: number,
): Session {
  const [id, csrf] = [randomBytes(24).toString('base64url'), randomBytes(18).toString('base64url')];
  run(records, 'INSERT INTO session (id, portal, stage, username, csrf, seen_at) VALUES (?, ?, ?, ?, ?, ?)', id, of.portal, of.stage, of.username, csrf, now);
  const proved = of.stage !== 'anonymous' && of.stage !== 'identified';
  const [same, keep] = proved ? [`stage IN ${PROVED} AND username = ?2`, MAX_PER_ACCOUNT] : [`stage NOT IN ${PROVED} AND ?2 IS ?2`, MAX_VISITORS];
  run(
    records,
    `DELETE FROM session WHERE portal = ?1 AND ${same} AND number <= (SELECT number FROM session WHERE portal = ?1 AND ${same} ORDER BY number DESC LIMIT 1 OFFSET ${keep})`,
    of.portal,
    of.username,
  );
  return one<Session>(records, `SELECT ${COLUMNS} FROM session WHERE id = ?`, id) as Session;
}

/** The session, or null where it never was, was ended, or idled for 30 minutes. */
export function readSession(records: Records, portal: RealmCode, id: string, now: number): Session | null {
  const row = one<Session & { seenAt: number }>(records, `SELECT ${COLUMNS}, seen_at AS seenAt FROM session WHERE portal = ? AND id = ?`, portal, id);
  if (!row) return null;
  if (row.seenAt <= now - SESSION_IDLE_MS) {
    endSession(records, id);
    return null;
  }
  if (row.seenAt < now - SEEN_RESOLUTION_MS) run(records, 'UPDATE session SET seen_at = ? WHERE id = ?', now, id);
  return row;
}

export function endSession(records: Records, id: string): void {
  run(records, 'DELETE FROM session WHERE id = ?', id);
}

/** Ends every session in which the account's password was proved, except one where given. */
export function endSessionsOf(records: Records, { portal, username }: AccountKey, exceptId: string | null): void {
  run(records, `DELETE FROM session WHERE portal = ? AND username = ? AND stage IN ${PROVED} AND id IS NOT ?`, portal, username, exceptId);
}
