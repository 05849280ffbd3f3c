import type { AccountKey } from './accounts.ts';
import { many, one, run, type Records } from './database.ts';

/** How a try ended in truth, whatever the page said: `locked` and `closed` say nothing about what was typed. */
export type TryEnd = 'accepted' | 'wrong' | 'wrong_code' | 'locked' | 'closed';

/** `visitor`: typed on the portal's pages. `person`: somebody who uses the same account elsewhere. */
export type TriedBy = 'visitor' | 'person';

/** One login try at an account. It is recorded once, where it was decided: at the password, or at the code. */
export interface LoginTry {
  readonly at: number;
  readonly ended: TryEnd;
  /** The account was locked when the try came. */
  readonly atLocked: boolean;
  /** The try reached the threshold. */
  readonly locks: boolean;
  readonly by: TriedBy;
}

/** So many tries, and so many changes, are kept of an account; then the oldest are dropped. */
const KEPT = 1000;

interface Row extends Omit<LoginTry, 'atLocked' | 'locks'> {
  readonly number: number;
  readonly atLocked: number;
  readonly locks: number;
}

export function noteTry(records: Records, { portal, username }: AccountKey, { at, ended, atLocked, locks, by }: LoginTry): void {
  run(
    records,
    `INSERT INTO login_try (portal, username, number, at, ended, at_locked, locks, by)
     SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5, ?6, ?7 FROM login_try WHERE portal = ?1 AND username = ?2`,
    ...[portal, username, at, ended, atLocked ? 1 : 0, locks ? 1 : 0, by],
  );
  keepNewest(records, 'login_try', { portal, username });
}

export function keepNewest(records: Records, table: 'login_try' | 'change_made', { portal, username }: AccountKey): void {
  run(
    records,
    `DELETE FROM ${table} WHERE portal = ?1 AND username = ?2
       AND number <= (SELECT max(number) FROM ${table} WHERE portal = ?1 AND username = ?2) - ${KEPT}`,
    ...[portal, username],
  );
}

/** When somebody was let in last; `null`: nobody was, as far back as tries are kept. */
export const lastAcceptedAt = (records: Records, { portal, username }: AccountKey): number | null =>
  one<{ at: number | null }>(records, `SELECT max(at) AS at FROM login_try WHERE portal = ? AND username = ? AND ended = 'accepted'`, portal, username)?.at ??
  null;

/** In order; `dropped` older ones are no longer known. */
export function triesOf(records: Records, { portal, username }: AccountKey): { readonly tries: readonly LoginTry[]; readonly dropped: number } {
  const rows = many<Row>(
    records,
    `SELECT number, at, ended, at_locked AS atLocked, locks, by FROM login_try WHERE portal = ? AND username = ? ORDER BY number`,
    portal,
    username,
  );
  const tries = rows.map(({ at, ended, atLocked, locks, by }) => ({ at, ended, atLocked: atLocked === 1, locks: locks === 1, by }));
  return { tries, dropped: (rows[0]?.number ?? 1) - 1 };
}
