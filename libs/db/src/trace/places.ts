import type { Database } from '../database.ts';
import { type PortalTypeRow, portalTypeRow } from '../endpoints/endpoint.ts';
import { checkId } from '../input.ts';

/** A portal's addresses; the hosts of one portal are few. */
const MOST = 1_000;

/** A portal type and the addresses at which any organization uses it; `null`: there is no such type. For the tables' owner, over all tenants. */
export async function portalPlaces(
  db: Database,
  { portalTypeCode: code }: { readonly portalTypeCode: string },
): Promise<{ readonly portalType: PortalTypeRow; readonly baseUrls: readonly string[] } | null> {
  checkId('portalTypeCode', code);
  return db.transaction('every tenant', async (tx) => {
    const row = await tx.portalType.findUnique({ where: { code } });
    if (!row) return null;
    const used = await tx.integrationEndpoint.findMany({ where: { portalTypeCode: code }, distinct: ['baseUrl'], select: { baseUrl: true }, take: MOST });
    return { portalType: portalTypeRow(row), baseUrls: used.map(({ baseUrl }) => baseUrl) };
  });
}
