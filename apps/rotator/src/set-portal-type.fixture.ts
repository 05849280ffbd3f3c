import { getEndpoint } from '@rcm/db';
import { upsertPortalType } from '@rcm/db/admin';
import type { TestEnvironment } from '@rcm/test-environment';

/** Another setting of a portal type for one test; the portal has a login in this environment. */
export async function setPortalType({ endpoints, db }: TestEnvironment, code: string, changes: object): Promise<void> {
  const row = endpoints.find(({ portal }) => portal === code);
  const endpoint = row && (await getEndpoint(db, { orgId: row.orgId, endpointId: row.id }));
  if (!endpoint) throw new Error('no such portal');
  await upsertPortalType(db, { ...endpoint.portalType, ...changes }, { actor: 'test', reason: 'a test' });
}
