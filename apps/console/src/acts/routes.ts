import type { Database } from '@rcm/db';
import { askAct, type AskedResolution, RESOLUTIONS } from '@rcm/db/acts';
import { cancelTaskOfAny, showLogin, showTask } from '@rcm/db/fleet';
import { pauseRotations, resumeRotations } from '@rcm/db/rotation';
import { isId, type Logger, RcmError } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { mayDo } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { accessIn } from '../web/places.ts';
import { actsHere, type LoginAct } from './acts.ts';
import { fieldIn, reasonIn } from './reason.ts';

export interface ActDependencies {
  readonly db: Database;
  readonly logger: Logger;
  readonly origin: string;
}

/** What is to be done with one login or task. Each is the operation that the command of its name calls, or a row that asks a rotator for just that. */
export function actRoutes(server: FastifyInstance, { db, logger, origin, takesPasswords }: ActDependencies & { readonly takesPasswords: boolean }): void {
  const acts = actsHere({ takesPasswords });
  server.post<{ Params: { org: string; id: string; act: string } }>('/o/:org/logins/:id/acts/:act', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { org, id } = request.params;
    const known = acts.find(({ act }) => act === request.params.act);
    const access = await accessIn(db, visitor, org);
    const mayAct = known !== undefined && access !== null && mayDo(access.roles, known.act) && isId(id);
    if (!mayAct || !(await showLogin(db, { endpointId: id, scope: { tenant: org } }))) return reply.code(404).html(notFoundPage(visitor));
    const { act } = known;
    await doLoginAct(db, act, { orgId: org, endpointId: id, actor: visitor.person, reason: reasonIn(request.body) }, request.body);
    logger.info({ person: visitor.person, orgId: org, endpointId: id, act }, 'an act of a person');
    return reply.redirect(`/o/${org}/logins/${id}#asked`, 303);
  });

  server.post<{ Params: { org: string; id: string } }>('/o/:org/tasks/:id/acts/cancel', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { org, id } = request.params;
    const access = await accessIn(db, visitor, org);
    const mayAct = access !== null && mayDo(access.roles, 'cancel') && z.uuid().safeParse(id).success;
    const task = mayAct ? await showTask(db, id, { tenant: org }) : null;
    if (!task) return reply.code(404).html(notFoundPage(visitor));
    const cancelled = await cancelTaskOfAny(db, id, { actor: visitor.person, reason: reasonIn(request.body), scope: { tenant: org } });
    if (!cancelled && task.errorCode !== 'cancelled') throw new RcmError('state_conflict', `The task has ended already. Nothing was done.`);
    return reply.redirect(`/o/${org}/tasks/${id}`, 303);
  });
}

export interface LoginAsked {
  readonly orgId: string;
  readonly endpointId: string;
  readonly actor: string;
  readonly reason: string;
}

/** One act on one login of a tenant. Fails as its operation does. */
export async function doLoginAct(db: Database, act: LoginAct['act'], { orgId, endpointId, actor, reason }: LoginAsked, body: unknown): Promise<void> {
  const scope = { kind: 'endpoint', orgId, endpointId } as const;
  const asked = { orgId, endpointId, actor, reason };
  switch (act) {
    case 'pause':
      if (!(await pauseRotations(db, { scope, actor, reason }))) throw new RcmError('state_conflict', 'It was paused already; the first reason stands.');
      return;
    case 'resume':
      return void (await resumeRotations(db, { scope, actor, reason }));
    case 'resolve':
      return void (await askAct(db, { ...asked, kind: act, choice: choiceIn(body) }));
    case 'break_glass':
      return void (await askAct(db, { ...asked, kind: act, minutes: Number(fieldIn(body, 'minutes')) }));
    default:
      return void (await askAct(db, { ...asked, kind: act }));
  }
}

/** Fails with `input_invalid`. */
function choiceIn(body: unknown): AskedResolution {
  const choice = RESOLUTIONS.find((each) => each === fieldIn(body, 'choice'));
  if (choice === undefined) throw new RcmError('input_invalid', 'Say which password the portal accepts: current or found. Nothing was done.');
  return choice;
}
