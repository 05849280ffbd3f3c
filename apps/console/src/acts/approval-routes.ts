import type { Database } from '@rcm/db';
import { askWideAct, decideAct, type Decision, withdrawAct } from '@rcm/db/acts';
import { isId, RcmError } from '@rcm/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Act, mayDo } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { accessIn } from '../web/places.ts';
import { fieldIn, reasonIn } from './reason.ts';
import type { ActDependencies } from './routes.ts';

type Answer = Omit<Decision, 'decision'>;
/** What is done with a request: by a second person, or by whoever asked. */
const ANSWERS = {
  approve: (db: Database, answer: Answer) => decideAct(db, { ...answer, decision: 'approved' }),
  decline: (db: Database, answer: Answer) => decideAct(db, { ...answer, decision: 'declined' }),
  withdraw: (db: Database, answer: Answer) => withdrawAct(db, answer),
} as const;
type AnswerName = keyof typeof ANSWERS;

/** What one person asks for and another decides on, or the first takes back. Neither does anything: a rotator does, once it is approved. */
export function approvalRoutes(server: FastifyInstance, { db, logger, origin }: ActDependencies): void {
  server.post<{ Params: { act: string } }>('/all/acts/:act', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { act } = request.params;
    const access = await accessIn(db, visitor, null);
    if ((act !== 'pause' && act !== 'resume') || !access || !mayDo(access.roles, `${act} portals`)) return reply.code(404).html(notFoundPage(visitor));
    const reason = reasonIn(request.body);
    const portalTypeCode = portalIn(request.body);
    await askWideAct(db, { kind: act, portalTypeCode, actor: visitor.person, reason });
    logger.info({ person: visitor.person, act, portalTypeCode }, 'an act of a person waits for a second one');
    return reply.redirect('/all/approvals', 303);
  });

  /** `orgId`: `null` for what is of no organization. */
  const answer = async (request: FastifyRequest, reply: FastifyReply, asked: { readonly orgId: string | null; readonly id: string; readonly act: string }) => {
    const visitor = mustBeOwnForm(request, origin);
    const { orgId, id } = asked;
    const name = Object.hasOwn(ANSWERS, asked.act) ? (asked.act as AnswerName) : null;
    const access = await accessIn(db, visitor, orgId);
    const missing = () => reply.code(404).html(notFoundPage(visitor));
    if (!name || !access || !mayDo(access.roles, nameOf(name, orgId)) || !z.uuid().safeParse(id).success) return missing();
    const answered = await ANSWERS[name](db, { id, orgId, actor: visitor.person, reason: reasonIn(request.body) });
    if (!answered) return missing();
    logger.info({ person: visitor.person, orgId, requestId: id, answer: name }, 'an answer to what a person asked for');
    return reply.redirect(orgId !== null && answered.endpointId !== null ? `/o/${orgId}/logins/${answered.endpointId}#asked` : '/all/approvals', 303);
  };
  server.post<{ Params: { org: string; id: string; act: string } }>('/o/:org/requests/:id/acts/:act', async (request, reply) => {
    const { org, ...asked } = request.params;
    return answer(request, reply, { ...asked, orgId: org });
  });
  server.post<{ Params: { id: string; act: string } }>('/all/requests/:id/acts/:act', async (request, reply) =>
    answer(request, reply, { ...request.params, orgId: null }),
  );
}

const nameOf = (name: AnswerName, orgId: string | null): Act => (orgId === null ? `${name} for portals` : name);

/** The portal type that a form names; `null`: everything. Fails with `input_invalid`. */
function portalIn(body: unknown): string | null {
  const portal = fieldIn(body, 'portal');
  if (portal === '*') return null;
  if (isId(portal)) return portal;
  throw new RcmError('input_invalid', 'Say at which portal type, or everywhere. Nothing was done.');
}
