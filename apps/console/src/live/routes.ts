import type { Database } from '@rcm/db';
import { isId, RcmError } from '@rcm/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { maySee } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { accessIn } from '../web/places.ts';
import type { Streams } from './streams.ts';
import { LIVE_PAGES, type LivePage } from './watched.ts';

/** A stream for each page that changes by itself, to those who see that page; to everybody else what is answered for none. */
export function changesRoutes(server: FastifyInstance, db: Database, streams: Streams): void {
  for (const live of LIVE_PAGES) {
    const route = (base: string, organization: (request: FastifyRequest) => string | null) =>
      server.route({
        method: 'GET',
        url: `${base}/changes${live.path}`,
        exposeHeadRoute: false,
        config: { use: 'by itself' },
        handler: (request, reply) => open({ request, reply, live, orgId: organization(request) }),
      });
    route('/o/:org', (request) => (request.params as { org: string }).org);
    if (live.where === 'both') route('/all', () => null);
  }

  const open = async ({ request, reply, live, orgId }: Asked): Promise<FastifyReply> => {
    const { visitor } = request;
    if (!visitor) throw new Error('whoever is not signed in does not come here');
    const access = await accessIn(db, visitor, orgId);
    const id = (request.params as { id?: string }).id ?? null;
    if (!access || !maySee(access.roles, live.page) || (id !== null && !isId(id))) return reply.code(404).html(notFoundPage(visitor));
    const body = streams.open({ handle: visitor.handle, roles: visitor.roles, watch: { what: new Set(live.what), orgId, endpointId: id } });
    // A browser asks no more after 204.
    if (body === 'session') return reply.code(204).send();
    if (body === 'process')
      throw new RcmError('queue_full', 'This console has as many event streams open as it may (RCM_CONSOLE_STREAMS), or is being stopped.');
    // A proxy that keeps answers back until they are long would keep these for ever.
    return reply.header('x-accel-buffering', 'no').type('text/event-stream; charset=utf-8').send(body);
  };
}

interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly live: LivePage;
  readonly orgId: string | null;
}
