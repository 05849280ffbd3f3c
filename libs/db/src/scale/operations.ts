/**
 * Every operation of this package that looks over more than one login: what runs again and again by itself, and what a person asks. A test holds the list
 * against what the package exports, so a new one stands here or is named in `not-over-the-fleet.ts`, with why it need not.
 */
import { listAdopted } from '../adoption/look.ts';
import { endLeftActs, takeActs } from '../asked-acts/take.ts';
import { listAskedActs, listBreakGlass, listUndecidedActs, listWideActs } from '../asked-acts/list.ts';
import { readChainHeads, readEventHashes } from '../audit/chains.ts';
import { listEndpoints, listEndpointsOf } from '../endpoints/read.ts';
import { listWantedCodes } from '../codes/answer.ts';
import { turnsAtInbox } from '../codes/message.ts';
import { listRetired } from '../endpoints/retire.ts';
import { countLoginsAt } from '../secret-places/room.ts';
import { listUnnamedSecrets } from '../secret-places/unnamed.ts';
import { listOtherSecrets } from '../endpoints/other-secrets.ts';
import { listDueEndpoints, listSharedIdentities } from '../endpoints/schedule.ts';
import { countRefusedLogins, listWantedSearches } from '../endpoints/search.ts';
import { countSecrets } from '../endpoints/secret-counts.ts';
import { listCalendar } from '../fleet/calendar.ts';
import { fleetFigures } from '../fleet/figures.ts';
import { listAudit } from '../fleet/list-audit.ts';
import { listLogins } from '../fleet/list-logins.ts';
import { loginHistory } from '../fleet/login-history.ts';
import { listOrganizations } from '../fleet/organizations.ts';
import { fleetOverview } from '../fleet/overview.ts';
import { findPortalType, listPortalTypes } from '../fleet/portal-types.ts';
import { listPortals, showPortal } from '../fleet/portals-shown.ts';
import { closedHours, comingInMonth, comingOnDay } from '../fleet/month.ts';
import { closedHoursOfAll, comingInMonthOfAll, comingOnDayOfAll } from '../fleet/month-of-all.ts';
import { dueByDay, portalRotations } from '../fleet/rotations.ts';
import { showLogin } from '../fleet/show-login.ts';
import type { LoginFilter } from '../fleet/walk.ts';
import { whoDid } from '../fleet/who-did.ts';
import { assessPortalTypes } from '../admission/breaker.ts';
import { isPortalIll } from '../admission/health.ts';
import { listAdmissions } from '../admission/list.ts';
import { listPauses } from '../admission/pause.ts';
import { listStartable } from '../admission/startable.ts';
import { takeStartable } from '../admission/take-startable.ts';
import { listCopiesElsewhere, listCopiesToRemove } from '../journal/copies.ts';
import { earlierVersions } from '../journal/earlier-versions.ts';
import { rotationCounts } from '../journal/ends.ts';
import { keptLength } from '../journal/kept-length.ts';
import { listLeftRequests } from '../journal/left-requests.ts';
import { listLongWaits } from '../journal/long-waits.ts';
import { listBlockedToLookAt } from '../journal/looks.ts';
import { listAttempts, listOpenAttempts } from '../journal/open.ts';
import { forgetLeftPasswords, keyRows } from '../keys/left.ts';
import { listLoginsToMove } from '../keys/move.ts';
import { listLeases } from '../leases/upkeep.ts';
import { listWriterIntents } from '../leases/writer-intents.ts';
import { migrationByOrganization } from '../legacy/by-organization.ts';
import { listConfigs } from '../legacy/configs.ts';
import { listLoginSample } from '../legacy/login-sample.ts';
import { listLegacyEndpoints } from '../legacy/migrate.ts';
import { countHeldByOldReaders } from '../legacy/old-readers.ts';
import { forgetLeftoverFingerprints, listProofs } from '../legacy/proofs.ts';
import { listRuns, unfinishedRuns } from '../legacy/runs.ts';
import { migrationCounts } from '../legacy/scrub.ts';
import { listStorageOutside, storageRewriteState } from '../legacy/storage-state.ts';
import { markManualDue } from '../manual/due.ts';
import { claimManualLooks } from '../manual/watch.ts';
import { noticeLongWaits } from '../notices/long-waits.ts';
import { claimNotices, listNotices } from '../notices/outbox.ts';
import { pruneNotices } from '../notices/prune.ts';
import { channelFigures, listTold } from '../notices/told.ts';
import { noticeUndecided } from '../notices/undecided.ts';
import { listCurrentVersions } from '../notifications-missed.ts';
import { MARKED, readMarks } from '../console/marks.ts';
import { dataKeyCounts } from '../sealing/move.ts';
import { portalTaskWaits } from '../tasks/claim.ts';
import { listPortalTasks } from '../tasks/list.ts';
import { sealPlainTasks } from '../tasks/plain.ts';
import { listGivenUpCallbacks } from '../callbacks/given-up.ts';
import { callbackWaits, claimNextCallback } from '../callbacks/outbox.ts';
import { taskQueueFigures } from '../tasks/queue-figures.ts';
import { tidyPortalTasks } from '../tasks/tidy.ts';
import { countOld, forgetOld } from '../retention/old-rows.ts';
import { OLD_ROWS, RETENTION } from '../retention/rules.ts';
import { countThinned, LEAST_LEDGER_DAYS, thinLedger } from '../retention/thin-ledger.ts';
import { portalPlaces } from '../trace/places.ts';
import { claimUnusedLogins } from '../upkeep/keep-alive.ts';
import { newestBackupRun } from '../backups/backup-runs.ts';
import { noticeLapsing } from '../upkeep/notice-lapsing.ts';
import { LATELY_MS, ONE } from './fleet.ts';
import { ofOneLogin } from './of-one-login.ts';
import { asks, type Operation } from './operation.ts';

