import { listAskedActs, listBreakGlass, listUndecidedActs, listWideActs } from '../../asked-acts/list.ts';
import { listGivenUpCallbacks } from '../../callbacks/given-up.ts';
import { listWantedCodes } from '../../codes/answer.ts';
import { MARKED, readMarks } from '../../console/marks.ts';
import { listRetired } from '../../endpoints/retire.ts';
import { listCalendar } from '../../fleet/calendar.ts';
import { listAudit } from '../../fleet/list-audit.ts';
import { listLogins } from '../../fleet/list-logins.ts';
import { loginHistory } from '../../fleet/login-history.ts';
import { closedHoursOfAll, comingInMonthOfAll, comingOnDayOfAll } from '../../fleet/month-of-all.ts';
import { closedHours, comingInMonth, comingOnDay } from '../../fleet/month.ts';
import { listOrganizations } from '../../fleet/organizations.ts';
import { fleetOverview } from '../../fleet/overview.ts';
import { findPortalType, listPortalTypes } from '../../fleet/portal-types.ts';
import { listPortals, showPortal } from '../../fleet/portals-shown.ts';
import { dueByDay, portalRotations } from '../../fleet/rotations.ts';
import { showLogin } from '../../fleet/show-login.ts';
import type { LoginFilter } from '../../fleet/walk.ts';
import { whoDid } from '../../fleet/who-did.ts';
import { listOpenAttempts } from '../../journal/open.ts';
import { channelFigures, listTold } from '../../notifications/told.ts';
import { countOld } from '../../retention/old-rows.ts';
import { OLD_ROWS, RETENTION } from '../../retention/rules.ts';
import { LEAST_LEDGER_DAYS, countThinned } from '../../retention/thin-ledger.ts';
import { countLoginsAt } from '../../secret-places/room.ts';
import { listUnnamedSecrets } from '../../secret-places/unnamed.ts';
import { listPortalTasks } from '../../tasks/list.ts';
import { portalPlaces } from '../../trace/places.ts';
import { ONE } from '../fleet.ts';
import { asks, list, type Operation } from '../operation.ts';

const DAY_MS = 86_400_000;
const soon = (days: number) => new Date(Date.now() + days * DAY_MS);

const FILTERS: readonly (readonly [string, LoginFilter])[] = [
  ['all', {}],
  ['of an organization', { orgId: ONE.orgId }],
  ['of a portal', { portalTypeCode: ONE.portalTypeCode }],
  ['failing', { failing: true }],
  ['failing, of a portal', { failing: true, portalTypeCode: ONE.portalTypeCode }],
  ['locked', { locked: true }],
  ['blocked', { blocked: true }],
  ['never used', { neverUsed: true }],
  ['shared', { shared: true }],
  ['due', { dueBefore: soon(1) }],
  ['late', { late: true }],
  ['expiring', { expiresBefore: soon(14) }],
];

