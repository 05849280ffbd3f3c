import type { Database } from '../database.ts';
import { checkLimit } from '../input.ts';
import { checkKeptDays, type OldRows } from './rules.ts';

/** Deletes what no promise needs any more, the oldest first, `limit` at most; returns how many there were. What goes is what `countOld` counts. For `rcm_rotator`. Fails with `input_invalid`. */
export async function forgetOld(
  db: Database,
  { what, keptDays, limit }: { readonly what: OldRows; readonly keptDays: number; readonly limit: number },
): Promise<number> {
  const [days, most] = [checkKeptDays(what, keptDays), checkLimit(limit)];
  const [row] = await db.transaction('no tenant', (tx) => tx.$queryRaw<{ gone: number }[]>`SELECT rcm_forget_old(${what}, ${days}::int, ${most}::int) AS gone`);
  return row?.gone ?? 0;
}

/** How many would go now, COUNTED_AT_MOST at most. For `rcm_rotator`, `rcm_operator`. Fails with `input_invalid`. */
export async function countOld(db: Database, { what, keptDays }: { readonly what: OldRows; readonly keptDays: number }): Promise<number> {
  const days = checkKeptDays(what, keptDays);
  const [row] = await db.transaction('no tenant', (tx) => tx.$queryRaw<{ count: number }[]>`SELECT rcm_count_old(${what}, ${days}::int) AS count`);
  return row?.count ?? 0;
}
