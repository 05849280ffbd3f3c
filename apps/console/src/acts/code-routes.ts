import { answerCodeRequest, type Answering, keyOfCodeRequest, sealCode } from '@rcm/db/codes';
import { RcmError, Secret } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { mayDo } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { accessIn } from '../web/places.ts';
import { fieldIn, reasonIn } from './reason.ts';
import type { ActDependencies } from './routes.ts';

/** What a person answers with is sealed for the login that waits before anything is done with it, and is in no answer of ours. */
export function codeRoutes(server: FastifyInstance, { db, logger, origin }: ActDependencies): void {
  server.post<{ Params: { org: string; id: string } }>('/o/:org/codes/:id/acts/answer', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { org, id } = request.params;
    const access = await accessIn(db, visitor, org);
    const mayAnswer = access !== null && mayDo(access.roles, 'answer') && z.uuid().safeParse(id).success;
    const asked = mayAnswer ? await keyOfCodeRequest(db, id, { tenant: org }) : null;
    if (!asked) return reply.code(404).html(notFoundPage(visitor));
    const reason = reasonIn(request.body);
    const sealed = sealCode(asked.publicKey, id, new Secret(fieldIn(request.body, 'code')));
    const answer = await answerCodeRequest(db, id, { sealed, actor: visitor.person, reason, scope: { tenant: org } });
    if (answer !== 'answered') throw new RcmError('state_conflict', `${WORDS[answer]} Nothing was sent.`);
    logger.info({ person: visitor.person, orgId: org, endpointId: asked.endpointId, requestId: id }, 'a person has answered with a code');
    return reply.redirect(`/o/${org}/codes`, 303);
  });
}

const WORDS: Readonly<Record<Exclude<Answering, 'answered'>, string>> = {
  already: 'Somebody else has answered it.',
  over: 'The login waits for it no longer.',
  unknown: 'No login waits for it.',
};
