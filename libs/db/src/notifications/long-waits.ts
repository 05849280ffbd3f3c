import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkMs } from '../input.ts';

/** Tells once of every attempt that has been open for `olderThanMs` and waits; returns how many were new. */
export async function notifyOfLongWaits(db: Database, { olderThanMs }: { readonly olderThanMs: number }): Promise<number> {
  const ms = checkMs('olderThanMs', olderThanMs);
  return byIndex(
    db,
    'every tenant',
    (tx) => tx.$executeRaw`
      INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, portal_type_code, attempt_id, detail)
      SELECT 'waiting_long', 'waiting_long:' || a.id, a.org_id, a.endpoint_id, a.portal_type_code, a.id, a.detail FROM rotation_attempt a
       WHERE a.ended_at IS NULL AND a.state <> 'blocked' AND a.created_at < now() - make_interval(secs => ${ms}::float8 / 1000)
      ON CONFLICT DO NOTHING`,
  );
}
