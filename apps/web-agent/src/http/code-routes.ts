import type { Database } from '@rcm/db';
import { answerCodeAsProgram, type Answering, keyOfCodeRequest, listWantedCodes, sealCode } from '@rcm/db/codes';
import { type Logger, RcmError, Secret } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import type { Callers } from './callers.ts';
import { codeAnswerSchema, codesQuerySchema, taskIdSchema, wantedCode } from './contract.ts';
import { parsed } from './parsed.ts';
import type { Scope } from './scope.ts';
import { requesterOf } from './task-routes.ts';

export interface CodeRoutesOptions {
  readonly db: Database;
  readonly logger: Logger;
  readonly callers: Callers;
}

const scopes: readonly Scope[] = ['codes:answer'];

/**
 * `GET /v1/codes` and `POST /v1/codes/{id}`: a program that has a code gives it to the login of its organization that waits. The code is sealed for that login before anything is done
 * with it, and is in no answer of ours.
 */
export function codeRoutes({ db, logger, callers }: CodeRoutesOptions): (server: FastifyInstance) => Promise<void> {
  return async (server) => {
    server.get('/v1/codes', { config: { scopes } }, async (request) => {
      const { limit } = parsed(codesQuerySchema, request.query, 'The query');
      const wanted = await listWantedCodes(db, { orgId: callers.of(request).orgId, limit });
      return { codes: wanted.map(wantedCode) };
    });

    server.post<{ Params: { id: string } }>('/v1/codes/:id', { config: { scopes } }, async (request) => {
      const caller = callers.of(request);
      const { orgId } = caller;
      const code = new Secret(parsed(codeAnswerSchema, request.body, 'The body').code);
      const id = taskIdSchema.safeParse(request.params.id);
      const asked = id.success ? await keyOfCodeRequest(db, id.data, { tenant: orgId }) : null;
      if (!id.success || !asked) throw refused('unknown');
      const sealed = sealCode(asked.publicKey, id.data, code);
      const answer = await answerCodeAsProgram(db, { orgId, requestId: id.data, sealed, token: requesterOf(caller) });
      if (answer !== 'answered') throw refused(answer);
      logger.info({ requestId: request.id, orgId, endpointId: asked.endpointId, codeRequestId: id.data }, 'a program has answered with a code');
      return { id: id.data, endpoint: asked.endpointId, answered: true };
    });
  };
}

/** Another organization's is refused word for word as one that does not exist. */
const WORDS: Readonly<Record<Exclude<Answering, 'answered'>, string>> = {
  already: 'Somebody else has answered it.',
  over: 'The login waits for it no longer.',
  unknown: 'No login of the organization waits for that code: it is answered already, its time is over, or there is no such request.',
};

const refused = (answer: Exclude<Answering, 'answered'>): RcmError => new RcmError('state_conflict', `${WORDS[answer]} Nothing was sent.`);
