import type { Database } from '../database.ts';

/** Tells each day of every portal type with logins where no program logs in because nobody has decided whether one may; returns how many were new. */
export async function notifyOfUndecided(db: Database): Promise<number> {
  return db.transaction(
    'every tenant',
    (tx) => tx.$executeRaw`
      INSERT INTO notice (kind, dedup_key, portal_type_code)
      SELECT 'undecided', 'undecided:' || p.code || to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD'), p.code FROM portal_type p
       WHERE p.automation IS NULL AND EXISTS (SELECT FROM integration_endpoint e WHERE e.portal_type_code = p.code)
      ON CONFLICT DO NOTHING`,
  );
}
