import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';

export interface PaceQuestion {
  /** What the store counts together: its kind, the account, the region. */
  readonly counted: string;
  /** Between two calls, in ms, when nothing is wrong. */
  readonly gapMs: number;
}

/**
 * Takes the next turn, of all migrators on this database together, and answers in how many ms it is. A turn that is not used is lost. Turns lie evenly, without
 * bursts. One statement on one row: measured in a test, it gives far more turns a second than any store takes calls.
 */
export async function takeTurn(db: Database, { counted, gapMs }: PaceQuestion): Promise<{ readonly waitMs: number; readonly slowed: boolean }> {
  const rows = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ waitMs: number; slowed: boolean }[]>`
      INSERT INTO migration_pace AS p (counted, next_at, gap_ms) VALUES (${counted}, clock_timestamp() + make_interval(secs => ${gapMs}::float8 / 1000), ${gapMs}::float8)
      ON CONFLICT (counted) DO UPDATE SET gap_ms = greatest(p.gap_ms, ${gapMs}::float8),
        next_at = greatest(p.next_at, clock_timestamp()) + make_interval(secs => greatest(p.gap_ms, ${gapMs}::float8) / 1000)
      RETURNING greatest(0, extract(epoch FROM p.next_at - make_interval(secs => p.gap_ms / 1000) - clock_timestamp()) * 1000)::float8 AS "waitMs", p.gap_ms > ${gapMs}::float8 AS slowed`,
  );
  const [turn] = rows;
  if (!turn) throw new RcmError('database_failed', 'A statement that always answers did not.');
  return turn;
}

/** Makes the gap larger (the store said that calls come too fast) or smaller again, for everybody; never below `gapMs`, nor above `longestMs`. */
export async function changePace(
  db: Database,
  { counted, gapMs, by, longestMs }: PaceQuestion & { readonly by: number; readonly longestMs: number },
): Promise<void> {
  await db.transaction(
    'no tenant',
    (tx) => tx.$executeRaw`
      UPDATE migration_pace SET gap_ms = greatest(${gapMs}::float8, least(gap_ms * ${by}::float8, ${longestMs}::float8)) WHERE counted = ${counted}`,
  );
}
