import { ofEveryLogin } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
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

/** What comes for each stored login `e` with what stands beside it, as `c`; what nothing comes of has no moment. */
export const COMING = Prisma.sql`
  integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code JOIN login_identity i ON i.id = e.login_identity
        CROSS JOIN LATERAL (VALUES
          ('rotation', e.next_rotation_at, CASE WHEN ${BY_HAND} OR p.automation IS NULL THEN 'person' ELSE 'platform' END),
          ('password_expires', e.last_rotated_at + make_interval(days => p.password_expires_days), 'portal'),
          ('keep_alive', CASE WHEN p.dormant_after_days IS NOT NULL THEN ${KEEP_ALIVE_AT} END, CASE WHEN ${KEPT_BY_PROGRAM} THEN 'platform' ELSE 'person' END),
          ('dormant', CASE WHEN p.dormant_after_days IS NOT NULL THEN ${DORMANT_AT} END, 'portal'),
          ('recertify', CASE WHEN p.recertify_every_days IS NOT NULL THEN ${RECERTIFY_AT} END, 'person'),
          ('verify', CASE WHEN p.verify_every_days IS NOT NULL AND ${KEPT_BY_PROGRAM} THEN ${VERIFY_AT} END, 'platform')) c (kind, at, by)`;
export const IS_KEPT = Prisma.sql`p.automation IS DISTINCT FROM 'forbidden' AND e.secret_arn IS NOT NULL`;

/** What comes until a moment for the logins of all organizations, or of one, the soonest first; what is overdue is first of all. For `rcm_operator`. Fails with `input_invalid`. */
export async function listCalendar(
  db: Database,
  {
    orgId,
    portalTypeCode,
    until,
    limit,
  }: { readonly orgId?: string | undefined; readonly portalTypeCode?: string | undefined; readonly until: Date; readonly limit: number },
): Promise<readonly CalendarEntry[]> {
  for (const [name, id] of Object.entries({ orgId, portalTypeCode })) if (id !== undefined) checkId(name, id);
  const [org, code] = [orgId ?? null, portalTypeCode ?? null];
  const list = (tx: Transaction): Promise<CalendarEntry[]> => tx.$queryRaw<CalendarEntry[]>`
      SELECT e.id AS "endpointId", e.org_id AS "orgId", e.portal_type_code AS "portalTypeCode", c.kind, c.at, c.by
        FROM ${COMING} WHERE ${IS_KEPT} AND c.at <= ${timestamp(until)}::timestamptz
         AND (${org}::text IS NULL OR e.org_id = ${org}) AND (${code}::text IS NULL OR e.portal_type_code = ${code})
       ORDER BY c.at, e.id, c.kind LIMIT ${checkLimit(limit)}`;
  return org === null && code === null ? ofEveryLogin(db, 'every tenant', list) : db.transaction('every tenant', list);
}