const DAY_MS = 86_400_000;
const RULES = { windowMs: LATELY_MS, suspects: 3, failures: 3 };
const START = { canary: false, probeMs: 3_600_000, lastingMs: 600_000 };
const list = { kind: 'list' } as const;
const soon = (days: number) => new Date(Date.now() + days * DAY_MS);

/** What a rotator does at every turn of its loops. */
const rotator: readonly Operation[] = [
  asks('rcm_rotator', assessPortalTypes, [RULES], { most: 20_000 }),
  asks('rcm_rotator', isPortalIll, [{ ...ONE, rules: RULES }]),
  asks('rcm_rotator', listStartable, [{ rules: START, limit: 32 }], { most: 10_000 }),
  asks('rcm_rotator', takeStartable, [{ rules: START, limit: 8, holder: 'rotator', ttlMs: 60_000, inHand: [], resting: [] }], { most: 10_000 }),
  asks('rcm_rotator', countHeldByOldReaders, [], { ...list, most: 12_000 }),
  asks('rcm_rotator', listDueEndpoints, [{ limit: 32 }]),
  asks('rcm_rotator', listOpenAttempts, [{ ownerGone: true, limit: 8 }]),
  asks('rcm_rotator', listBlockedToLookAt, [{ limit: 20 }], { most: 500 }),
  asks('rcm_rotator', listLongWaits, [{ limit: 20 }], { most: 500 }),
  asks('rcm_rotator', listLeftRequests, [{ olderThanMs: 60_000, limit: 5 }]),
  asks('rcm_rotator', claimManualLooks, [{ pendingMs: 60_000, idleMs: 3_600_000, limit: 10 }]),
  asks('rcm_rotator', markManualDue, []),
  asks('rcm_rotator', listWantedSearches, [{ limit: 5, pauseMs: 60_000 }]),
  asks('rcm_rotator', countRefusedLogins, [], { ...list, most: 20_000 }),
  asks('rcm_rotator', fleetFigures, [RULES], { ...list, most: 40_000 }),
  asks('rcm_rotator', claimUnusedLogins, [{ limit: 4, restMs: 1 }], { most: 6_000 }),
  asks('rcm_rotator', listCopiesToRemove, [{ limit: 50 }], { most: 1_000 }),
  asks('rcm_rotator', forgetLeftPasswords, [{ days: 30 }]),
  asks('rcm_rotator', noticeUndecided, []),
  asks('rcm_rotator', noticeLapsing, []),
  asks('rcm_rotator', newestBackupRun, []),
  asks('rcm_rotator', noticeLongWaits, [{ olderThanMs: DAY_MS }]),
  // Those of the last ten minutes are asked again.
  asks('rcm_rotator', claimNotices, [{ channel: 'log', claimMs: 60_000, newestMs: 7 * DAY_MS, limit: 20 }], { most: 500 }),
  asks('rcm_rotator', pruneNotices, [{ keptMs: 90 * DAY_MS, limit: 500 }]),
  ...OLD_ROWS.map((what) =>
    asks('rcm_rotator', forgetOld, [{ what, keptDays: RETENTION[what].days, limit: 500 }], { of: what, ...(what === 'leases' ? { most: 200 } : {}) }),
  ),
  // A step in an index for each portal type, where nothing is so old.
  asks('rcm_rotator', thinLedger, [{ keptDays: LEAST_LEDGER_DAYS, limit: 500 }], { most: 500 }),
  asks('rcm_rotator', takeActs, [{ takenBy: 'rotator', limit: 1 }]),
  asks('rcm_rotator', endLeftActs, [{ waitMs: DAY_MS, workMs: DAY_MS }]),
  asks('rcm_rotator', listCopiesElsewhere, [{ ...ONE, limit: 14 }]),
  asks('rcm_rotator', listOtherSecrets, [{ ...ONE, limit: 4 }]),
  asks('rcm_rotator', earlierVersions, [{ ...ONE, limit: 5 }]),
  asks('rcm_rotator', keptLength, [ONE]),
];

