import type { Database } from '@rcm/db';
import { decidePortalChange, showPortalChange } from '@rcm/db/acts';
import { showPortal } from '@rcm/db/fleet';
import { RcmError } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { mayDo } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { isShownWhole } from '../pages/portal-change.ts';
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
    if (answer === 'approve') await mustBeShownWhole(db, id);
    const decided = await decidePortalChange(db, { id, decision: DECISIONS[answer], actor: visitor.person, reason: reasonIn(request.body) });
    if (!decided) return missing();
    logger.info({ person: visitor.person, portalTypeCode: decided.code, requestId: id, answer }, 'an answer to a proposed change of a portal type');
    return reply.redirect(`/all/portals/changes/${id}`, 303);
  });
}

/** The page offers no approval of what it does not show whole; a form that is sent all the same is none. A change that is not there is for whoever decides on it to miss. */
async function mustBeShownWhole(db: Database, id: string): Promise<void> {
  const change = await showPortalChange(db, { id });
  if (!change || isShownWhole({ change, portal: await showPortal(db, { code: change.code, scope: 'every tenant' }) })) return;
  throw new RcmError(
    'state_conflict',
    `The console does not show all of this change, so nobody approves it here: \`rcm portal-type proposed ${id}\` shows it, \`rcm portal-type approve ${id}\` approves it. Nothing was changed.`,
  );
}
