import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../database.ts';
import { getEndpoint, listEndpointsOf } from '../endpoints/read.ts';
import { listDueEndpoints, setNextRotation } from '../endpoints/schedule.ts';
import { countRefusedLogins, listWantedSearches } from '../endpoints/search.ts';
import { fleetFigures } from '../fleet/figures.ts';
import { listAudit } from '../fleet/list-audit.ts';
import { listLogins } from '../fleet/list-logins.ts';
import { showTask } from '../fleet/show-task.ts';
import { listPortalTasks } from '../tasks/list.ts';
import { loginHistory } from '../fleet/login-history.ts';
import { showLogin } from '../fleet/show-login.ts';
import type { LoginFilter } from '../fleet/walk.ts';
import { assessPortalTypes } from '../gate/breaker.ts';
import { portalHealth } from '../gate/health.ts';
import { listStartable } from '../gate/startable.ts';
import { listCopiesElsewhere, listCopiesToRemove, mayRemoveCopy } from '../journal/copies.ts';
import { earlierVersions } from '../journal/earlier-versions.ts';
import { rotationCounts } from '../journal/ends.ts';
import { outrunCopy } from '../journal/outrun-copy.ts';
import { keptLength } from '../journal/kept-length.ts';
import { knownVersions } from '../journal/known-versions.ts';
import { listBlockedToLookAt } from '../journal/looks.ts';
import { getOpenAttempt, listOpenAttempts } from '../journal/open.ts';
import { acquireExclusiveLease, acquireSharedLease } from '../leases/acquire.ts';
import { releaseLease, renewLease } from '../leases/upkeep.ts';
import { beginLoginAttempt, checkLoginAttempt, finishLoginAttempt } from '../ledger/attempt.ts';
import { remainingBudget } from '../ledger/budget.ts';
import { passwordTries } from '../ledger/password.ts';
import { passwordStanding } from '../ledger/standing.ts';
import { upsertPortalType } from '../endpoints/seed.ts';
import type { AppRole } from '../roles/app-role.ts';
import { claimPortalTask, finishPortalTask, portalTaskWaits } from '../tasks/claim.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { taskQueueFigures } from '../tasks/queue-figures.ts';
import { tidyPortalTasks } from '../tasks/tidy.ts';
import { openTestDatabase, PORTAL, printOf, REQUESTER, TEST_KEYS, type TestDatabase } from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';
import { reserveTotpStep } from '../totp.ts';

