import { askWideAct, decideAct, type Decision } from '@rcm/db';
import { isId, RcmError } from '@rcm/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Act, mayDo } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { standingIn } from '../web/places.ts';
import { fieldIn, reasonIn } from './reason.ts';
import type { ActParts } from './routes.ts';

const DECISIONS = { approve: 'approved', decline: 'declined' } as const satisfies Record<string, Decision['decision']>;

/** What one person asks for and another decides on. Neither does anything: a rotator does, once it is approved. */
export function approvalRoutes(server: FastifyInstance, { db, logger, origin }: ActParts): void {
  server.post<{ Params: { act: string } }>('/all/acts/:act', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { act } = request.params;
    const standing = await standingIn(db, visitor, null);
    if ((act !== 'pause' && act !== 'resume') || !standing || !mayDo(standing.roles, `${act} portals`)) return reply.code(404).html(notFoundPage(visitor));
    const reason = reasonIn(request.body);
    const portalTypeCode = portalIn(request.body);
    await askWideAct(db, { kind: act, portalTypeCode, actor: visitor.person, reason });
    logger.info({ person: visitor.person, act, portalTypeCode }, 'an act of a person waits for a second one');
    return reply.redirect('/all/approvals', 303);
  });

  /** `orgId`: `null` for what is of no organization. */
  const decide = async (request: FastifyRequest, reply: FastifyReply, asked: { readonly orgId: string | null; readonly id: string; readonly act: string }) => {
    const visitor = mustBeOwnForm(request, origin);
    const { orgId, id } = asked;
    const decision = asked.act === 'approve' || asked.act === 'decline' ? asked.act : null;
    const standing = await standingIn(db, visitor, orgId);
    const missing = () => reply.code(404).html(notFoundPage(visitor));
    if (!decision || !standing || !mayDo(standing.roles, nameOf(decision, orgId)) || !z.uuid().safeParse(id).success) return missing();
    const decided = await decideAct(db, { id, orgId, decision: DECISIONS[decision], actor: visitor.person, reason: reasonIn(request.body) });
    if (!decided) return missing();
    logger.info({ person: visitor.person, orgId, requestId: id, decision }, 'a decision of a second person');
    return reply.redirect(orgId !== null && decided.endpointId !== null ? `/o/${orgId}/logins/${decided.endpointId}#asked` : '/all/approvals', 303);
  };
  server.post<{ Params: { org: string; id: string; act: string } }>('/o/:org/requests/:id/acts/:act', async (request, reply) => {
    const { org, ...asked } = request.params;
    return decide(request, reply, { ...asked, orgId: org });
  });
  server.post<{ Params: { id: string; act: string } }>('/all/requests/:id/acts/:act', async (request, reply) =>
    decide(request, reply, { ...request.params, orgId: null }),
  );
}

const nameOf = (decision: keyof typeof DECISIONS, orgId: string | null): Act => (orgId === null ? `${decision} for portals` : decision);

/** The portal type that a form names; `null`: everything. Fails with `input_invalid`. */
function portalIn(body: unknown): string | null {
  const portal = fieldIn(body, 'portal');
  if (portal === '*') return null;
  if (isId(portal)) return portal;
  throw new RcmError('input_invalid', 'Say at which portal type, or everywhere. Nothing was done.');
}
