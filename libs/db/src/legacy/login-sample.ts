import { byIndex } from '../by-index.ts';
import type { Database, Transaction } from '../database.ts';
import { Prisma } from '../generated/client.ts';
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

/** Of a fleet that has more, so many logins are drawn from; page by page, so that others need not be read. */
const DRAWN_FROM = 1_000;
const COLUMNS = Prisma.sql`e.id, e.org_id, e.portal_type_code, e.login_identity, e.secret_arn`;

/** Of a small fleet all logins; of another some pages of them, and of each portal type the `ofEach` that are due first, so that one with few logins is not left out. */
async function someOfAll(tx: Transaction, ofEach: number): Promise<Prisma.Sql> {
  const [fleet] = await tx.$queryRaw<{ rows: number }[]>`SELECT c.reltuples::float8 AS rows FROM pg_class c WHERE c.oid = 'integration_endpoint'::regclass`;
  if ((fleet?.rows ?? 0) <= DRAWN_FROM) return Prisma.sql`integration_endpoint`;
  return Prisma.sql`(
    SELECT ${COLUMNS} FROM integration_endpoint e TABLESAMPLE SYSTEM (${(100 * DRAWN_FROM) / (fleet?.rows ?? DRAWN_FROM)}::float8)
     UNION
    SELECT f.* FROM portal_type p CROSS JOIN LATERAL (
      SELECT ${COLUMNS} FROM integration_endpoint e WHERE e.portal_type_code = p.code AND e.secret_arn IS NOT NULL ORDER BY e.next_rotation_at, e.id LIMIT ${ofEach}) f)`;
}

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
  const isOfAll = orgId === null && portalType === null && endpointId === null;
  const draw = async (tx: Transaction): Promise<readonly (LoginSample & { readonly loginIdentity: string })[]> => {
    const from = isOfAll ? await someOfAll(tx, most) : Prisma.sql`integration_endpoint`;
    return tx.$queryRaw<(LoginSample & { readonly loginIdentity: string })[]>`
      SELECT "endpointId", "orgId", "portalType", "loginIdentity" FROM (
        SELECT one.*, row_number() OVER (PARTITION BY one."portalType" ORDER BY one.dice) AS turn FROM (
          SELECT DISTINCT ON (e.login_identity) e.id AS "endpointId", e.org_id AS "orgId", e.portal_type_code AS "portalType", e.login_identity AS "loginIdentity", random() AS dice
            FROM ${from} e JOIN portal_type p ON p.code = e.portal_type_code
           WHERE e.secret_arn IS NOT NULL AND e.login_identity IS NOT NULL AND p.automation = 'allowed'
             AND (${orgId}::text IS NULL OR e.org_id = ${orgId}) AND (${portalType}::text IS NULL OR e.portal_type_code = ${portalType})
             AND (${endpointId}::text IS NULL OR e.id = ${endpointId})
             AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL)
           ORDER BY e.login_identity, e.id) one) ordered
       ORDER BY turn, dice LIMIT ${most * CANDIDATES}`;
  };
  const candidates = await (isOfAll ? byIndex(db, 'every tenant', draw) : db.transaction('every tenant', draw));
  const sample: LoginSample[] = [];
  for (const { loginIdentity, ...login } of candidates) {
    if (sample.length >= most) break;
    if (await hasFullBudget(db, { orgId: login.orgId, loginIdentity })) sample.push(login);
  }
  return sample;
}
