import type { Database } from '../database.ts';
import { portalTypeRow, type PortalTypeRow } from '../endpoints/endpoint.ts';
import { checkId } from '../input.ts';

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
    return row && { ...portalTypeRow(row), logins: await tx.integrationEndpoint.count({ where: { portalTypeCode: code } }) };
  });
}
