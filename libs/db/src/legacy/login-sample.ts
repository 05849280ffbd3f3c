import type { Database } from '../database.ts';
import { checkLimit } from '../input.ts';
import { hasFullBudget } from '../ledger/budget.ts';
import type { RunFilters } from './runs.ts';

export interface LoginSample {
  readonly endpointId: string;
  readonly orgId: string;
  readonly portalType: string;
}

/** Of so many times the logins that are wanted it is asked at most whether their budget is whole. */
const CANDIDATES = 5;

/**
 * Migrated logins to be tried once, another sample each time, spread over the portal types: one of each in turn. One endpoint of each account; none whose portal type's
 * terms let no program log in, whose rotation is open, or against whose account anything counts. For `rcm_migrator`.
 */
export async function listLoginSample(
  db: Database,
  { count, filters }: { readonly count: number; readonly filters: RunFilters },
): Promise<readonly LoginSample[]> {
  const most = checkLimit(count);
  const { orgId, portalType, endpointId } = { orgId: null, portalType: null, endpointId: null, ...filters };
  const candidates = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<(LoginSample & { readonly loginIdentity: string })[]>`
      SELECT "endpointId", "orgId", "portalType", "loginIdentity" FROM (
        SELECT one.*, row_number() OVER (PARTITION BY one."portalType" ORDER BY one.dice) AS turn FROM (
          SELECT DISTINCT ON (e.login_identity) e.id AS "endpointId", e.org_id AS "orgId", e.portal_type_code AS "portalType", e.login_identity AS "loginIdentity", random() AS dice
            FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code
           WHERE e.secret_arn IS NOT NULL AND e.login_identity IS NOT NULL AND p.automation = 'allowed'
             AND (${orgId}::text IS NULL OR e.org_id = ${orgId}) AND (${portalType}::text IS NULL OR e.portal_type_code = ${portalType})
             AND (${endpointId}::text IS NULL OR e.id = ${endpointId})
             AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL)
           ORDER BY e.login_identity, e.id) one) ordered
       ORDER BY turn, dice LIMIT ${most * CANDIDATES}`,
  );
  const sample: LoginSample[] = [];
  for (const { loginIdentity, ...login } of candidates) {
    if (sample.length >= most) break;
    if (await hasFullBudget(db, { orgId: login.orgId, loginIdentity })) sample.push(login);
  }
  return sample;
}
