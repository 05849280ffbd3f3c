import type { Database } from '../database.ts';
import { checkLimit } from '../input.ts';
import { foundEndpoint, type FoundRow, type PrintOf, type WantedEndpoint } from './adopt-endpoint.ts';
import type { FoundEndpoint } from './source-row-state.ts';

/** What there is already of a source's row. */
export interface Look {
  /** The endpoint that it is; `null`: none. */
  readonly found: FoundEndpoint | null;
  /** Its id is an endpoint's that does not come from it. */
  readonly idTaken: boolean;
  /** Its organization has this account at this portal under another id. */
  readonly accountTaken: boolean;
}

/** Looks at a page of rows, in their order; changes and locks nothing. */
export async function lookAtAdopted(db: Database, source: string, wanted: readonly WantedEndpoint[], printOf: PrintOf): Promise<readonly Look[]> {
  if (wanted.length === 0) return [];
  return db.transaction('every tenant', async (tx) => {
    const adopted = await tx.$queryRaw<FoundRow[]>`
      SELECT a.source_id AS "sourceId", e.id AS "endpointId", e.org_id AS "orgId", e.portal_type_code AS "portalTypeCode", e.account_id AS "accountId", e.base_url AS "baseUrl",
             e.config::text AS config, e.secret_arn IS NOT NULL AS moved, EXISTS (SELECT FROM migration_proof p WHERE p.endpoint_id = e.id AND p.org_id = e.org_id) AS "everMoved",
             a.fingerprint AS recorded, a.source_changed AS "sourceChanged"
        FROM adopted_id a JOIN integration_endpoint e ON e.id = a.endpoint_id AND e.org_id = a.org_id
       WHERE a.source = ${source} AND a.kind = 'endpoint' AND a.source_id = ANY (${wanted.map(({ sourceId }) => sourceId)}::text[])`;
    const others = await tx.$queryRaw<{ id: string; account: string }[]>`
      SELECT e.id, e.org_id || '/' || e.portal_type_code || '/' || e.account_id AS account FROM integration_endpoint e
       WHERE e.id = ANY (${wanted.map(({ endpointId }) => endpointId)}::text[])
          OR (e.org_id, e.portal_type_code, e.account_id) IN (
               SELECT * FROM unnest(${wanted.map(({ orgId }) => orgId)}::text[], ${wanted.map((each) => each.portalTypeCode)}::text[], ${wanted.map(({ accountId }) => accountId)}::text[]))`;
    const [byRow, ids, accounts] = [
      new Map(adopted.map((row) => [row.sourceId, row])),
      new Set(others.map(({ id }) => id)),
      new Set(others.map(({ account }) => account)),
    ];
    return wanted.map((each) => {
      const row = byRow.get(each.sourceId);
      const found = row ? foundEndpoint(row, printOf) : null;
      return { found, idTaken: !found && ids.has(each.endpointId), accountTaken: !found && accounts.has(accountOf(each)) };
    });
  });
}

/** What no two endpoints have in common. */
export const accountOf = ({ orgId, portalTypeCode, accountId }: Pick<WantedEndpoint, 'orgId' | 'portalTypeCode' | 'accountId'>): string =>
  `${orgId}/${portalTypeCode}/${accountId}`;

export interface AdoptedRow {
  readonly sourceId: string;
  readonly endpointId: string;
}

/** Pages through what came out of a source, by what it calls it. */
export async function listAdopted(
  db: Database,
  { source, after, limit }: { readonly source: string; readonly after?: string | undefined; readonly limit: number },
): Promise<readonly AdoptedRow[]> {
  return db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<AdoptedRow[]>`
      SELECT source_id AS "sourceId", endpoint_id AS "endpointId" FROM adopted_id
       WHERE source = ${source} AND kind = 'endpoint' AND source_id COLLATE "C" > ${after ?? ''} ORDER BY source_id COLLATE "C" LIMIT ${checkLimit(limit)}`,
  );
}
