import { findTyping, sealTypedLogin, typeLogin, typingKey } from '@rcm/db/acts';
import { showLogin } from '@rcm/db/fleet';
import { isId, Secret } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { formToken } from '../access/form-token.ts';
import { mayDo } from '../access/roles.ts';
import { notFoundPage } from '../pages/failure.ts';
import { setPage } from '../pages/set.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { pagesOf } from '../web/page.ts';
import { accessIn } from '../web/places.ts';
import { fieldIn } from './reason.ts';
import type { ActDependencies } from './routes.ts';

/**
 * Where an operator types the password of a login that they have asked to set. It is sealed for the rotator that waits for it before anything else is done with it, and is in no answer of ours: not in that of a
 * form that is refused, either.
 */
export function setRoutes(server: FastifyInstance, { db, logger, origin }: ActDependencies): void {
  const page = pagesOf(server, db);
  page('login', '/logins/:id/set', 'organization', async ({ place, roles, visitor, id, now }) => {
    if (place.orgId === null || !isId(id) || !mayDo(roles, 'type')) return null;
    const [login, typing] = await Promise.all([
      showLogin(db, { endpointId: id, scope: { tenant: place.orgId } }),
      findTyping(db, { orgId: place.orgId, endpointId: id }),
    ]);
    if (!login) return null;
    return { title: `Set ${login.id}`, content: setPage({ login, typing, person: visitor.person, token: formToken(visitor.sessionId), now }) };
  });

  server.post<{ Params: { org: string; id: string } }>('/o/:org/requests/:id/acts/type', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { org, id } = request.params;
    const access = await accessIn(db, visitor, org);
    const mayType = access !== null && mayDo(access.roles, 'type') && z.uuid().safeParse(id).success;
    const of = { id, orgId: org, actor: visitor.person };
    const key = mayType ? await typingKey(db, of) : null;
    if (!key) return reply.code(404).html(notFoundPage(visitor));
    const { body } = request;
    const typed = { password: new Secret(fieldIn(body, 'password')), seed: new Secret(fieldIn(body, 'seed')) };
    await typeLogin(db, { ...of, sealed: sealTypedLogin(key.publicKey, key, typed) });
    // Without what was typed.
    logger.info({ person: visitor.person, orgId: org, endpointId: key.endpointId, requestId: id }, 'a person has typed the password of a login');
    return reply.redirect(`/o/${org}/logins/${key.endpointId}#asked`, 303);
  });
}
