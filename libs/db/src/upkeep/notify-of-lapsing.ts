import { byIndexSorted } from '../by-index.ts';
import { Prisma } from '../generated/client.ts';
import type { Database } from '../database.ts';
import { DORMANT_AT, KEPT_BY_PROGRAM, LAST_LOGIN, lookAgain, RECERTIFY_AT, URGENT_AT, KEEP_ALIVE_AT } from './lapses.ts';

/** How long before a recertification people are told. */
const RECERTIFY_TOLD_DAYS = 30;

/** Of each portal type, so many logins are looked at in one turn. */
const AT_ONCE = 200;

/** When one is looked at again that a program is to use and has not yet: somebody may refuse it meanwhile. */
const SOON = Prisma.sql`clock_timestamp() + interval '1 hour'`;
/** When one of which people were told is. */
const TOLD_AGAIN = Prisma.sql`clock_timestamp() + interval '1 day'`;

const day = (at: Prisma.Sql): Prisma.Sql => Prisma.sql`to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD')`;

const DORMANT = Prisma.sql`p.dormant_after_days IS NOT NULL`;
const IS_DORMANT_TOLD = Prisma.sql`(${DORMANT} AND CASE WHEN ${KEPT_BY_PROGRAM} THEN ${URGENT_AT} ELSE ${KEEP_ALIVE_AT} END <= clock_timestamp())`;
const RECERTIFY_TOLD_AT = Prisma.sql`(${RECERTIFY_AT} - make_interval(days => ${RECERTIFY_TOLD_DAYS}::int))`;
const RECERTIFY = Prisma.sql`p.recertify_every_days IS NOT NULL`;
const IS_RECERTIFY_TOLD = Prisma.sql`(${RECERTIFY} AND ${RECERTIFY_TOLD_AT} <= clock_timestamp())`;
const DORMANT_DETAIL = Prisma.sql`'the portal disables it on ' || ${day(DORMANT_AT)} || ', ' || p.dormant_after_days || ' days after the last login that is known (' || ${day(LAST_LOGIN)} || ')'
      || CASE p.dormant_counts WHEN 'second_factor' THEN '; only a login with its second factor counts' ELSE '' END`;

/** The logins whose turn to be looked at has come, of each portal type where a person may have something to do. */
const TURN = Prisma.sql`
  SELECT u.endpoint_id AS id FROM portal_type p CROSS JOIN LATERAL (
    SELECT k.endpoint_id FROM login_upkeep k WHERE k.portal_type_code = p.code AND k.tell_at <= now() ORDER BY k.tell_at LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED) u
   WHERE (${DORMANT} OR ${RECERTIFY}) AND p.automation IS DISTINCT FROM 'forbidden'`;

/** What a look at each of them says; `next`: when it is looked at again. */
const LOOK = Prisma.sql`
  SELECT e.id, e.org_id, e.portal_type_code, w.*,
         CASE WHEN w.dormant IS NOT NULL OR w.recertify IS NOT NULL THEN ${TOLD_AGAIN}
              ELSE ${lookAgain(Prisma.sql`least(CASE WHEN ${DORMANT} THEN greatest(${KEEP_ALIVE_AT}, ${SOON}) END, CASE WHEN ${RECERTIFY} THEN ${RECERTIFY_TOLD_AT} END)`)} END AS next
    FROM turn t JOIN integration_endpoint e ON e.id = t.id JOIN portal_type p ON p.code = e.portal_type_code JOIN login_identity i ON i.id = e.login_identity
   CROSS JOIN LATERAL (SELECT CASE WHEN ${IS_DORMANT_TOLD} THEN ${DORMANT_AT} END AS dormant, CASE WHEN ${IS_DORMANT_TOLD} THEN ${DORMANT_DETAIL} END AS dormant_detail,
                              CASE WHEN ${IS_RECERTIFY_TOLD} THEN ${RECERTIFY_AT} END AS recertify) w OFFSET 0`;

/**
 * Tells once of each due date that only a person can keep: a login that the portal is about to disable, because no program may log in or because none got
 * in, and a recertification. Returns how many were new.
 */
export function notifyOfLapsing(db: Database): Promise<number> {
  return byIndexSorted(
    db,
    'every tenant',
    (tx) => tx.$executeRaw`
      WITH turn AS MATERIALIZED (${TURN}), seen AS MATERIALIZED (${LOOK}),
      moved AS (
        UPDATE login_upkeep u SET tell_at = coalesce(s.next, clock_timestamp() + interval '1 day') FROM turn t LEFT JOIN seen s ON s.id = t.id WHERE u.endpoint_id = t.id)
      INSERT INTO notice (kind, dedup_key, org_id, endpoint_id, portal_type_code, detail)
      SELECT 'lapsing', 'lapsing:' || w.what || ':' || s.id || ':' || (w.at AT TIME ZONE 'UTC')::date, s.org_id, s.id, s.portal_type_code, w.detail
        FROM seen s CROSS JOIN LATERAL (VALUES ('dormant', s.dormant, s.dormant_detail), ('recertify', s.recertify, 'a person recertifies it at the portal by ' || ${day(Prisma.sql`s.recertify`)})) w (what, at, detail)
       WHERE w.at IS NOT NULL
      ON CONFLICT DO NOTHING`,
  );
}
