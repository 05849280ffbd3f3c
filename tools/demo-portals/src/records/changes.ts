import type { AccountKey } from './accounts.ts';
import { many, run, type Records } from './database.ts';
import { keepNewest } from './login-tries.ts';

/** A change that was made. `askedAt` is earlier than `at` where the portal made it late. */
export interface ChangeMade {
  readonly at: number;
  readonly askedAt: number;
}

/** A change that the portal is still to make. */
export interface PendingChange extends AccountKey {
  readonly sessionId: string;
  /** The hash that was checked against, and the new one. */
  readonly from: string;
  readonly to: string;
  readonly askedAt: number;
  readonly dueAt: number;
}

const MAX_PENDING = 50;

export function noteChange(records: Records, { portal, username }: AccountKey, { at, askedAt }: ChangeMade): void {
  run(
    records,
    `INSERT INTO change_made (portal, username, number, at, asked_at)
     SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4 FROM change_made WHERE portal = ?1 AND username = ?2`,
    ...[portal, username, at, askedAt],
  );
  keepNewest(records, 'change_made', { portal, username });
}

/** In order; `dropped` older ones are no longer known. */
export function changesOf(records: Records, { portal, username }: AccountKey): { readonly changes: readonly ChangeMade[]; readonly dropped: number } {
  const rows = many<ChangeMade & { readonly number: number }>(
    records,
    'SELECT number, at, asked_at AS askedAt FROM change_made WHERE portal = ? AND username = ? ORDER BY number',
    portal,
    username,
  );
  return { changes: rows.map(({ at, askedAt }) => ({ at, askedAt })), dropped: (rows[0]?.number ?? 1) - 1 };
}

/** Keeps a change for later; of more than 50 at one account the oldest are forgotten. */
export function addPendingChange(records: Records, change: PendingChange): void {
  const { portal, username, sessionId, from, to, askedAt, dueAt } = change;
  run(
    records,
    'INSERT INTO pending_change (portal, username, session_id, from_hash, to_hash, asked_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[portal, username, sessionId, from, to, askedAt, dueAt],
  );
  run(
    records,
    `DELETE FROM pending_change WHERE number IN
       (SELECT number FROM pending_change WHERE portal = ? AND username = ? ORDER BY number DESC LIMIT -1 OFFSET ${MAX_PENDING})`,
    portal,
    username,
  );
}

/** Takes out the changes of a portal that are due at `now`, the earliest first. */
export function takeDueChanges(records: Records, portal: AccountKey['portal'], now: number): readonly PendingChange[] {
  const due = many<PendingChange & { readonly number: number }>(
    records,
    `SELECT number, portal, username, session_id AS sessionId, from_hash AS "from", to_hash AS "to", asked_at AS askedAt, due_at AS dueAt
     FROM pending_change WHERE portal = ? AND due_at <= ? ORDER BY due_at, number`,
    portal,
    now,
  );
  for (const { number } of due) run(records, 'DELETE FROM pending_change WHERE number = ?', number);
  return due;
}
