import { byIndexSorted } from '../by-index.ts';
import { Prisma } from '../generated/client.ts';
import type { Database } from '../database.ts';
import { DORMANT_AT, KEPT_BY_PROGRAM, LAST_LOGIN, LONG_UNUSED, RECERTIFY_AT, URGENT_AT, KEEP_ALIVE_AT } from './lapses.ts';

/** How long before a recertification people are told. */
const RECERTIFY_TOLD_DAYS = 30;

interface Told {
  readonly what: string;
  readonly at: Prisma.Sql;
  readonly detail: Prisma.Sql;
  /** `id` of the logins that may be meant. */
  readonly of: Prisma.Sql;
  readonly where: Prisma.Sql;
}

// LATERAL and OFFSET 0: from the few that may be meant, and not from all that a portal has.
const told = ({ what, at, detail, of, where }: Told): Prisma.Sql => Prisma.sql`
  INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, portal_type_code, detail)
  SELECT 'lapsing', t.* FROM (${of}) u CROSS JOIN LATERAL (
    SELECT 'lapsing:' || ${what} || ':' || e.id || ':' || (${at} AT TIME ZONE 'UTC')::date, e.org_id, e.id, e.portal_type_code, ${detail}
      FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code JOIN login_identity i ON i.id = e.login_identity
     WHERE e.login_identity = u.id AND p.automation IS DISTINCT FROM 'forbidden' AND ${where} OFFSET 0) t
  ON CONFLICT DO NOTHING`;

const RECERTIFIED_AT_ALL = Prisma.sql`
  SELECT DISTINCT o.login_identity AS id FROM portal_type q JOIN integration_endpoint o ON o.portal_type_code = q.code WHERE q.recertify_every_days IS NOT NULL AND o.login_identity IS NOT NULL`;

const day = (at: Prisma.Sql): Prisma.Sql => Prisma.sql`to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD')`;

/**
 * Tells once of each due date that only a person can keep: a login that the portal is about to disable, because no program may log in or because none got
 * in, and a recertification. Returns how many were new.
 */
export async function noticeLapsing(db: Database): Promise<number> {
  const dormant = told({
    what: 'dormant',
    at: DORMANT_AT,
    of: LONG_UNUSED,
    detail: Prisma.sql`'the portal disables it on ' || ${day(DORMANT_AT)} || ', ' || p.dormant_after_days || ' days after the last login that is known (' || ${day(LAST_LOGIN)} || ')'
      || CASE p.dormant_counts WHEN 'second_factor' THEN '; only a login with its second factor counts' ELSE '' END`,
    where: Prisma.sql`p.dormant_after_days IS NOT NULL AND CASE WHEN ${KEPT_BY_PROGRAM} THEN ${URGENT_AT} ELSE ${KEEP_ALIVE_AT} END <= clock_timestamp()`,
  });
  const recertify = told({
    what: 'recertify',
    at: RECERTIFY_AT,
    of: RECERTIFIED_AT_ALL,
    detail: Prisma.sql`'a person recertifies it at the portal by ' || ${day(RECERTIFY_AT)}`,
    where: Prisma.sql`p.recertify_every_days IS NOT NULL AND ${RECERTIFY_AT} <= clock_timestamp() + make_interval(days => ${RECERTIFY_TOLD_DAYS}::int)`,
  });
  return byIndexSorted(db, 'every tenant', async (tx) => (await tx.$executeRaw(dormant)) + (await tx.$executeRaw(recertify)));
}
