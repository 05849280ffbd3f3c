import { type Database, databaseProblem, dayPlaces, notificationPlaces } from '@rcm/db';
import { listPortalChanges, listPortalLooks, listUndecidedActs, listWideActs, showPortalChange } from '@rcm/db/acts';
import { listWantedCodes } from '@rcm/db/codes';
import {
  closedHours,
  closedHoursOfAll,
  comingInMonth,
  comingInMonthOfAll,
  comingOnDay,
  comingOnDayOfAll,
  dueByDay,
  fleetOverview,
  listPortals,
  listPortalTypes,
  portalRotations,
  showPortal,
} from '@rcm/db/fleet';
import { listRuns, listStorageOutside, migrationByOrganization } from '@rcm/db/migration';
import { channelFigures, listTold } from '@rcm/db/notifications';
import { listAdmissions, listOpenAttempts, listPauses } from '@rcm/db/rotation';
import { isId } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { formToken } from '../access/form-token.ts';
import { mayDo } from '../access/roles.ts';
import { approvalsPage } from '../pages/approvals.ts';
import { calendarAsked, calendarPage } from '../pages/calendar.ts';
import { codePage, codesPage } from '../pages/codes.ts';
import { migrationPage } from '../pages/migration.ts';
import { notificationsPage } from '../pages/notifications.ts';
import { portalChangePage } from '../pages/portal-change.ts';
import { portalPage, portalsPage } from '../pages/portals.ts';
import { rotationsAsked, rotationsPage } from '../pages/rotations.ts';
import { systemPage } from '../pages/system.ts';
import { A_PAGE, pagesOf, scopeOf, placeAfter } from './page.ts';
import { accessIn } from './places.ts';

const ASKED_SHOWN = 10;
const DAYS = 14;
const RUNS_SHOWN = 20;
const LOOKS_SHOWN = 3;
const NO_DAY = { entries: [], next: null };

