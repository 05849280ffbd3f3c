import { decidePortalChange } from '@rcm/db/acts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { mayDo } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { accessIn } from '../web/places.ts';
import { reasonIn } from './reason.ts';
import type { ActDependencies } from './routes.ts';

const DECISIONS = { approve: 'approved', decline: 'declined' } as const;
type Answer = keyof typeof DECISIONS;

/** What a second person says to a proposed change of a portal type. The console saves none: its role cannot. */
export function portalChangeRoutes(server: FastifyInstance, { db, logger, origin }: ActDependencies): void {
  server.post<{ Params: { id: string; act: string } }>('/all/portal-changes/:id/acts/:act', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { id } = request.params;
    const answer = Object.hasOwn(DECISIONS, request.params.act) ? (request.params.act as Answer) : null;
    const access = await accessIn(db, visitor, null);
    const missing = () => reply.code(404).html(notFoundPage(visitor));
    if (!answer || !access || !mayDo(access.roles, `${answer} for portals`) || !z.uuid().safeParse(id).success) return missing();
    const decided = await decidePortalChange(db, { id, decision: DECISIONS[answer], actor: visitor.person, reason: reasonIn(request.body) });
    if (!decided) return missing();
    logger.info({ person: visitor.person, portalTypeCode: decided.code, requestId: id, answer }, 'an answer to a proposed change of a portal type');
    return reply.redirect(`/all/portals/changes/${id}`, 303);
  });
}