/** What `rotator status`, `keys` and the like ask. */
const asked: readonly Operation[] = [
  // A thousand that are open and a thousand that are blocked are counted.
  asks('rcm_rotator', rotationCounts, [], { ...list, most: 4_000 }),
  asks('rcm_rotator', listLeases, [], list),
  asks('rcm_rotator', listWriterIntents, [], { ...list, most: 6_000 }),
  asks('rcm_rotator', listAttempts, [{ limit: 200, states: ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted', 'waiting', 'blocked'] }], {
    ...list,
    most: 400,
  }),
  asks('rcm_rotator', listPauses, [], list),
  asks('rcm_rotator', listAdmissions, [], list),
  asks('rcm_rotator', listSharedIdentities, [{ limit: 200 }], { ...list, most: 3_000 }),
  asks('rcm_rotator', listNotices, [{ limit: 20 }], list),
  asks('rcm_rotator', listEndpoints, [{ limit: 1000 }], list),
  asks('rcm_rotator', keyRows, [], { ...list, every: 'what is under each key is counted: every login, every line of the ledger, every proof' }),
  asks('rcm_rotator', listLoginsToMove, [{ identityKeyId: '1', fingerprintKeyId: '1', limit: 100 }], { ...list, of: 'nothing is to be moved' }),
  asks('rcm_rotator', listLoginsToMove, [{ identityKeyId: '2', fingerprintKeyId: '1', limit: 100 }], { ...list, of: 'all are to be moved', most: 1_000 }),
  asks('rcm_rotator', countSecrets, [], { ...list, every: 'what is paid for: every secret, by organization' }),
];

const agent: readonly Operation[] = [
  asks('rcm_agent', portalTaskWaits, []),
  asks('rcm_agent', callbackWaits, []),
  asks('rcm_agent', claimNextCallback, [{ ttlMs: 60_000 }]),
  asks('rcm_agent', turnsAtInbox, [[`1:${'a'.repeat(64)}`]], list),
  // Ten thousand that wait are counted; of the thousand that have waited longest it is asked whether their accounts have room.
  asks('rcm_agent', taskQueueFigures, [], { ...list, most: 20_000 }),
  // Two hundred organizations at a time.
  asks('rcm_agent', tidyPortalTasks, [{ keptMs: 30 * DAY_MS }], { most: 2_000 }),
  asks('rcm_agent', sealPlainTasks, []),
  asks('rcm_agent', listCurrentVersions, [{ orgId: ONE.orgId, secretArns: [ONE.secretArn] }]),
  asks('rcm_agent', listEndpointsOf, [{ orgId: ONE.orgId, limit: 20 }], list),
  asks('rcm_agent', dataKeyCounts, [], list),
];

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
  ['expiring', { expiresBefore: soon(14) }],
];

