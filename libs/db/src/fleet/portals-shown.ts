import { byIndexSorted } from '../by-index.ts';
import type { Database } from '../database.ts';
import { type Automation, portalTypeRow, type PortalTypeRow } from '../endpoints/endpoint.ts';
import { Prisma } from '../generated/client.ts';
import { checkId } from '../input.ts';
import type { Scope } from '../scope.ts';
import { loginsThere } from './portal-types.ts';

type Seen = Exclude<Scope, 'no tenant'>;

/** A portal type in a list: everything of it but what is long. */
export interface PortalListed {
  readonly code: string;
  readonly name: string;
  readonly automation: Automation | null;
  readonly rotationMode: 'automatic' | 'manual';
  readonly rotationIntervalDays: number;
  readonly logins: number;
  readonly savedAt: Date;
}

export interface PortalShown extends PortalTypeRow {
  readonly logins: number;
  readonly savedAt: Date;
}

/** Every portal type, by code, with how many logins the organization, or all, have there. For `rcm_operator`, `rcm_console`. */
export async function listPortals(db: Database, scope: Seen): Promise<readonly PortalListed[]> {
  return byIndexSorted(
    db,
    scope,
    (tx) => tx.$queryRaw<PortalListed[]>`
      SELECT p.code, p.name, p.automation, p.rotation_mode AS "rotationMode", p.rotation_interval_days AS "rotationIntervalDays", p.updated_at AS "savedAt",
             ${logins(scope, Prisma.sql`p.code`)} AS logins
        FROM portal_type p ORDER BY p.code LIMIT 1000`,
  );
}

/** One of them, whole; `null`: there is none. For `rcm_operator`, `rcm_console`. Fails with `input_invalid`. */
export async function showPortal(db: Database, { code, scope }: { readonly code: string; readonly scope: Seen }): Promise<PortalShown | null> {
  checkId('code', code);
  return byIndexSorted(db, scope, async (tx) => {
    const row = await tx.portalType.findUnique({ where: { code } });
    const [counted] = await tx.$queryRaw<{ logins: number }[]>`SELECT ${logins(scope, Prisma.sql`${code}`)} AS logins`;
    return row && { ...portalTypeRow(row), logins: counted?.logins ?? 0, savedAt: row.updatedAt };
  });
}

/** Of one organization by the index of its own portals' accounts; of all it is kept. */
const logins = (scope: Seen, code: Prisma.Sql): Prisma.Sql =>
  typeof scope === 'object'
    ? Prisma.sql`(SELECT count(*)::int FROM integration_endpoint e WHERE e.portal_type_code = ${code} AND e.org_id = ${scope.tenant})`
    : loginsThere(code);
