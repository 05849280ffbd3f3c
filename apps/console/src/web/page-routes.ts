import {
  type Database,
  databaseProblem,
  fleetOverview,
  listAskedActs,
  listAudit,
  listGates,
  listLogins,
  listOrganizations,
  listPauses,
  listPortalTasks,
  listPortalTypes,
  listUndecidedActs,
  listWideActs,
  loginHistory,
  showLogin,
  showTask,
} from '@rcm/db';
import { auditPlaces, loginPlaces, placeIn, taskPlaces } from '@rcm/fleet';
import { isId } from '@rcm/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { VNode } from 'preact';
import { z } from 'zod';
import { formToken } from '../access/form-token.ts';
import { EVERYWHERE, mayDo, maySee, type Page } from '../access/roles.ts';
import { approvalsPage } from '../pages/approvals.ts';
import { auditAsked, auditPage } from '../pages/audit.ts';
import { notFoundPage } from '../pages/failure.ts';
import { fleetFilter, fleetPage, fleetQuestion } from '../pages/fleet.ts';
import { homePage } from '../pages/home.ts';
import { ALL, layout, placeOf } from '../pages/layout.ts';
import { loginPage } from '../pages/login.ts';
import { systemPage } from '../pages/system.ts';
import { statesOf, taskPage, tasksPage, tasksShown } from '../pages/tasks.ts';
import type { Visitor } from '../sign-in/visitor.ts';
import type { Markup } from './markup.ts';
import { type Standing, standingIn } from './places.ts';

const A_PAGE = 50;
const ORGANIZATIONS_SHOWN = 500;
const ASKED_SHOWN = 10;
const SUMMED_UP = 12;

type Query = Readonly<Record<string, unknown>>;
interface Asked extends Standing {
  readonly visitor: Visitor;
  readonly query: Query;
  readonly id: string;
  readonly now: Date;
}
interface Rendered {
  readonly title: string;
  readonly content: Markup;
}

