import type { Database } from '@rcm/db';
import { showLogin } from '@rcm/db/fleet';
import { explain, isId, isRcmError, type Logger, RcmError } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { formToken } from '../access/form-token.ts';
import { mayDo } from '../access/roles.ts';
import { BULK_ACTS, type BulkAct, bulkActsOf, type BulkDone, bulkDonePage, bulkPage, MOST_AT_ONCE } from '../pages/bulk.ts';
import { notFoundPage } from '../pages/failure.ts';
import { layout } from '../pages/layout.ts';
import { failureOf } from '../web/failure.ts';
import { mustBeOwnForm } from '../web/own-form.ts';
import { accessIn } from '../web/places.ts';
import { LOGIN_ACTS } from './acts.ts';
import { reasonIn } from './reason.ts';
import { type ActDependencies, doLoginAct, type LoginAsked } from './routes.ts';

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
    const asked = { orgId: org, actor: visitor.person, reason };
    const { outcomes, status } = await doEach({ db, logger }, act, { chosen: chosenIn(request.body), ...asked });
    const done = outcomes.filter(({ failure }) => failure === null).length;
    logger.info({ person: visitor.person, orgId: org, act, chosen: outcomes.length, done }, 'an act of a person on several logins');
    const title = LOGIN_ACTS.find((each) => each.act === act)?.title ?? act;
    const content = bulkDonePage({ orgId: org, title, outcomes });
    return reply.code(status).html(layout({ title: 'Several logins', visitor, page: 'fleet', ...access }, content));
  });
}

interface Done {
  readonly outcomes: BulkDone['outcomes'];
  /** Of the answer: 200, or what has stopped it on the way. */
  readonly status: number;
}

/** One after the other. Fails where the first cannot be done for what stops all: then nothing is known to have been done. */
async function doEach(
  { db, logger }: Pick<ActDependencies, 'db' | 'logger'>,
  act: BulkAct,
  { chosen, ...asked }: Omit<LoginAsked, 'endpointId'> & { readonly chosen: readonly string[] },
): Promise<Done> {
  const outcomes: BulkDone['outcomes'][number][] = [];
  for (const [i, id] of chosen.entries()) {
    try {
      outcomes.push({ id, failure: await doOne(db, act, { ...asked, endpointId: id }, logger) });
    } catch (error) {
      // What was asked for already stands: whoever is not told of it asks again, and each login is spent twice.
      if (i === 0 || !(error instanceof Error)) throw error;
      const { status, sentence } = failureOf(error, logger);
      outcomes.push({ id, failure: status < 500 ? sentence : `${sentence} It is not known whether it was done.` });
      return { outcomes: [...outcomes, ...chosen.slice(i + 1).map((each) => ({ id: each, failure: 'Not begun.' }))], status };
    }
  }
  return { outcomes, status: 200 };
}

/** Why it was not done with this login; `null`: it was. Fails with what stops all, as a database that is away. */
async function doOne(db: Database, act: BulkAct, asked: LoginAsked, logger: Logger): Promise<string | null> {
  if (!(await showLogin(db, { endpointId: asked.endpointId, scope: { tenant: asked.orgId } }))) return 'There is no such login here. Nothing was done.';
  try {
    await doLoginAct(db, act, asked, {});
    return null;
  } catch (error) {
    if (isRcmError(error) && error.code === 'state_conflict') return explain(error, logger).sentence;
    throw error;
  }
}

/** The logins that a form names, each once. Fails with `input_invalid` for none, too many, and what is no id. */
function chosenIn(body: unknown): readonly string[] {
  const given = (body as Readonly<Record<string, unknown>>).login;
  const chosen = [...new Set(Array.isArray(given) ? (given as unknown[]) : given === undefined ? [] : [given])];
  const isChosen = (each: unknown): each is string => typeof each === 'string' && isId(each);
  if (chosen.length > 0 && chosen.length <= MOST_AT_ONCE && chosen.every(isChosen)) return chosen;
  throw new RcmError('input_invalid', `Choose from 1 to ${MOST_AT_ONCE} logins. Nothing was done.`);
}
