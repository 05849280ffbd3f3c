import { type Database, databaseProblem, notificationPlaces } from '@rcm/db';
import { listUndecidedActs, listWideActs } from '@rcm/db/acts';
import { listWantedCodes } from '@rcm/db/codes';
import { fleetOverview, listPortalTypes } from '@rcm/db/fleet';
import { listRuns, listStorageOutside, migrationByOrganization } from '@rcm/db/migration';
import { channelFigures, listTold } from '@rcm/db/notifications';
import { listAdmissions, listPauses } from '@rcm/db/rotation';
import type { FastifyInstance } from 'fastify';
import { formToken } from '../access/form-token.ts';
import { mayDo } from '../access/roles.ts';
import { approvalsPage } from '../pages/approvals.ts';
import { codePage, codesPage } from '../pages/codes.ts';
import { migrationPage } from '../pages/migration.ts';
import { notificationsPage } from '../pages/notifications.ts';
import { systemPage } from '../pages/system.ts';
import { A_PAGE, pagesOf, scopeOf, placeAfter } from './page.ts';
import { accessIn } from './places.ts';

const ASKED_SHOWN = 10;
const RUNS_SHOWN = 20;

/** What is to be seen of more than one login, but for portals and rotations. */
export function overviewRoutes(server: FastifyInstance, db: Database): void {
  const page = pagesOf(server, db);

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