const ENDPOINTS = 100_000;
const TENANTS = 1_000;
/** An endpoint in the middle of all of them. */
const ONE = { endpointId: 'e50000', orgId: 'o0', loginIdentity: '50000'.padStart(64, '0') };

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  await upsertPortalType(t.db, PORTAL);
  await t.sql(`INSERT INTO organization (id, name) SELECT 'o' || i, 'o' FROM generate_series(0, ${TENANTS - 1}) i`);
  await t.sql(`INSERT INTO login_identity (id) SELECT lpad(i::text, 64, '0') FROM generate_series(1, ${ENDPOINTS}) i`);
  await t.sql('ALTER TABLE integration_endpoint DISABLE TRIGGER integration_endpoint_declared_host');
  await t.sql(`
    INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity, next_rotation_at, rotation_status)
    SELECT 'e' || i, 'o' || i % ${TENANTS}, 'alpine', 'a' || i, 'https://alpine.example/', 'arn:aws:ssm:' || i, '1', lpad(i::text, 64, '0'), now() + (i - 200) * interval '1 minute', 'active'
      FROM generate_series(1, ${ENDPOINTS}) i`);
  const each = `i % ${TENANTS} AS o, lpad(i::text, 64, '0') AS identity FROM generate_series(1, ${ENDPOINTS}) i`;
  await t.sql(`
    INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at)
    SELECT identity, 'o' || o, 'e' || i, 'shared', i, 'h', now(), now() + interval '1 hour' FROM (SELECT i, ${each} WHERE i BETWEEN 60000 AND 90000) x`);
  await t.sql(`
    INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
    SELECT identity, 'o' || o, 'e' || i, gen_random_uuid(), 'agent', '1', now() - interval '1 day', now() - interval '1 day', 'accepted', 'none' FROM (SELECT i, ${each}) x`);
  // Some of them lately, and refused: what asks for health and the breaker has something to count.
  await t.sql(`
    INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect, rests_until)
    SELECT identity, 'o' || o, 'e' || i, gen_random_uuid(), 'agent', '1', '1:' || identity, now(), now(), 'rejected', 'suspect', now() FROM (SELECT i, ${each} WHERE i BETWEEN 70001 AND 70020) x`);
  await t.sql(`UPDATE integration_endpoint SET searched_at = now() + interval '1 s' WHERE id IN (SELECT 'e' || i FROM generate_series(1, 50000) i)`);
  await t.sql(`UPDATE integration_endpoint SET search_wanted_at = now() WHERE id IN (SELECT 'e' || i FROM generate_series(70001, 70020) i)`);
  await t.sql(`
    INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, promoted_version, recipe_hash, ended_at)
    SELECT gen_random_uuid(), identity, 'o' || o, 'e' || i, 'alpine', 'done', i, 'r', 'due', 'arn:aws:ssm:' || i, '0', '1', 'h', now() FROM (SELECT i, ${each}) x`);
  await t.sql(`
    INSERT INTO portal_task (id, org_id, endpoint_id, name, state, finished_at)
    SELECT gen_random_uuid(), 'o' || o, 'e' || i, 'n', 'succeeded', now() FROM (SELECT i, ${each}) x`);
  // A few that nobody has used, that are locked, shared or blocked, and whose password ages.
  await t.sql(`UPDATE login_identity SET first_accepted_at = NULL WHERE id IN (SELECT lpad(i::text, 64, '0') FROM generate_series(90001, 90050) i)`);
  await t.sql(`UPDATE login_identity SET shared = true WHERE id IN (SELECT lpad(i::text, 64, '0') FROM generate_series(91001, 91050) i)`);
  await t.sql(`UPDATE portal_type SET password_expires_days = 90`);
  await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() - (hashtext(id) & 127) * interval '1 day'`);
  await t.sql('ANALYZE');
}, 600_000);
afterAll(() => t.close());

const LARGE = ['integration_endpoint', 'login_identity', 'login_lease', 'login_attempt', 'rotation_attempt', 'portal_task', 'audit_event'];

/** Rows of the large tables that were read by scanning, so far. Connections report when they end. */
async function scanned(): Promise<Record<string, number>> {
  const rows = await t.sql<{ name: string; read: string }>(`SELECT relname AS name, seq_tup_read AS read FROM pg_stat_user_tables WHERE relname = ANY ($1)`, [
    LARGE,
  ]);
  return Object.fromEntries(rows.map(({ name, read }) => [name, Number(read)]));
}

const PRINTS = [printOf('right')];
const HEALTH = { portalTypeCode: 'alpine', rules: { windowMs: 600_000, suspects: 3 } };

/** What an agent or a rotator asks for all day, under the policies. */
const ASKED: Readonly<Record<string, (dbs: { readonly agent: Database; readonly rotator: Database; readonly operator: Database }) => Promise<unknown>>> = {
  'an endpoint': ({ agent }) => getEndpoint(agent, ONE),
  'a shared lease, longer, and back': async ({ agent }) => {
    const answer = await acquireSharedLease(agent, { ...ONE, holder: 'h', ttlMs: 60_000 });
    if (!answer.granted) throw new Error(answer.reason);
    await renewLease(agent, { ...ONE, leaseId: answer.lease.id, ttlMs: 60_000 });
    await releaseLease(agent, { ...ONE, leaseId: answer.lease.id });
  },
  'an exclusive lease, and back': async ({ rotator }) => {
    const answer = await acquireExclusiveLease(rotator, { ...ONE, holder: 'h', ttlMs: 60_000, wantMs: 0 });
    if (answer.granted) await releaseLease(rotator, { ...ONE, leaseId: answer.lease.id });
  },
  'a login, from the first question to its outcome': async ({ agent }) => {
    const answer = await acquireSharedLease(agent, { ...ONE, holder: 'h', ttlMs: 60_000 });
    if (!answer.granted) throw new Error(answer.reason);
    const ask = { ...ONE, leaseId: answer.lease.id, actor: 'agent', version: '1', fingerprints: PRINTS } as const;
    await checkLoginAttempt(agent, ask);
    await reserveTotpStep(agent, { ...ONE, periodSeconds: 30, skew: 1 });
    const begun = await beginLoginAttempt(agent, ask);
    if (!begun.allowed) throw new Error(begun.reason);
    await passwordStanding(agent, { ...ONE, ...HEALTH, fingerprints: PRINTS, version: '1', settleMs: 1000 });
    await finishLoginAttempt(agent, { ...ONE, loginAttemptId: begun.loginAttemptId, outcome: 'accepted', effect: 'none' });
    await releaseLease(agent, { ...ONE, leaseId: answer.lease.id });
  },
  'the budget': ({ agent }) => remainingBudget(agent, ONE),
  'a task, taken and done': async ({ agent }) => {
    const { taskId } = await createPortalTask(agent, { ...ONE, name: 'n', input: {}, requester: REQUESTER, idempotencyKey: 'k' });
    await claimPortalTask(agent, { ...ONE, taskId, worker: 'w', ttlMs: 60_000 });
    await finishPortalTask(agent, { ...ONE, taskId, worker: 'w', result: {} });
    await portalTaskWaits(agent);
  },
  'what is due': ({ rotator }) => listDueEndpoints(rotator, { limit: 20 }),
  'what may start': ({ rotator }) => listStartable(rotator, { rules: { canary: true, probeMs: 1000, lastingMs: 1000 } as never, limit: 20 }),
  'whether portals fail': ({ rotator }) => assessPortalTypes(rotator, { windowMs: 600_000, suspects: 3, failures: 3 }),
  'whether a portal is ill, seen by an agent': ({ agent }) =>
    agent.transaction({ tenant: ONE.orgId }, (tx) => portalHealth(tx, { ...ONE, ...HEALTH, since: null })),
  'whether somebody got in since an hour ago, seen by an agent': ({ agent }) =>
    agent.transaction({ tenant: ONE.orgId }, (tx) => portalHealth(tx, { ...ONE, ...HEALTH, since: new Date(Date.now() - 3_600_000) })),
  'how often a password was tried': ({ rotator }) => passwordTries(rotator, { ...ONE, fingerprints: PRINTS, since: new Date(0) }),
  'which versions are known': ({ rotator }) => knownVersions(rotator, { ...ONE, limit: 5 }),
  'which blocked rotations are looked at': ({ rotator }) => listBlockedToLookAt(rotator, { limit: 20 }),
  'how many characters a portal keeps': ({ rotator }) => keptLength(rotator, { portalTypeCode: 'alpine' }),
  'whether a rotation came after': ({ agent }) => outrunCopy(agent, { ...ONE, attemptId: randomUUID() }),
  'whether a copy may go': ({ rotator }) => mayRemoveCopy(rotator, { ...ONE, attemptId: randomUUID(), currentVersion: '1' }),
  'which copies lie beside other secrets': ({ rotator }) => listCopiesElsewhere(rotator, { ...ONE, secretArn: 'arn:aws:ssm:50000', limit: 14 }),
  'which copies may go': ({ rotator }) => listCopiesToRemove(rotator, { limit: 20 }),
  'what is to be searched': ({ rotator }) => listWantedSearches(rotator, { limit: 20, pauseMs: 60_000 }),
  'how many logins are refused': ({ rotator }) => countRefusedLogins(rotator),
  'what is measured of all logins': ({ rotator }) => fleetFigures(rotator, HEALTH.rules),
  'how much work waits': ({ agent }) => taskQueueFigures(agent),
  'what may be tidied up': ({ agent }) => tidyPortalTasks(agent, { keptMs: 86_400_000 }),
  'the versions before the current one': ({ rotator }) => earlierVersions(rotator, { orgId: ONE.orgId, secretArn: 'arn:aws:ssm:50000', limit: 5 }),
  ...Object.fromEntries(
    (
      [
        ['all', {}],
        ['of one organization', { orgId: ONE.orgId }],
        ['of one portal', { portalTypeCode: 'alpine' }],
        ['that fail', { failing: true }],
        ['that fail in one organization', { failing: true, orgId: 'o7' }],
        ['that are locked', { locked: true }],
        ['that are blocked', { blocked: true }],
        ['that were never used', { neverUsed: true }],
        ['that are shared', { shared: true }],
        ['that are due', { dueBefore: new Date(Date.now() + 86_400_000) }],
        ['that expire', { expiresBefore: new Date(Date.now() + 86_400_000) }],
        ['that are due and were never used', { neverUsed: true, dueBefore: new Date(Date.now() + 86_400_000) }],
      ] satisfies [string, LoginFilter][]
    ).map(([which, filter]) => [
      `the logins ${which}, page after page`,
      async ({ operator }: { readonly operator: Database }) => {
        let after: Awaited<ReturnType<typeof listLogins>>['next'] = null;
        for (let page = 0; page < 3; page += 1) {
          const { next }: Awaited<ReturnType<typeof listLogins>> = await listLogins(operator, { filter, after, limit: 20 });
          if (next === null) break;
          after = next;
        }
      },
    ]),
  ),
  'the tasks of all, of an organization, and of a login': async ({ operator, agent }) => {
    const page = { filter: {}, limit: 20, words: false };
    const { next } = await listPortalTasks(operator, 'every tenant', page);
    await listPortalTasks(operator, 'every tenant', { ...page, after: next });
    await listPortalTasks(operator, { orgId: ONE.orgId }, page);
    await listPortalTasks(agent, { orgId: ONE.orgId }, { filter: { states: ['failed'], endpointId: ONE.endpointId }, limit: 20 });
  },
  'one task': async ({ agent, operator }) => {
    const { taskId } = await createPortalTask(agent, { ...ONE, name: 'n', input: {}, requester: REQUESTER, idempotencyKey: 'shown' });
    await showTask(operator, taskId);
  },
  'the endpoints of an organization': ({ agent }) => listEndpointsOf(agent, { orgId: ONE.orgId, portalTypeCode: 'alpine', limit: 20 }),
  'all of one login': ({ operator }) => showLogin(operator, ONE),
  'who did what in one organization': ({ operator }) => listAudit(operator, { question: { orgId: ONE.orgId, actor: 'person:' }, limit: 50 }),
  'the history of one login': ({ operator }) => loginHistory(operator, { ...ONE, limit: 50 }),
  'what recovery may take up': async ({ rotator }) => [await getOpenAttempt(rotator, ONE), await listOpenAttempts(rotator, { ownerGone: true, limit: 20 })],
};

/** How many rows of the large tables one piece of work reads by scanning, with connections of its own. */
async function scannedBy(ask: (typeof ASKED)[string]): Promise<Record<string, number>> {
  const before = await scanned();
  const open = (role: AppRole) => openDatabase({ url: urlFor(role, t.url), applicationName: 'asked', role, dataKeys: TEST_KEYS });
  const dbs = { agent: open('rcm_agent'), rotator: open('rcm_rotator'), operator: open('rcm_operator') };
  await ask(dbs);
  await Promise.all(Object.values(dbs).map((db) => db.close()));
  // Whose numbers are counted once its session is gone.
  await expect.poll(() => t.sql(`SELECT FROM pg_stat_activity WHERE application_name LIKE 'asked%'`), { timeout: 20_000 }).toEqual([]);
  const after = await scanned();
  return Object.fromEntries(LARGE.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]));
}

const NONE = Object.fromEntries(LARGE.map((name) => [name, 0]));

test.each(Object.entries(ASKED))(`among ${ENDPOINTS} endpoints of ${TENANTS} tenants, %s is found by index under the policies`, async (_, ask) => {
  expect(await scannedBy(ask)).toEqual(NONE);
});

test('and a scan would have been seen', async () => {
  expect(await scannedBy(({ rotator }) => rotationCounts(rotator))).toMatchObject({ rotation_attempt: ENDPOINTS });
});

test('all of them can be made due, a thousand at a time', async () => {
  expect(await setNextRotation(t.rotator, { endpointIds: 'all', at: 'now' })).toBe(ENDPOINTS);
});