/** What a person sees in a terminal and in the console. */
export const ofPeople: readonly Operation[] = [
  asks('rcm_operator', fleetOverview, [], { ...list, most: 20_000 }),
  asks('rcm_operator', fleetOverview, [{ tenant: ONE.orgId }], { of: 'one organization', kind: 'list', most: 20_000 }),
  // A page of fifty, and what stands beside each login; a small fleet has fewer of some. Those that fail at one portal are found among those of all forty, and those that are locked
  // among all that are refused, of which each is asked by two pages of an index, by three where no lock was ever told of.
  ...FILTERS.map(([of, filter]) =>
    asks('rcm_operator', listLogins, [{ filter, limit: 50 }], {
      of,
      kind: 'list',
      most: of === 'failing, of a portal' ? 12_500 : of === 'locked' ? 10_000 : 3_500,
    }),
  ),
  ...(['next_rotation', 'oldest_password'] as const).flatMap((order) => [
    asks('rcm_operator', listLogins, [{ filter: {}, order, limit: 50 }], { of: `by ${order}`, kind: 'list', most: 3_500 }),
    asks('rcm_operator', listLogins, [{ filter: { orgId: ONE.orgId }, order, limit: 50 }], {
      of: `of an organization, by ${order}`,
      kind: 'list',
      most: 20_000,
    }),
  ]),
  asks('rcm_operator', listCalendar, [{ until: soon(14), limit: 100 }], {
    ...list,
    every: 'when a login lapses is worked out, of every login of the portals where one does',
  }),
  asks('rcm_operator', listPortals, ['every tenant'], list),
  asks('rcm_operator', listPortals, [{ tenant: ONE.orgId }], { of: 'of an organization', kind: 'list', most: 20_000 }),
  asks('rcm_operator', showPortal, [{ code: ONE.portalTypeCode, scope: 'every tenant' }], list),
  asks('rcm_operator', dueByDay, [{ scope: 'every tenant', days: 14 }], { ...list, most: 15_000 }),
  asks('rcm_operator', dueByDay, [{ scope: 'every tenant', days: 14, portalTypeCode: ONE.portalTypeCode }], { of: 'of a portal', kind: 'list', most: 15_000 }),
  asks('rcm_operator', dueByDay, [{ scope: { tenant: ONE.orgId }, days: 14 }], { of: 'of an organization', kind: 'list', most: 20_000 }),
  asks('rcm_operator', portalRotations, ['every tenant'], { ...list, most: 3_000 }),
  asks('rcm_operator', portalRotations, [{ tenant: ONE.orgId }], { of: 'of an organization', kind: 'list', most: 20_000 }),
  asks('rcm_operator', listOpenAttempts, [{ limit: 50 }], { of: 'a page', kind: 'list', most: 1_500 }),
  asks('rcm_operator', listOrganizations, [{ limit: 50 }], list),
  asks('rcm_operator', listRetired, [{ limit: 50, keptMs: 90 * 86_400_000 }], list),
  asks('rcm_operator', listRetired, [{ orgId: ONE.orgId, limit: 50, keptMs: 90 * 86_400_000 }], { of: 'of an organization', kind: 'list' }),
  asks('rcm_operator', listUnnamedSecrets, [{ limit: 50, keptMs: 30 * 86_400_000 }], list),
  asks('rcm_operator', listUnnamedSecrets, [{ orgId: ONE.orgId, limit: 50, keptMs: 30 * 86_400_000 }], { of: 'of an organization', kind: 'list' }),
  asks('rcm_migrator', countLoginsAt, [{ arnBeginning: 'arn:aws:ssm:us-east-1:123456789012', atMost: 9_000 }], { of: 'of a place', most: 20_000 }),
  asks('rcm_operator', listPortalTypes, [], list),
  asks('rcm_operator', findPortalType, [{ code: ONE.portalTypeCode }], list),
  asks('rcm_operator', listPortalTasks, ['every tenant', { filter: {}, limit: 50, words: false }], list),
  asks('rcm_operator', listPortalTasks, [{ orgId: ONE.orgId }, { filter: {}, limit: 50, words: false }], { of: 'of an organization', kind: 'list' }),
  asks('rcm_operator', listGivenUpCallbacks, [{ limit: 50 }], list),
  asks('rcm_operator', whoDid, [{ orgId: ONE.orgId, from: soon(-90), until: soon(0), limit: 1_000 }], { ...list, most: 1_000 }),
  asks('rcm_operator', listAudit, [{ question: { orgId: ONE.orgId, actor: 'person:' }, limit: 50 }], list),
  asks('rcm_operator', showLogin, [ONE], list),
  asks('rcm_operator', loginHistory, [{ ...ONE, limit: 50 }], list),
  asks('rcm_operator', listAskedActs, [{ ...ONE, limit: 20 }], list),
  asks('rcm_operator', listUndecidedActs, ['every tenant', 50], list),
  asks('rcm_operator', listWantedCodes, [{ limit: 50 }], list),
  asks('rcm_console', listWantedCodes, [{ orgId: ONE.orgId, limit: 50 }], { of: 'of an organization', kind: 'list' }),
  asks('rcm_operator', listWideActs, [{ limit: 20 }], list),
  asks('rcm_operator', listBreakGlass, [{ limit: 20 }], list),
  asks('rcm_console', comingInMonth, [{ orgId: ONE.orgId, month: soon(0).toISOString().slice(0, 7) }], { ...list, most: 20_000 }),
  asks('rcm_console', comingOnDay, [{ orgId: ONE.orgId, day: soon(5).toISOString().slice(0, 10), limit: 50 }], { ...list, most: 20_000 }),
  asks('rcm_console', closedHours, [{ orgId: ONE.orgId }], { ...list, most: 20_000 }),
  asks('rcm_console', comingInMonthOfAll, [{ month: soon(0).toISOString().slice(0, 7) }], { ...list, most: 40_000 }),
  asks('rcm_console', comingOnDayOfAll, [{ day: soon(5).toISOString().slice(0, 10), limit: 50 }], { ...list, most: 5_000 }),
  asks('rcm_console', closedHoursOfAll, [], list),
  asks('rcm_console', listTold, [{ scope: 'every tenant', limit: 50 }], { ...list, most: 1_000 }),
  asks('rcm_console', listTold, [{ scope: { tenant: ONE.orgId }, limit: 50 }], { of: 'of an organization', kind: 'list', most: 1_000 }),
  asks('rcm_console', channelFigures, ['every tenant'], { ...list, most: 3_000 }),
  asks('rcm_console', channelFigures, [{ tenant: ONE.orgId }], { of: 'of an organization', kind: 'list', most: 3_000 }),
  // Of what is open, runs, is refused or was told lately, 2,000 of each.
  asks('rcm_console', readMarks, [{ what: new Set(MARKED), organizations: [], beyond: 'every tenant', endpoints: [ONE.endpointId] }], {
    ...list,
    most: 25_000,
  }),
  asks('rcm_console', readMarks, [{ what: new Set(MARKED), organizations: [ONE.orgId], beyond: 'nothing', endpoints: [ONE.endpointId] }], {
    of: 'of an organization',
    kind: 'list',
  }),
  ...OLD_ROWS.map((what) =>
    asks('rcm_operator', countOld, [{ what, keptDays: RETENTION[what].days }], { of: what, kind: 'list', ...(what === 'leases' ? { most: 200 } : {}) }),
  ),
  asks('rcm_operator', countThinned, [{ keptDays: LEAST_LEDGER_DAYS }], { ...list, most: 500 }),
  asks('rcm_rotator', portalPlaces, [ONE], { ...list, every: 'the addresses of every login of one portal' }),
];