/** What a person sees in a terminal and in the console. */
const operator: readonly Operation[] = [
  asks('rcm_operator', fleetOverview, [], { ...list, most: 20_000 }),
  asks('rcm_operator', fleetOverview, [{ tenant: ONE.orgId }], { of: 'one organization', kind: 'list', most: 20_000 }),
  // A page of fifty, and what stands beside each login; a small fleet has fewer of some. Those that fail at one portal are found among those of all forty.
  ...FILTERS.map(([of, filter]) =>
    asks('rcm_operator', listLogins, [{ filter, limit: 50 }], { of, kind: 'list', most: of === 'failing, of a portal' ? 12_500 : 3_500 }),
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
  asks('rcm_operator', listUnnamedSecrets, [{ limit: 50 }], list),
  asks('rcm_operator', listUnnamedSecrets, [{ orgId: ONE.orgId, limit: 50 }], { of: 'of an organization', kind: 'list' }),
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
    most: 200,
  }),
  ...OLD_ROWS.map((what) =>
    asks('rcm_operator', countOld, [{ what, keptDays: RETENTION[what].days }], { of: what, kind: 'list', ...(what === 'leases' ? { most: 200 } : {}) }),
  ),
  asks('rcm_operator', countThinned, [{ keptDays: LEAST_LEDGER_DAYS }], { ...list, most: 500 }),
  asks('rcm_rotator', portalPlaces, [ONE], { ...list, every: 'the addresses of every login of one portal' }),
];

const migrator: readonly Operation[] = [
  asks('rcm_migrator', migrationCounts, [], { ...list, every: 'how far each login is' }),
  asks('rcm_migrator', migrationByOrganization, [], { ...list, every: 'how far each login is, by organization' }),
  asks('rcm_migrator', listLegacyEndpoints, [{ limit: 100 }], { ...list, most: 500 }),
  asks('rcm_migrator', listConfigs, [{ limit: 100 }], list),
  asks('rcm_migrator', listProofs, [{ limit: 100 }], list),
  asks('rcm_migrator', forgetLeftoverFingerprints, []),
  // Of a thousand of all, and of twenty of each portal type.
  asks('rcm_migrator', listLoginSample, [{ count: 20, filters: {} }], { ...list, most: 15_000 }),
  asks('rcm_migrator', listAdopted, [{ source: 'logins', limit: 100 }], list),
  asks('rcm_migrator', listRuns, [{ limit: 20 }], list),
  asks('rcm_migrator', unfinishedRuns, [{ limit: 20 }], list),
  asks('rcm_migrator', storageRewriteState, []),
  asks('rcm_migrator', listStorageOutside, []),
  asks('rcm_head_writer', readChainHeads, [], { ...list, every: 'a head for each organization' }),
  asks('rcm_head_writer', readEventHashes, [[{ orgId: ONE.orgId, count: 1 }]]),
];

export const operations: readonly Operation[] = [...rotator, ...asked, ...agent, ...operator, ...migrator, ...ofOneLogin];
