import type { Database } from '../database.ts';
import { portalTypeRow, type PortalTypeRow } from '../endpoints/endpoint.ts';
import { checkId } from '../input.ts';
import { Prisma } from '../generated/client.ts';

const MOST = 1_000;

export interface PortalTypeInUse extends PortalTypeRow {
  readonly logins: number;
}

/** Every portal type, by its code: products of payers, of which there are hundreds at most. */
export async function listPortalTypes(db: Database): Promise<readonly PortalTypeRow[]> {
  const rows = await db.transaction('no tenant', (tx) => tx.portalType.findMany({ orderBy: { code: 'asc' }, take: MOST }));
  return rows.map(portalTypeRow);
}

/** One of them, with how many logins it has; `null`: there is none. For `rcm_operator`. Fails with `input_invalid`. */
export async function findPortalType(db: Database, { code }: { readonly code: string }): Promise<PortalTypeInUse | null> {
  checkId('code', code);
  return db.transaction('every tenant', async (tx) => {
    const row = await tx.portalType.findUnique({ where: { code } });
    const [counted] = await tx.$queryRaw<{ logins: number }[]>`SELECT ${loginsThere(Prisma.sql`${code}`)} AS logins`;
    return row && { ...portalTypeRow(row), logins: counted?.logins ?? 0 };
  });
}

/** How many logins a portal type has, whoever's: kept where it changes, so that they are not counted. */
export const loginsThere = (code: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`coalesce((SELECT sum(l.logins) FROM portal_logins l WHERE l.portal_type_code = ${code}), 0)::int`;
