import { byIndex, ofEveryLogin } from '../by-index.ts';
import type { Database } from '../database.ts';
import { Prisma } from '../generated/client.ts';
import { checkId, checkLimit, timestamp } from '../input.ts';
import { BY_HAND } from '../manual/by-hand.ts';
import { DORMANT_AT, KEEP_ALIVE_AT, KEPT_BY_PROGRAM, RECERTIFY_AT, VERIFY_AT } from '../upkeep/lapses.ts';

export type CalendarKind = 'rotation' | 'password_expires' | 'keep_alive' | 'dormant' | 'recertify' | 'verify';

/** What comes for one login, when, and who does it. */
export interface CalendarEntry {
  readonly endpointId: string;
  readonly orgId: string;
  readonly portalTypeCode: string;
  readonly kind: CalendarKind;
  readonly at: Date;
  /** `platform`: it happens by itself. `person`: a person does it. `portal`: what happens at the portal where nobody does. */
  readonly by: 'platform' | 'person' | 'portal';
}

const ROTATION_BY = Prisma.sql`CASE WHEN ${BY_HAND} OR p.automation IS NULL THEN 'person' ELSE 'platform' END`;

/** What is worked out of all that was done with a login, and so stands in no index. */
const LAPSES = Prisma.sql`
          ('keep_alive', CASE WHEN p.dormant_after_days IS NOT NULL THEN ${KEEP_ALIVE_AT} END, CASE WHEN ${KEPT_BY_PROGRAM} THEN 'platform' ELSE 'person' END),
          ('dormant', CASE WHEN p.dormant_after_days IS NOT NULL THEN ${DORMANT_AT} END, 'portal'),
          ('recertify', CASE WHEN p.recertify_every_days IS NOT NULL THEN ${RECERTIFY_AT} END, 'person'),
          ('verify', CASE WHEN p.verify_every_days IS NOT NULL AND ${KEPT_BY_PROGRAM} THEN ${VERIFY_AT} END, 'platform')`;

const LOGINS = Prisma.sql`integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code JOIN login_identity i ON i.id = e.login_identity`;

/** What comes for each stored login `e` with what stands beside it, as `c`; what nothing comes of has no moment. */
export const COMING = Prisma.sql`
  ${LOGINS} CROSS JOIN LATERAL (VALUES
          ('rotation', e.next_rotation_at, ${ROTATION_BY}),
          ('password_expires', e.last_rotated_at + make_interval(days => p.password_expires_days), 'portal'),${LAPSES}) c (kind, at, by)`;
export const IS_KEPT = Prisma.sql`p.automation IS DISTINCT FROM 'forbidden' AND e.secret_arn IS NOT NULL`;
const SHOWN = Prisma.sql`e.id AS "endpointId", e.org_id AS "orgId", e.portal_type_code AS "portalTypeCode", c.kind, c.at, c.by`;

interface CalendarAsked {
  readonly orgId?: string | undefined;
  readonly portalTypeCode?: string | undefined;
  readonly until: Date;
  readonly limit: number;
}

/** What comes until a moment for the logins of all organizations, or of one, the soonest first; what is overdue is first of all. For `rcm_operator`. Fails with `input_invalid`. */
export async function listCalendar(db: Database, { orgId, portalTypeCode, until, limit }: CalendarAsked): Promise<readonly CalendarEntry[]> {
  for (const [name, id] of Object.entries({ orgId, portalTypeCode })) if (id !== undefined) checkId(name, id);
  const asked = { code: portalTypeCode ?? null, until: timestamp(until), most: checkLimit(limit) };
  if (orgId !== undefined) return ofOne(db, { ...asked, orgId });
  const found = [...(await dated(db, asked)), ...(await lapsing(db, asked))];
  return found.sort((a, b) => a.at.getTime() - b.at.getTime() || compare(a.endpointId, b.endpointId) || compare(a.kind, b.kind)).slice(0, asked.most);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Asked {
  readonly code: string | null;
  readonly until: string;
  readonly most: number;
}

const ofOne = (db: Database, { orgId, code, until, most }: Asked & { readonly orgId: string }): Promise<CalendarEntry[]> =>
  db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<CalendarEntry[]>`
      SELECT ${SHOWN} FROM ${COMING} WHERE ${IS_KEPT} AND c.at <= ${until}::timestamptz AND e.org_id = ${orgId} AND (${code}::text IS NULL OR e.portal_type_code = ${code})
       ORDER BY c.at, e.id, c.kind LIMIT ${most}`,
  );

/** What has a date of its own in a row: of each portal type the first by its index, then the first of all of them. */
function dated(db: Database, { code, until, most }: Asked): Promise<CalendarEntry[]> {
  const first = (kind: string, column: Prisma.Sql, later: Prisma.Sql, by: Prisma.Sql): Prisma.Sql => Prisma.sql`
    SELECT o.id AS "endpointId", o.org_id AS "orgId", p.code AS "portalTypeCode", ${kind}::text AS kind, o.since + ${later} AS at, ${by} AS by
      FROM portal_type p CROSS JOIN LATERAL (
        SELECT e.id, e.org_id, ${column} AS since FROM integration_endpoint e
         WHERE e.portal_type_code = p.code AND e.secret_arn IS NOT NULL AND e.login_identity IS NOT NULL AND ${column} <= ${until}::timestamptz - ${later} ORDER BY ${column}, e.id LIMIT ${most}) o
     WHERE p.automation IS DISTINCT FROM 'forbidden' AND (${code}::text IS NULL OR p.code = ${code})`;
  const expiring = first('password_expires', Prisma.sql`e.last_rotated_at`, Prisma.sql`make_interval(days => p.password_expires_days)`, Prisma.sql`'portal'`);
  return byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<CalendarEntry[]>`
      SELECT * FROM (${first('rotation', Prisma.sql`e.next_rotation_at`, Prisma.sql`interval '0'`, ROTATION_BY)} UNION ALL ${expiring}) c
       ORDER BY c.at, c."endpointId", c.kind LIMIT ${most}`,
  );
}

/** What lapses: every login of the portal types where anything does is looked at. */
const lapsing = (db: Database, { code, until, most }: Asked): Promise<CalendarEntry[]> =>
  ofEveryLogin(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<CalendarEntry[]>`
      SELECT ${SHOWN} FROM ${LOGINS} CROSS JOIN LATERAL (VALUES${LAPSES}) c (kind, at, by)
       WHERE ${IS_KEPT} AND c.at <= ${until}::timestamptz AND (${code}::text IS NULL OR e.portal_type_code = ${code})
         AND (p.dormant_after_days IS NOT NULL OR p.recertify_every_days IS NOT NULL OR p.verify_every_days IS NOT NULL)
       ORDER BY c.at, e.id, c.kind LIMIT ${most}`,
  );
