import { ACT_KINDS, type ActKind, askAct, cancelTaskOfAny, type Database, pauseRotations, resumeRotations, showLogin, showTask } from '@rcm/db';
import { isId, type Logger, RcmError } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { mayDo } from '../access/roles.ts';
import { LONGEST_REASON } from '../pages/act-form.ts';
import { notFoundPage } from '../pages/failure.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { standingIn } from '../web/places.ts';
import { LOGIN_ACTS } from './acts.ts';

export interface ActParts {
  readonly db: Database;
  readonly logger: Logger;
  readonly origin: string;
}

interface PersonalAct {
  readonly actor: string;
  readonly reason: string;
}

/** What is to be done. Each is the operation that the command of its name calls, or a row that asks a rotator for just that. */
export function actRoutes(server: FastifyInstance, { db, logger, origin }: ActParts): void {
  server.post<{ Params: { org: string; id: string; act: string } }>('/o/:org/logins/:id/acts/:act', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { org, id } = request.params;
    const known = LOGIN_ACTS.find(({ act }) => act === request.params.act);
    const standing = await standingIn(db, visitor, org);
    const mayAct = known !== undefined && standing !== null && mayDo(standing.roles, known.act) && isId(id);
    if (!mayAct || !(await showLogin(db, { endpointId: id, scope: { tenant: org } }))) return reply.code(404).html(notFoundPage(visitor));
    const { act } = known;
    await doAct(db, { orgId: org, endpointId: id, act, actor: visitor.person, reason: reasonIn(request.body) });
    logger.info({ person: visitor.person, orgId: org, endpointId: id, act }, 'an act of a person');
    return reply.redirect(`/o/${org}/logins/${id}#asked`, 303);
  });

  server.post<{ Params: { org: string; id: string } }>('/o/:org/tasks/:id/acts/cancel', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { org, id } = request.params;
    const standing = await standingIn(db, visitor, org);
    const mayAct = standing !== null && mayDo(standing.roles, 'cancel') && z.uuid().safeParse(id).success;
    const task = mayAct ? await showTask(db, id, { tenant: org }) : null;
    if (!task) return reply.code(404).html(notFoundPage(visitor));
    const cancelled = await cancelTaskOfAny(db, id, { actor: visitor.person, reason: reasonIn(request.body), scope: { tenant: org } });
    if (!cancelled && task.errorCode !== 'cancelled') throw new RcmError('state_conflict', `The task has ended already. Nothing was done.`);
    return reply.redirect(`/o/${org}/tasks/${id}`, 303);
  });
}

interface LoginActAsked extends PersonalAct {
  readonly orgId: string;
  readonly endpointId: string;
  readonly act: (typeof LOGIN_ACTS)[number]['act'];
}

async function doAct(db: Database, { orgId, endpointId, act, actor, reason }: LoginActAsked): Promise<void> {
  const scope = { kind: 'endpoint', orgId, endpointId } as const;
  if (act === 'pause') return void (await pauseRotations(db, { scope, actor, reason }));
  if (act === 'resume') return void (await resumeRotations(db, { scope, actor, reason }));
  if (!isAsked(act)) throw new Error('an act that nobody does');
  await askAct(db, { orgId, endpointId, kind: act, actor, reason });
}

const isAsked = (act: string): act is ActKind => (ACT_KINDS as readonly string[]).includes(act);

/** Fails with `input_invalid`. */
function reasonIn(body: unknown): string {
  const given = (body as { reason?: unknown }).reason;
  const reason = typeof given === 'string' ? given.trim() : '';
  if (reason !== '' && reason.length <= LONGEST_REASON && reason.isWellFormed() && !reason.includes('\0')) return reason;
  throw new RcmError('input_invalid', `Say why, in ${LONGEST_REASON} characters at most: it goes into the audit trail. Nothing was done.`);
}
