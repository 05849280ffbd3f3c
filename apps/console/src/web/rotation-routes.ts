import { type Database, dayPlaces } from '@rcm/db';
import { closedHours, closedHoursOfAll, comingInMonth, comingInMonthOfAll, comingOnDay, comingOnDayOfAll, dueByDay, portalRotations } from '@rcm/db/fleet';
import { listAdmissions, listOpenAttempts, listPauses } from '@rcm/db/rotation';
import type { FastifyInstance } from 'fastify';
import { calendarAsked, calendarPage } from '../pages/calendar.ts';
import { rotationsAsked, rotationsPage } from '../pages/rotations.ts';
import { A_PAGE, pagesOf, scopeOf, placeAfter } from './page.ts';

const DAYS = 14;
const NO_DAY = { entries: [], next: null };

/** Which rotations are open, and which are to come. */
export function rotationRoutes(server: FastifyInstance, db: Database): void {
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
}
