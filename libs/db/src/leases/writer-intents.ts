import type { Database } from '../database.ts';

/** Somebody waits for the exclusive lease of a login; new shared ones wait for that. */
export interface WriterIntent {
  readonly endpointIds: readonly string[];
  readonly wantedBy: string;
  readonly since: Date;
  readonly until: Date;
}

/** Writer intents that hold now, the oldest first; 1000 at most. For reports. */
export async function listWriterIntents(db: Database): Promise<readonly WriterIntent[]> {
  return db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<WriterIntent[]>`
      SELECT e.ids AS "endpointIds", i.exclusive_wanted_by AS "wantedBy", i.exclusive_wanted_since AS since, i.exclusive_wanted_until AS until
        FROM (SELECT w.* FROM login_identity w WHERE w.exclusive_wanted_until > now() ORDER BY w.exclusive_wanted_since LIMIT 1000) i
       CROSS JOIN LATERAL (SELECT array_agg(o.id ORDER BY o.id) AS ids FROM integration_endpoint o WHERE o.login_identity = i.id) e
       WHERE e.ids IS NOT NULL ORDER BY since`,
  );
}
