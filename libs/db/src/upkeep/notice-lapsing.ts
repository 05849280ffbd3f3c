import { Prisma } from '../generated/client.ts';
import type { Database } from '../database.ts';
import { DORMANT_AT, KEPT_BY_PROGRAM, LAST_LOGIN, RECERTIFY_AT, URGENT_AT, KEEP_ALIVE_AT } from './lapses.ts';

/** How long before a recertification people are told. */
const RECERTIFY_TOLD_DAYS = 30;

const told = (what: string, at: Prisma.Sql, detail: Prisma.Sql, where: Prisma.Sql): Prisma.Sql => Prisma.sql`
  INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, portal_type_code, detail)
  SELECT 'lapsing', 'lapsing:' || ${what} || ':' || e.id || ':' || (${at} AT TIME ZONE 'UTC')::date, e.org_id, e.id, e.portal_type_code, ${detail}
    FROM portal_type p JOIN integration_endpoint e ON e.portal_type_code = p.code JOIN login_identity i ON i.id = e.login_identity
   WHERE p.automation IS DISTINCT FROM 'forbidden' AND ${where}
  ON CONFLICT DO NOTHING`;

const day = (at: Prisma.Sql): Prisma.Sql => Prisma.sql`to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD')`;

/**
 * Tells once of each due date that only a person can keep: a login that the portal is about to disable, because no program may log in or because none got
 * in, and a recertification. Returns how many were new.
 */
export async function noticeLapsing(db: Database): Promise<number> {
  const dormant = told(
    'dormant',
    DORMANT_AT,
    Prisma.sql`'the portal disables it on ' || ${day(DORMANT_AT)} || ', ' || p.dormant_after_days || ' days after the last login that is known (' || ${day(LAST_LOGIN)} || ')'
      || CASE p.dormant_counts WHEN 'second_factor' THEN '; only a login with its second factor counts' ELSE '' END`,
    Prisma.sql`p.dormant_after_days IS NOT NULL AND CASE WHEN ${KEPT_BY_PROGRAM} THEN ${URGENT_AT} ELSE ${KEEP_ALIVE_AT} END <= clock_timestamp()`,
  );
  const recertify = told(
    'recertify',
    RECERTIFY_AT,
    Prisma.sql`'a person recertifies it at the portal by ' || ${day(RECERTIFY_AT)}`,
    Prisma.sql`p.recertify_every_days IS NOT NULL AND ${RECERTIFY_AT} <= clock_timestamp() + make_interval(days => ${RECERTIFY_TOLD_DAYS}::int)`,
  );
  return db.transaction('every tenant', async (tx) => (await tx.$executeRaw(dormant)) + (await tx.$executeRaw(recertify)));
}
