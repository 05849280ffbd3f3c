import type { Database } from '@rcm/db';
import { forgetView, keepView } from '@rcm/db/acts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { maySee } from '../access/roles.ts';
import { fieldIn } from '../acts/reason.ts';
import { notFoundPage } from '../pages/failure.ts';
import { fleetQuery, fleetQuestion } from '../pages/fleet.ts';
import { mustBeOwnForm } from './own-form.ts';
import { accessIn } from './places.ts';

interface ViewDependencies {
  readonly db: Database;
  readonly origin: string;
}

/** Views of the fleet that people keep, each for themselves. What is kept is made of what the page understands, and not of what was sent. */
export function viewRoutes(server: FastifyInstance, { db, origin }: ViewDependencies): void {
  const seen = async (request: FastifyRequest, orgId: string | null) => {
    const visitor = mustBeOwnForm(request, origin);
    const access = await accessIn(db, visitor, orgId);
    return { visitor, place: access && maySee(access.roles, 'fleet') ? access.place : null };
  };

  const keep = async (request: FastifyRequest, reply: FastifyReply, orgId: string | null) => {
    const { visitor, place } = await seen(request, orgId);
    if (!place) return reply.code(404).html(notFoundPage(visitor));
    const query = fleetQuery(fleetQuestion((request.body ?? {}) as Readonly<Record<string, unknown>>));
    const path = `${place.base}/logins?${new URLSearchParams(query).toString()}`;
    await keepView(db, visitor.person, { name: fieldIn(request.body, 'name'), path });
    return reply.redirect(path, 303);
  };
  const forget = async (request: FastifyRequest, reply: FastifyReply, orgId: string | null) => {
    const { visitor, place } = await seen(request, orgId);
    if (!place) return reply.code(404).html(notFoundPage(visitor));
    await forgetView(db, visitor.person, fieldIn(request.body, 'name'));
    return reply.redirect(`${place.base}/logins`, 303);
  };

  server.post<{ Params: { org: string } }>('/o/:org/views', (request, reply) => keep(request, reply, request.params.org));
  server.post('/all/views', (request, reply) => keep(request, reply, null));
  server.post<{ Params: { org: string } }>('/o/:org/views/forget', (request, reply) => forget(request, reply, request.params.org));
  server.post('/all/views/forget', (request, reply) => forget(request, reply, null));
}
