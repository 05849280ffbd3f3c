import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkId, checkLimit, timestamp } from '../input.ts';

/** What one person, token or kind of process did of one kind in a time. */
export interface Doing {
  /** A person as they signed in; `token:SUBJECT`; of a process which program it is. */
  readonly actor: string;
  readonly action: string;
  readonly times: number;
  /** On how many different logins, tasks or other things. */
  readonly subjects: number;
  readonly first: Date;
  readonly last: Date;
}

export interface Span {
  readonly orgId: string;
  readonly from: Date;
  readonly until: Date;
}

/**
 * Who did what in one organization between two times, by what was done most. It reads every event between them. For `rcm_operator`. `limit`: of pairs of who and what; one more
 * than asked for says that there are more.
 */
export async function whoDid(db: Database, { orgId, from, until, limit }: Span & { readonly limit: number }): Promise<readonly Doing[]> {
  checkId('orgId', orgId);
  const most = checkLimit(limit);
  return byIndex(
    db,
    { tenant: orgId },
    (tx) => tx.$queryRaw<Doing[]>`
      SELECT e.who AS actor, e.action, count(*)::int AS times, count(DISTINCT e.subject)::int AS subjects, min(e.at) AS first, max(e.at) AS last
        FROM (SELECT CASE WHEN a.actor LIKE 'person:%' THEN split_part(a.actor, ' says ', 1) WHEN a.actor ~ '^(token|terminal|sql):' THEN a.actor
                          ELSE split_part(split_part(a.actor, '@', 1), ':', 1) END AS who, a.action, a.subject, a.at
                FROM audit_event a
               WHERE a.org_id = ${orgId} AND a.at >= ${timestamp(from)}::timestamptz AND a.at < ${timestamp(until)}::timestamptz) e
       GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ${most}`,
  );
}
