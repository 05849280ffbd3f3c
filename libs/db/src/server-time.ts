import type { Database } from './database.ts';

/** What time it is in Postgres, whose clock decides between processes. */
export async function serverTime(db: Database): Promise<Date> {
  const [row] = await db.transaction('no tenant', (tx) => tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`);
  if (!row) throw new Error('a statement without a row');
  return row.now;
}
