import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkId, checkLimit } from '../input.ts';
import type { TaskPlace } from '../tasks/queue.ts';
import { endpointRow, endpointRows, portalTypeRow, type PortalTypeRow, WITH_PORTAL_TYPE, type EndpointRow } from './endpoint.ts';

/** An endpoint of one organization; another organization's is `null`, as one that does not exist. */
export async function getEndpoint(db: Database, { orgId, endpointId }: { readonly orgId: string; readonly endpointId: string }): Promise<EndpointRow | null> {
  const row = await db.transaction({ tenant: orgId }, (tx) =>
    tx.integrationEndpoint.findFirst({ where: { id: endpointId, orgId }, include: WITH_PORTAL_TYPE }),
  );
  return row && endpointRow(row);
}

/** The portal type of an organization's endpoint, or the one named if the organization has an endpoint there; else `null`. */
export async function getPortalTypeOf(db: Database, { orgId, ...place }: { readonly orgId: string } & TaskPlace): Promise<PortalTypeRow | null> {
  const where = 'endpointId' in place ? { id: place.endpointId } : { portalTypeCode: place.portalTypeCode };
  const row = await db.transaction({ tenant: orgId }, (tx) => tx.integrationEndpoint.findFirst({ where: { orgId, ...where }, include: WITH_PORTAL_TYPE }));
  return row && portalTypeRow(row.portalType);
}

/** Whoever's it is. For the scheduler and the rotator only, which act for every organization. */
export async function findEndpoint(db: Database, { endpointId }: { readonly endpointId: string }): Promise<EndpointRow | null> {
  const row = await db.transaction('every tenant', (tx) => tx.integrationEndpoint.findUnique({ where: { id: endpointId }, include: WITH_PORTAL_TYPE }));
  return row && endpointRow(row);
}

/**
 * Whose an endpoint is; `null`: there is no such endpoint. For a person who names an endpoint to a process that acts for one tenant at a
 * time and so could not look it up: it answers with the id and shows nothing of the row.
 */
export async function findOrganization(db: Database, { endpointId }: { readonly endpointId: string }): Promise<string | null> {
  const [row] = await db.transaction('no tenant', (tx) => tx.$queryRaw<{ orgId: string | null }[]>`SELECT rcm_organization_of(${endpointId}) AS "orgId"`);
  return row?.orgId ?? null;
}

/** Pages through all endpoints by id: pass the last id of a page as `after` to get the next. */
export async function listEndpoints(db: Database, { after, limit }: { readonly after?: string | undefined; readonly limit: number }): Promise<EndpointRow[]> {
  return byIndex(db, 'every tenant', async (tx) =>
    endpointRows(
      tx,
      await tx.integrationEndpoint.findMany({ where: after === undefined ? {} : { id: { gt: after } }, orderBy: { id: 'asc' }, take: checkLimit(limit) }),
    ),
  );
}

export interface EndpointPage {
  readonly endpoints: readonly { readonly id: string; readonly portalTypeCode: string; readonly hasLogin: boolean }[];
  /** `after` of the next page; `null`: this is the last one. */
  readonly next: string | null;
}

/** One page of an organization's endpoints that are not retired, by id, at one portal type or at all. Fails with `input_invalid`. */
export async function listEndpointsOf(
  db: Database,
  {
    orgId,
    portalTypeCode,
    after,
    limit,
  }: { readonly orgId: string; readonly portalTypeCode?: string | undefined; readonly after?: string | undefined; readonly limit: number },
): Promise<EndpointPage> {
  for (const [name, id] of Object.entries({ orgId, portalTypeCode, after })) if (id !== undefined) checkId(name, id);
  const most = checkLimit(limit);
  const rows = await db.transaction({ tenant: orgId }, (tx) =>
    tx.integrationEndpoint.findMany({
      where: { orgId, retiredAt: null, ...(portalTypeCode === undefined ? {} : { portalTypeCode }), ...(after === undefined ? {} : { id: { gt: after } }) },
      select: { id: true, portalTypeCode: true, secretArn: true },
      orderBy: { id: 'asc' },
      take: most + 1,
    }),
  );
  const endpoints = rows.slice(0, most).map(({ secretArn, ...row }) => ({ ...row, hasLogin: secretArn !== null }));
  return { endpoints, next: rows.length > most ? (endpoints.at(-1)?.id ?? null) : null };
}
