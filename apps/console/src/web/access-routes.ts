import type { Database } from '@rcm/db';
import { listConsolePeople, revokeSession } from '@rcm/db/acts';
import { csv, type Logger } from '@rcm/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { formToken } from '../access/form-token.ts';
import type { GroupRole } from '../access/groups.ts';
import { mayDo, maySee } from '../access/roles.ts';
import { reasonIn } from '../acts/reason.ts';
import { accessPage, rolesText } from '../pages/access.ts';
import { notFoundPage } from '../pages/failure.ts';
import { mustBeOwnForm } from './own-form.ts';
import { A_PAGE, pagesOf } from './page.ts';
import { accessIn } from './places.ts';

export interface AccessDependencies {
  readonly db: Database;
  readonly logger: Logger;
  readonly origin: string;
  readonly groups: readonly GroupRole[];
  readonly idleMs: number;
}

/** Most rows of one file; a console has people by the hundred. */
const MOST_EXPORTED = 10_000;
const LONGEST_PERSON = 2_000;

type OfOne = { readonly Params: { readonly org: string; readonly id: string } };

/** Who may do what, by organization and over all of them: seen, taken along as a file, and a session ended. */
export function accessRoutes(server: FastifyInstance, { db, logger, origin, groups, idleMs }: AccessDependencies): void {
  const page = pagesOf(server, db);
  page('access', '/access', 'both', async ({ place, roles, visitor, query, now }) => {
    const after = typeof query.after === 'string' && query.after.length <= LONGEST_PERSON ? query.after.replaceAll('\0', '') : '';
    const { people, next } = await listConsolePeople(db, { orgId: place.orgId, idleMs, after, limit: A_PAGE });
    return { title: 'Access', content: accessPage({ place, people, next, groups, roles, token: formToken(visitor.sessionId), now }) };
  });

  const file = async ({ visitor }: FastifyRequest, reply: FastifyReply, orgId: string | null) => {
    if (!visitor) throw new Error('whoever is not signed in does not come here');
    const access = await accessIn(db, visitor, orgId);
    if (!access || !maySee(access.roles, 'access')) return reply.code(404).html(notFoundPage(visitor));
    const { people } = await listConsolePeople(db, { orgId, idleMs, limit: MOST_EXPORTED });
    const rows = people.map(({ person, name, roles, firstSignedIn, seenAt, sessions }) => [
      ...[person, name, rolesText(roles), firstSignedIn.toISOString(), seenAt.toISOString(), String(sessions.length)],
    ]);
    const head = ['person', 'name', 'at the last sign-in', 'first seen', 'last seen', 'open sessions'];
    return reply
      .header('content-disposition', `attachment; filename="access-${orgId ?? 'all'}.csv"`)
      .type('text/csv; charset=utf-8')
      .send(csv([head, ...rows]));
  };
  server.get<OfOne>('/o/:org/access.csv', (request, reply) => file(request, reply, request.params.org));
  server.get('/all/access.csv', (request, reply) => file(request, reply, null));

  const revoke = async (request: FastifyRequest, reply: FastifyReply, { orgId, handle }: { readonly orgId: string | null; readonly handle: string }) => {
    const visitor = mustBeOwnForm(request, origin);
    const access = await accessIn(db, visitor, orgId);
    const missing = () => reply.code(404).html(notFoundPage(visitor));
    if (!access || !mayDo(access.roles, 'revoke') || !z.uuid().safeParse(handle).success) return missing();
    const whose = await revokeSession(db, { handle, orgId, actor: visitor.person, reason: reasonIn(request.body) });
    if (whose === null) return missing();
    logger.info({ person: visitor.person, orgId, whose }, 'a session was revoked');
    return reply.redirect(`${access.place.base}/access`, 303);
  };
  server.post<OfOne>('/o/:org/sessions/:id/acts/revoke', (request, reply) => revoke(request, reply, { orgId: request.params.org, handle: request.params.id }));
  server.post<OfOne>('/all/sessions/:id/acts/revoke', (request, reply) => revoke(request, reply, { orgId: null, handle: request.params.id }));
}
