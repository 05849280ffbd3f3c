import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';

export interface PaceQuestion {
  /** What the store counts together: its kind, the account, the region. */
  readonly counted: string;
  /** Between two calls, in ms, when nothing is wrong. */
  readonly gapMs: number;
}

export interface Turn {
  /** When it is, and when that was said, in ms by Postgres's clock. */
  readonly at: number;
  readonly now: number;
  /** Between two turns, at this moment. */
  readonly gapMs: number;
  /** The gap is larger than the configured one. */
  readonly slowed: boolean;
}

/**
 * Takes the next turn, of all migrators on this database together. Behind it `wide` gaps are the caller's alone (default 1). A turn that is not used is lost. Turns lie
 * evenly, without bursts. One statement on one row: measured in a test, it gives far more turns a second than any store takes calls.
 */
export async function takeTurn(db: Database, { counted, gapMs, wide = 1 }: PaceQuestion & { readonly wide?: number }): Promise<Turn> {
  const rows = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<Turn[]>`
      INSERT INTO migration_pace AS p (counted, next_at, gap_ms)
      VALUES (${counted}, clock_timestamp() + make_interval(secs => ${wide}::float8 * ${gapMs}::float8 / 1000), ${gapMs}::float8)
      ON CONFLICT (counted) DO UPDATE SET gap_ms = greatest(p.gap_ms, ${gapMs}::float8),
        next_at = greatest(p.next_at, clock_timestamp()) + make_interval(secs => ${wide}::float8 * greatest(p.gap_ms, ${gapMs}::float8) / 1000)
      RETURNING (extract(epoch FROM p.next_at) * 1000)::float8 - ${wide}::float8 * p.gap_ms AS at, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
        p.gap_ms AS "gapMs", p.gap_ms > ${gapMs}::float8 AS slowed`,
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