/** What is to be seen of more than one login. */
export function overviewRoutes(server: FastifyInstance, db: Database): void {
  const page = pagesOf(server, db);

  page('rotations', '/rotations', 'both', async ({ place, query, now }) => {
    const [scope, asked] = [scopeOf(place.orgId), rotationsAsked(query)];
    // Each is a transaction of its own: the page waits for the longest of them, and not for one after the other.
    const [days, portals, admissions, pauses, found] = await Promise.all([
      dueByDay(db, { scope, days: DAYS, portalTypeCode: asked.portal || undefined }),
      portalRotations(db, scope),
      listAdmissions(db),
      listPauses(db, scope),
      listOpenAttempts(db, { scope, limit: A_PAGE + 1, after: asked.after }),
    ]);
    const open = found.slice(0, A_PAGE);
    const next = found.length > A_PAGE ? (open.at(-1)?.id ?? null) : null;
    return { title: 'Rotations', content: rotationsPage({ place, asked, days, portals, admissions, pauses, open, next, now }) };
  });

  page('calendar', '/calendar', 'both', async ({ place, query, now }) => {
    const { orgId } = place;
    const asked = calendarAsked(query, now);
    const after = placeAfter(dayPlaces, query);
    const { month, day } = asked;
    const [days, one, closed] = await Promise.all([
      orgId === null ? comingInMonthOfAll(db, { month }) : comingInMonth(db, { orgId, month }),
      day === null ? NO_DAY : orgId === null ? comingOnDayOfAll(db, { day, after, limit: A_PAGE }) : comingOnDay(db, { orgId, day, after, limit: A_PAGE }),
      orgId === null ? closedHoursOfAll(db) : closedHours(db, { orgId }),
    ]);
    return { title: 'Calendar', content: calendarPage({ place, asked, days, ...one, closed, now }) };
  });

  page('portals', '/portals', 'both', async ({ place, now }) => {
    const portals = await listPortals(db, scopeOf(place.orgId));
    const changes = place.orgId === null ? await listPortalChanges(db, { limit: ASKED_SHOWN }) : null;
    return { title: 'Portals', content: portalsPage({ place, portals, admissions: await listAdmissions(db), changes, now }) };
  });

  // Of every organization, like the portal type: only for whoever has a role in each, under either address.
  page('portals', '/portals/changes/:id', 'both', async ({ visitor, id, now }) => {
    const everywhere = await accessIn(db, visitor, null);
    const change = everywhere && z.uuid().safeParse(id).success ? await showPortalChange(db, { id }) : null;
    if (!everywhere || !change) return null;
    const portal = await showPortal(db, { code: change.code, scope: 'every tenant' });
    const deciding = { person: visitor.person, roles: everywhere.roles, token: formToken(visitor.sessionId) };
    return { title: `Change of ${change.code}`, content: portalChangePage({ change, portal, ...deciding, now }) };
  });

  page('portals', '/portals/:id', 'both', async ({ place, id, now }) => {
    const scope = scopeOf(place.orgId);
    const portal = isId(id) ? await showPortal(db, { code: id, scope }) : null;
    if (!portal) return null;
    const [admissions, looks] = await Promise.all([listAdmissions(db), listPortalLooks(db, { code: id, scope, limit: LOOKS_SHOWN })]);
    return { title: portal.code, content: portalPage({ place, portal, admissions, looks, now }) };
  });

  page('migration', '/migration', 'both', async ({ place, roles, visitor, now }) => {
    const ofAll = place.orgId === null;
    const [organizations, runs, outside] = await Promise.all([
      migrationByOrganization(db, scopeOf(place.orgId)),
      ofAll ? listRuns(db, { limit: RUNS_SHOWN }) : null,
      ofAll ? listStorageOutside(db) : [],
    ]);
    const acting = { roles, token: formToken(visitor.sessionId) };
    return { title: 'Migration', content: migrationPage({ place, organizations, runs, outside, acting, now }) };
  });

  page('codes', '/codes', 'both', async ({ place, roles, now }) => {
    const wanted = await listWantedCodes(db, { orgId: place.orgId ?? undefined, limit: A_PAGE });
    return { title: 'Codes', content: codesPage({ place, wanted, mayAnswer: mayDo(roles, 'answer'), now }) };
  });

  page('codes', '/codes/:id', 'organization', async ({ place, roles, visitor, id, now }) => {
    if (place.orgId === null || !mayDo(roles, 'answer')) return null;
    const wanted = await listWantedCodes(db, { orgId: place.orgId, limit: A_PAGE });
    const one = wanted.find((each) => each.id === id && each.answeredBy === null);
    return one ? { title: `Code for ${one.endpointId}`, content: codePage(one, formToken(visitor.sessionId), now) } : null;
  });

  page('approvals', '/approvals', 'both', async ({ place, visitor, now }) => {
    const undecided = await listUndecidedActs(db, scopeOf(place.orgId), A_PAGE);
    const wide = place.orgId === null ? await listWideActs(db, { limit: ASKED_SHOWN }) : null;
    return { title: 'Approvals', content: approvalsPage({ visitor, undecided, wide, token: formToken(visitor.sessionId), now }) };
  });

  page('notifications', '/notifications', 'both', async ({ place, query, now }) => {
    const scope = scopeOf(place.orgId);
    const after = placeAfter(notificationPlaces, query);
    const [{ notifications, next }, channels] = await Promise.all([listTold(db, { scope, after, limit: A_PAGE }), channelFigures(db, scope)]);
    return { title: 'Notifications', content: notificationsPage({ place, notifications, next, channels, now }) };
  });

  // Of the whole platform: only for whoever has a role in every organization, under either address.
  page('system', '/system', 'both', async ({ visitor, now }) => {
    const everywhere = await accessIn(db, visitor, null);
    if (everywhere === null) return null;
    const portals = mayDo(everywhere.roles, 'pause portals') ? (await listPortalTypes(db)).map(({ code }) => code) : null;
    const acting = portals && { portals, token: formToken(visitor.sessionId) };
    const [overview, admissions, pauses, problem] = [await fleetOverview(db), await listAdmissions(db), await listPauses(db), await databaseProblem(db)];
    return { title: 'System', content: systemPage({ overview, admissions, pauses, databaseProblem: problem, acting, now }) };
  });
}
