import { type Database, loginPlaces, taskPlaces } from '@rcm/db';
import { findTyping, listAskedActs, listViews } from '@rcm/db/acts';
import { fleetOverview, listLogins, listOrganizations, listPortalTypes, loginHistory, showLogin, showTask } from '@rcm/db/fleet';
import { listPortalTasks } from '@rcm/db/tasks';
import { isId } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import type { VNode } from 'preact';
import { z } from 'zod';
import { formToken } from '../access/form-token.ts';
import { EVERYWHERE } from '../access/roles.ts';
import { bulkActsOf } from '../pages/bulk.ts';
import { fleetFilter, fleetPage, fleetQuery, fleetQuestion } from '../pages/fleet.ts';
import { homePage } from '../pages/home.ts';
import { ALL, placeOf } from '../pages/layout.ts';
import { loginPage } from '../pages/login.ts';
import { statesOf, taskPage, tasksPage, tasksShown } from '../pages/tasks.ts';
import type { Visitor } from '../sign-in/visitor.ts';
import { A_PAGE, pagesOf, scopeOf, placeAfter } from './page.ts';
import { accessIn } from './places.ts';

const ORGANIZATIONS_SHOWN = 500;
const ASKED_SHOWN = 10;
const SUMMED_UP = 12;

export interface PageDependencies {
  readonly db: Database;
  /** Whether the console shows, once, what two people have agreed on. */
  readonly showsPasswords: boolean;
  /** Whether an operator may type one. */
  readonly takesPasswords: boolean;
}

/** What is to be seen; every address names its organization, and the rows are read as that organization's. */
export function pageRoutes(server: FastifyInstance, { db, showsPasswords, takesPasswords }: PageDependencies): void {
  const page = pagesOf(server, db);
  server.get('/', async (request, reply) => {
    const { visitor } = request;
    if (!visitor) throw new Error('whoever is not signed in does not come here');
    return reply.html(await home(db, visitor));
  });

  page('fleet', '/logins', 'both', async ({ place, roles, visitor, query, now }) => {
    const question = fleetQuestion(query);
    const scope = scopeOf(place.orgId);
    const after = placeAfter(loginPlaces, query);
    const [found, types, kept] = await Promise.all([
      listLogins(db, { filter: fleetFilter(question, now), order: question.order, after, limit: A_PAGE, scope }),
      listPortalTypes(db),
      listViews(db, visitor.person),
    ]);
    const portals = types.map(({ code }) => code);
    const token = place.orgId !== null && bulkActsOf(roles).length > 0 ? formToken(visitor.sessionId) : null;
    const views = { place, views: kept, query: fleetQuery(question), token: formToken(visitor.sessionId) };
    return { title: 'Fleet', content: fleetPage({ place, question, portals, found, token, views, now }) };
  });

  page('login', '/logins/:id', 'organization', async ({ place, roles, visitor, query, id, now }) => {
    if (place.orgId === null || !isId(id)) return null;
    const scope = scopeOf(place.orgId);
    const before = instant(query.before);
    const [login, history, asked, typing] = await Promise.all([
      showLogin(db, { endpointId: id, scope }),
      loginHistory(db, { endpointId: id, limit: A_PAGE, before, scope }),
      listAskedActs(db, { orgId: place.orgId, endpointId: id, limit: ASKED_SHOWN }),
      findTyping(db, { orgId: place.orgId, endpointId: id }),
    ]);
    if (!login || !history) return null;
    const looking = { roles, person: visitor.person, token: formToken(visitor.sessionId), showsPasswords, takesPasswords };
    return { title: login.id, content: loginPage({ login, history, asked, typing, ...looking, now }) };
  });

  page('tasks', '/tasks', 'both', async ({ place, query, now }) => {
    const show = tasksShown(query);
    const after = placeAfter(taskPlaces, query);
    const scope = place.orgId === null ? ('every tenant' as const) : { orgId: place.orgId };
    const found = await listPortalTasks(db, scope, { filter: { states: statesOf(show) }, after, limit: A_PAGE, words: false });
    return { title: 'Tasks', content: tasksPage(place, show, found, now) };
  });

  page('tasks', '/tasks/:id', 'organization', async ({ place, roles, visitor, id, now }) => {
    if (place.orgId === null || !z.uuid().safeParse(id).success) return null;
    const task = await showTask(db, id, scopeOf(place.orgId));
    return task && { title: task.name, content: taskPage(task, { roles, token: formToken(visitor.sessionId), now }) };
  });
}

/** Counts of the few organizations that somebody looks after; of many, of all together. */
async function home(db: Database, visitor: Visitor): Promise<VNode> {
  const everywhere = await accessIn(db, visitor, null);
  const named = Object.keys(visitor.roles).filter((id) => id !== EVERYWHERE);
  const reached = await Promise.all(named.slice(0, ORGANIZATIONS_SHOWN).map((id) => accessIn(db, visitor, id)));
  const own = reached.filter((each) => each !== null).map(({ place }) => place);
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

function instant(text: unknown): Date | undefined {
  const at = typeof text === 'string' ? new Date(text) : undefined;
  return at && !Number.isNaN(at.getTime()) ? at : undefined;
}
