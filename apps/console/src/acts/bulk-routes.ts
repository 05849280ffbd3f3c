import { showLogin } from '@rcm/db/fleet';
import { explain, isId, isRcmError, RcmError } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { formToken } from '../access/form-token.ts';
import { mayDo } from '../access/roles.ts';
import { BULK_ACTS, bulkActsOf, bulkDonePage, bulkPage, MOST_AT_ONCE } from '../pages/bulk.ts';
import { notFoundPage } from '../pages/failure.ts';
import { layout } from '../pages/layout.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { accessIn } from '../web/places.ts';
import { LOGIN_ACTS } from './acts.ts';
import { reasonIn } from './reason.ts';
import { type ActDependencies, doLoginAct } from './routes.ts';

/** Several logins of one organization with one reason: chosen on the fleet's page, looked at once more, and then each by itself, as if it alone had been meant. */
export function bulkRoutes(server: FastifyInstance, { db, logger, origin }: ActDependencies): void {
  server.post<{ Params: { org: string } }>('/o/:org/bulk', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { org } = request.params;
    const access = await accessIn(db, visitor, org);
    if (!access || bulkActsOf(access.roles).length === 0) return reply.code(404).html(notFoundPage(visitor));
    const logins = [];
    for (const id of chosenIn(request.body)) {
      const login = await showLogin(db, { endpointId: id, scope: { tenant: org } });
      if (login) logins.push(login);
    }
    const content = bulkPage({ orgId: org, logins, roles: access.roles, token: formToken(visitor.sessionId), now: new Date() });
    return reply.html(layout({ title: 'Several logins', visitor, page: 'fleet', ...access }, content));
  });

  server.post<{ Params: { org: string; act: string } }>('/o/:org/bulk/acts/:act', async (request, reply) => {
    const visitor = mustBeOwnForm(request, origin);
    const { org } = request.params;
    const act = BULK_ACTS.find((each) => each === request.params.act);
    const access = await accessIn(db, visitor, org);
    if (act === undefined || !access || !mayDo(access.roles, act)) return reply.code(404).html(notFoundPage(visitor));
    const reason = reasonIn(request.body);
    const outcomes = [];
    for (const id of chosenIn(request.body)) {
      if (!(await showLogin(db, { endpointId: id, scope: { tenant: org } }))) {
        outcomes.push({ id, failure: 'There is no such login here. Nothing was done.' });
        continue;
      }
      const failure = await doLoginAct(db, act, { orgId: org, endpointId: id, actor: visitor.person, reason }, {}).then(
        () => null,
        (error: unknown) => {
          // What concerns this login alone stops no other; a database that is away stops all.
          if (isRcmError(error) && error.code === 'state_conflict') return explain(error, logger).sentence;
          throw error;
        },
      );
      outcomes.push({ id, failure });
    }
    logger.info({ person: visitor.person, orgId: org, act, logins: outcomes.length }, 'an act of a person on several logins');
    const title = LOGIN_ACTS.find((each) => each.act === act)?.title ?? act;
    return reply.html(layout({ title: 'Several logins', visitor, page: 'fleet', ...access }, bulkDonePage({ orgId: org, title, outcomes })));
  });
}

/** The logins that a form names, each once. Fails with `input_invalid` for none, too many, and what is no id. */
function chosenIn(body: unknown): readonly string[] {
  const given = (body as Readonly<Record<string, unknown>>).login;
  const chosen = [...new Set(Array.isArray(given) ? (given as unknown[]) : given === undefined ? [] : [given])];
  const isChosen = (each: unknown): each is string => typeof each === 'string' && isId(each);
  if (chosen.length > 0 && chosen.length <= MOST_AT_ONCE && chosen.every(isChosen)) return chosen;
  throw new RcmError('input_invalid', `Choose from 1 to ${MOST_AT_ONCE} logins. Nothing was done.`);
}
