import type { Database } from '../database.ts';

/** Somebody waits for the exclusive lease of a login; new shared ones wait for that. */
export interface Wish {
  readonly endpointIds: readonly string[];
  readonly wantedBy: string;
  readonly since: Date;
  readonly until: Date;
}

/** Wishes that hold now, the oldest first; 1000 at most. For reports. */
export async function listWishes(db: Database): Promise<readonly Wish[]> {
  return db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<Wish[]>`
      SELECT array_agg(e.id ORDER BY e.id) AS "endpointIds", i.exclusive_wanted_by AS "wantedBy", i.exclusive_wanted_since AS since, i.exclusive_wanted_until AS until
        FROM login_identity i JOIN integration_endpoint e ON e.login_identity = i.id WHERE i.exclusive_wanted_until > clock_timestamp()
       GROUP BY i.id ORDER BY since LIMIT 1000`,
  );
}
