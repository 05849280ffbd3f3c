import { type Database, getPortalTypeOf, listEndpointsOf } from '@rcm/db';
import { RcmError, isId } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import type { Callers } from './callers.ts';
import { endpointQuerySchema } from './contract.ts';
import type { DeclaredTasks } from './declared-tasks.ts';
import { parsed } from './parsed.ts';
import { SCOPES } from './scope.ts';

export interface CatalogueRoutesOptions {
  readonly db: Database;
  readonly callers: Callers;
  readonly declared: DeclaredTasks;
}

/** What tasks can be asked for: the organization's endpoints, and the tasks of the portals where it has one. */
export function catalogueRoutes({ db, callers, declared }: CatalogueRoutesOptions): (server: FastifyInstance) => Promise<void> {
  return async (server) => {
    server.get('/v1/endpoints', { config: { scopes: SCOPES } }, async (request) => {
      const { orgId } = callers.of(request);
      const { after, limit, portal_type: portalTypeCode } = parsed(endpointQuerySchema, request.query, 'The query');
      const { endpoints, next } = await listEndpointsOf(db, { orgId, portalTypeCode, after, limit });
      return { endpoints: endpoints.map((row) => ({ id: row.id, portal_type: row.portalTypeCode, has_login: row.hasLogin })), next };
    });

    server.get<{ Params: { code: string } }>('/v1/portals/:code/tasks', { config: { scopes: SCOPES } }, async (request) => {
      const { code } = request.params;
      const portalType = isId(code) ? await getPortalTypeOf(db, { orgId: callers.of(request).orgId, portalTypeCode: code }) : null;
      if (!portalType) throw new RcmError('endpoint_unknown', 'The organization has no endpoint at such a portal.');
      return { portal_type: code, tasks: declared.of(portalType) };
    });
  };
}