/** What is to be seen; every address names its organization, and the rows are read as that organization's. */
export function pageRoutes(server: FastifyInstance, db: Database): void {
  const page = (name: Page, path: string, where: 'organization' | 'both', render: (asked: Asked) => Promise<Rendered | null>): void => {
    const answer = (organization: (request: FastifyRequest) => string | null) => async (request: FastifyRequest, reply: FastifyReply) => {
      const { visitor } = request;
      if (!visitor) throw new Error('whoever is not signed in does not come here');
      const standing = await standingIn(db, visitor, organization(request));
      const id = (request.params as { id?: string }).id ?? '';
      const query = request.query as Query;
      const rendered = standing && maySee(standing.roles, name) ? await render({ ...standing, visitor, query, id, now: new Date() }) : null;
      if (!standing || !rendered) return reply.code(404).html(notFoundPage(visitor));
      const { title, content } = rendered;
      return reply.html(layout({ title, visitor, page: name, ...standing }, content));
    };
    server.get(
      `/o/:org${path}`,
      answer((request) => (request.params as { org: string }).org),
    );
    if (where === 'both')
      server.get(
        `/all${path}`,
        answer(() => null),
      );
  };

  server.get('/', async (request, reply) => {
    const { visitor } = request;
    if (!visitor) throw new Error('whoever is not signed in does not come here');
    return reply.html(await home(db, visitor));
  });

  page('fleet', '/logins', 'both', async ({ place, query, now }) => {
    const question = fleetQuestion(query);
    const scope = scopeOf(place.orgId);
    const after = query['after'] === undefined ? null : placeIn(loginPlaces, 'after', String(query['after']));
    const found = await listLogins(db, { filter: fleetFilter(question, now), after, limit: A_PAGE, scope });
    const portals = (await listPortalTypes(db)).map(({ code }) => code);
    return { title: 'Fleet', content: fleetPage(place, question, portals, found, now) };
  });

  page('login', '/logins/:id', 'organization', async ({ place, roles, visitor, query, id, now }) => {
    if (place.orgId === null || !isId(id)) return null;
    const scope = scopeOf(place.orgId);
    const login = await showLogin(db, { endpointId: id, scope });
    const before = moment(query['before']);
    const history = login && (await loginHistory(db, { endpointId: id, limit: A_PAGE, before, scope }));
    if (!login || !history) return null;
    const asked = await listAskedActs(db, { orgId: place.orgId, endpointId: id, limit: ASKED_SHOWN });
    return { title: login.id, content: loginPage({ login, history, asked, roles, person: visitor.person, token: formToken(visitor.sessionId), now }) };
  });

  page('tasks', '/tasks', 'both', async ({ place, query, now }) => {
    const show = tasksShown(query);
    const after = query['after'] === undefined ? null : placeIn(taskPlaces, 'after', String(query['after']));
    const scope = place.orgId === null ? ('every tenant' as const) : { orgId: place.orgId };
    const found = await listPortalTasks(db, scope, { filter: { states: statesOf(show) }, after, limit: A_PAGE, words: false });
    return { title: 'Tasks', content: tasksPage(place, show, found, now) };
  });

  page('tasks', '/tasks/:id', 'organization', async ({ place, roles, visitor, id, now }) => {
    if (place.orgId === null || !z.uuid().safeParse(id).success) return null;
    const task = await showTask(db, id, scopeOf(place.orgId));
    return task && { title: task.name, content: taskPage(task, { roles, token: formToken(visitor.sessionId), now }) };
  });

  page('approvals', '/approvals', 'both', async ({ place, visitor, now }) => {
    const undecided = await listUndecidedActs(db, scopeOf(place.orgId), A_PAGE);
    const wide = place.orgId === null ? await listWideActs(db, { limit: ASKED_SHOWN }) : null;
    return { title: 'Approvals', content: approvalsPage({ visitor, undecided, wide, token: formToken(visitor.sessionId), now }) };
  });

  page('audit', '/audit', 'organization', async ({ place, query }) => {
    if (place.orgId === null) return null;
    const asked = auditAsked(query);
    const after = query['after'] === undefined ? null : placeIn(auditPlaces, 'after', String(query['after']));
    const { login, actor, action } = asked;
    const question = { orgId: place.orgId, subject: login || undefined, actor: actor || undefined, action: action || undefined };
    return { title: 'Audit', content: auditPage(place.orgId, asked, await listAudit(db, { question, after, limit: A_PAGE })) };
  });

  // Of the whole platform: only for whoever has a role in every organization, under either address.
  page('system', '/system', 'both', async ({ visitor, now }) => {
    const everywhere = await standingIn(db, visitor, null);
    if (everywhere === null) return null;
    const portals = mayDo(everywhere.roles, 'pause portals') ? (await listPortalTypes(db)).map(({ code }) => code) : null;
    const acting = portals && { portals, token: formToken(visitor.sessionId) };
    const [overview, gates, pauses, problem] = [await fleetOverview(db), await listGates(db), await listPauses(db), await databaseProblem(db)];
    return { title: 'System', content: systemPage({ overview, gates, pauses, databaseProblem: problem, acting, now }) };
  });
}

/** Counts of the few organizations that somebody looks after; of many, of all together. */
async function home(db: Database, visitor: Visitor): Promise<VNode> {
  const everywhere = await standingIn(db, visitor, null);
  const named = Object.keys(visitor.roles).filter((id) => id !== EVERYWHERE);
  const standings = await Promise.all(named.slice(0, ORGANIZATIONS_SHOWN).map((id) => standingIn(db, visitor, id)));
  const own = standings.filter((each) => each !== null).map(({ place }) => place);
  const all = everywhere ? (await listOrganizations(db, { limit: ORGANIZATIONS_SHOWN })).map(placeOf) : own;
  const shown = [...(everywhere ? [ALL] : []), ...all.slice(0, SUMMED_UP)];
  const counted = [];
  for (const place of shown) counted.push({ place, overview: await fleetOverview(db, scopeOf(place.orgId)) });
  return homePage(
    visitor,
    counted,
    all.slice(SUMMED_UP).map(({ orgId, name }) => ({ id: orgId ?? '', name })),
  );
}

const scopeOf = (orgId: string | null) => (orgId === null ? ('every tenant' as const) : { tenant: orgId });

function moment(text: unknown): Date | undefined {
  const at = typeof text === 'string' ? new Date(text) : undefined;
  return at && !Number.isNaN(at.getTime()) ? at : undefined;
}
