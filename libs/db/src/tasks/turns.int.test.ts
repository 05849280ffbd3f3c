import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pauseRotations } from '../admission/pause.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { forgetPasswords } from '../ledger/password.ts';
import { exclusiveLease, makeEndpoint, openTestDatabase, printOf, type TestDatabase, type TestEndpoint, REQUESTER } from '../testing.fixture.ts';
import { claimNextPortalTask, claimPortalTask, finishPortalTask, getPortalTask } from './claim.ts';
import { createPortalTask, requeuePortalTask } from './queue.ts';
import { tidyPortalTasks } from './tidy.ts';

const DAY_MS = 86_400_000;
let t: TestDatabase;
beforeEach(async () => {
  t = await openTestDatabase();
});
afterEach(async () => {
  await t.close();
});

/** Straight into the table: a thousand of them by way of the queue would take a minute. */
const queueMany = (endpoint: TestEndpoint, count: number) =>
  t.sql(
    `INSERT INTO portal_task (id, org_id, endpoint_id, name, not_before) SELECT gen_random_uuid(), $1, $2, 'n', now() - interval '1 h' + n * interval '1 ms' FROM generate_series(1, $3) n`,
    [endpoint.orgId, endpoint.endpointId, count],
  );
const next = (worker = 'w') => claimNextPortalTask(t.agent, { worker, ttlMs: 60_000 });
const end = (task: { id: string; orgId: string; worker: string | null }) =>
  finishPortalTask(t.agent, { taskId: task.id, orgId: task.orgId, worker: task.worker ?? '', result: { found: false, rows: [] } });
const portal = (more: object = {}) => ({ maxSessionsPerAccount: 1, maxTaskConcurrency: null, ...more });
const queueAt = (endpoint: TestEndpoint, code: string) =>
  createPortalTask(t.agent, { orgId: endpoint.orgId, portalTypeCode: code, name: 'n', input: {}, requester: REQUESTER });

describe('tenants take turns', () => {
  test('one with a thousand tasks does not make one with a single task wait', async () => {
    const [crowd, single] = [await makeEndpoint(t.db, { portal: portal({ maxSessionsPerAccount: 100 }) }), await makeEndpoint(t.db, { portal: portal() })];
    await queueMany(crowd, 1_000);
    expect((await next())?.orgId).toBe(crowd.orgId);
    await queueMany(single, 1);
    expect((await next())?.orgId).toBe(single.orgId);
  });

  test('with one worker they alternate, and each one’s tasks keep their order', async () => {
    const tenants = [
      await makeEndpoint(t.db, { portal: portal() }),
      await makeEndpoint(t.db, { portal: portal() }),
      await makeEndpoint(t.db, { portal: portal() }),
    ];
    for (const tenant of tenants) await queueMany(tenant, 4);
    const served: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      const task = await next();
      if (!task) break;
      served.push(task.orgId);
      await end(task);
    }
    for (let round = 0; round < 4; round += 1) expect(new Set(served.slice(round * 3, round * 3 + 3)).size).toBe(3);
  });
});

test('a task whose deadline has passed keeps no place in the turn for what waits behind it', async () => {
  const wide = await makeEndpoint(t.db, { portal: portal({ maxSessionsPerAccount: 5 }) });
  const other = await makeEndpoint(t.db, { orgId: wide.orgId, portal: portal() });
  const queued = async (endpoint: TestEndpoint, minutes: number): Promise<string> => {
    const id = randomUUID();
    await t.sql(`INSERT INTO portal_task (id, org_id, endpoint_id, name, not_before) VALUES ($1, $2, $3, 'n', now() - make_interval(mins => $4))`, [
      id,
      endpoint.orgId,
      endpoint.endpointId,
      minutes,
    ]);
    return id;
  };
  const [first, ended, late, between] = [await queued(wide, 60), await queued(wide, 50), await queued(wide, 1), await queued(other, 10)];
  expect((await next())?.id).toBe(first);
  // As time does: nobody is told of it.
  await t.sql(`SET LOCAL session_replication_role = 'replica'; UPDATE portal_task SET deadline_at = now() - interval '1 s' WHERE id = '${ended}'`);
  expect([(await next())?.id, (await next())?.id, await next()]).toEqual([between, late, null]);
});

describe('sessions at once', () => {
  test('an account gets no more than its portal allows, however many processes ask', async () => {
    const endpoint = await makeEndpoint(t.db, { portal: portal({ maxSessionsPerAccount: 2 }) });
    await queueMany(endpoint, 10);
    const other = t.another('rcm_agent');
    const taken = await Promise.all(Array.from({ length: 10 }, (_, i) => claimNextPortalTask(i % 2 ? other : t.agent, { worker: `w${i}`, ttlMs: 60_000 })));
    const mine = taken.filter((task) => task !== null);
    expect(mine).toHaveLength(2);
    expect(await claimPortalTask(t.agent, { taskId: (await waiting())[0] ?? '', orgId: endpoint.orgId, worker: 'named', ttlMs: 60_000 })).toBeNull();
    if (mine[0]) await end(mine[0]);
    expect(await next()).not.toBeNull();
    expect(await next()).toBeNull();
  });

  test('a portal gets no more than it endures, and another portal is not held up by it', async () => {
    const one = await makeEndpoint(t.db, { portal: portal({ maxTaskConcurrency: 1 }) });
    const [{ code = '' } = {}] = await t.sql<{ code: string }>('SELECT portal_type_code AS code FROM integration_endpoint WHERE id = $1', [one.endpointId]);
    const two = await makeEndpoint(t.db, { portal: portal({ code, maxTaskConcurrency: 1 }) });
    const elsewhere = await makeEndpoint(t.db, { portal: portal() });
    for (const endpoint of [one, two, elsewhere]) await queueMany(endpoint, 2);
    const taken = [await next(), await next(), await next()];
    expect(taken.map((task) => task?.orgId ?? null)).toEqual([
      expect.toBeOneOf([one.orgId, two.orgId, elsewhere.orgId]),
      expect.toBeOneOf([one.orgId, two.orgId, elsewhere.orgId]),
      null,
    ]);
    expect(taken.filter((task) => task?.endpointId === elsewhere.endpointId)).toHaveLength(1);
  });

  test('a login that two organizations have counts as one account', async () => {
    const one = await makeEndpoint(t.db, { portal: portal() });
    const two = await makeEndpoint(t.db, { portal: portal(), loginIdentity: one.loginIdentity });
    await queueMany(one, 1);
    await queueMany(two, 1);
    expect(await next()).not.toBeNull();
    expect(await next()).toBeNull();
  });

  test('a worker that died gives its session back when its claim runs out, and its task comes again, once', async () => {
    const endpoint = await makeEndpoint(t.db, { portal: portal() });
    await queueMany(endpoint, 1);
    const dead = await next('dead');
    await t.sql(`UPDATE portal_task SET claimed_until = clock_timestamp()`);
    const [one, two] = await Promise.all([next('a'), next('b')]);
    expect([one, two].filter((task) => task !== null)).toMatchObject([{ id: dead?.id, tries: 2 }]);
  });
});

describe('a pool', () => {
  const pool = async (size: number) => {
    const first = await makeEndpoint(t.db, { portal: portal() });
    const [{ code = '' } = {}] = await t.sql<{ code: string }>('SELECT portal_type_code AS code FROM integration_endpoint WHERE id = $1', [first.endpointId]);
    const rest: TestEndpoint[] = [];
    for (let i = 1; i < size; i += 1) rest.push(await makeEndpoint(t.db, { orgId: first.orgId, portal: portal({ code }) }));
    return { code, accounts: [first, ...rest], first };
  };

  test('lends the account that has been idle longest, and never one twice at a time', async () => {
    const { code, accounts, first } = await pool(3);
    for (let i = 0; i < 4; i += 1) await queueAt(first, code);
    const taken = [await next(), await next(), await next()];
    expect(taken.map((task) => task?.endpointId).sort()).toEqual(accounts.map((account) => account.endpointId).sort());
    expect(await next()).toBeNull();
    if (taken[1]) await end(taken[1]);
    if (taken[0]) await end(taken[0]);
    expect((await next())?.endpointId).toBe(taken[0]?.endpointId);
  });

  const sick: readonly (readonly [string, (account: TestEndpoint) => Promise<unknown>])[] = [
    ['blocked', ({ endpointId }) => t.sql(`UPDATE integration_endpoint SET rotation_status = 'failed' WHERE id = $1`, [endpointId])],
    ['being changed', (account) => exclusiveLease(t.rotator, account)],
    ['paused', ({ orgId, endpointId }) => pauseRotations(t.rotator, { scope: { kind: 'endpoint', orgId, endpointId }, actor: 'a', reason: 'r' })],
    ['locked', (account) => lastLogin(account, `'locked', 'none', NULL, NULL`)],
    ['without an end locked', async (account) => (await lastLogin(account, `'locked', 'none', NULL, NULL`, '2 days'), locksForGood(account))],
    ['suspect', (account) => lastLogin(account, `'rejected', 'suspect', NULL, now() + interval '1 h'`)],
    ['throttled', (account) => lastLogin(account, `'throttled', 'none', now() + interval '1 h', NULL`)],
    ['known to be wrong', (account) => lastLogin(account, `'rejected', 'bad', NULL, now() + interval '1 h'`)],
  ];
  const lastLogin = ({ loginIdentity, orgId, endpointId }: TestEndpoint, end: string, ago = '0') =>
    t.sql(
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect, throttled_until, rests_until, proved)
       SELECT $1, $2, $3, $4, 'agent', '1', $5, now() - $6::interval, now() - $6::interval, told.*, told.outcome = 'accepted'
         FROM (VALUES (${end.replaceAll('NULL', 'NULL::timestamptz')})) told (outcome, effect, throttled_until, rests_until)`,
      [loginIdentity, orgId, endpointId, randomUUID(), printOf('x'), ago],
    );
  const locksForGood = ({ endpointId }: TestEndpoint) =>
    t.sql(`UPDATE portal_type SET lockout_lasts_seconds = NULL WHERE code = (SELECT portal_type_code FROM integration_endpoint WHERE id = $1)`, [endpointId]);
  test.each(sick)('lends no account that is %s', async (_what, makeSick) => {
    const { code, accounts, first } = await pool(2);
    await makeSick(first);
    await queueAt(first, code);
    await queueAt(first, code);
    expect((await next())?.endpointId).toBe(accounts[1]?.endpointId);
    expect(await next()).toBeNull();
  });

  const clear = (kind: 'unlocked' | 'retry') => (account: TestEndpoint) => clearLogin(t.rotator, { ...account, kind, actor: 'person:os:jane', reason: 'r' });
  const REFUSED = `'rejected', 'bad', NULL, now() + interval '1 h'`;
  const healed: readonly (readonly [string, string, (account: TestEndpoint) => Promise<unknown>])[] = [
    ['its password is right after all', REFUSED, (account) => lastLogin(account, `'accepted', 'none', NULL, NULL`, '-1 s')],
    ['a person says so', REFUSED, clear('retry')],
    ['another version is current', REFUSED, ({ endpointId }) => t.sql(`UPDATE integration_endpoint SET current_version = '2' WHERE id = $1`, [endpointId])],
    ['its password is forgotten', REFUSED, (account) => forgetPasswords(t.rotator, { ...account, keep: [] })],
    ['support has unlocked it', `'locked', 'none', NULL, NULL`, clear('unlocked')],
    ['support has unlocked it before the time that the page showed', `'locked', 'none', now() + interval '1 h', NULL`, clear('unlocked')],
  ];
  test.each(healed)('lends an account again when %s', async (_what, end, heal) => {
    const { code, first } = await pool(1);
    await lastLogin(first, end);
    await queueAt(first, code);
    expect(await next()).toBeNull();
    await heal(first);
    expect((await next())?.endpointId).toBe(first.endpointId);
  });

  test('gives a task that was handed back the account that has been idle longest, which is another one', async () => {
    const { code, accounts, first } = await pool(2);
    const { taskId } = await queueAt(first, code);
    const before = await next();
    await requeuePortalTask(t.agent, { taskId, orgId: first.orgId, worker: 'w', delayMs: 0, reason: 'r', countsAsTry: false });
    expect((await next())?.endpointId).toBe(accounts.find((account) => account.endpointId !== before?.endpointId)?.endpointId);
  });

  test('is the organization’s own: no account of another one is lent', async () => {
    const { code, first } = await pool(1);
    await makeEndpoint(t.db, { portal: portal({ code }) });
    await queueAt(first, code);
    await queueAt(first, code);
    expect((await next())?.endpointId).toBe(first.endpointId);
    expect(await next()).toBeNull();
    await expect(
      createPortalTask(t.agent, {
        orgId: (await makeEndpoint(t.db, { portal: portal() })).orgId,
        portalTypeCode: code,
        name: 'n',
        input: {},
        requester: REQUESTER,
      }),
    ).rejects.toMatchObject({ code: 'endpoint_unknown' });
  });
});

describe('time', () => {
  test('a task that waits past its deadline fails and is not begun', async () => {
    const endpoint = await makeEndpoint(t.db, { portal: portal() });
    const { taskId } = await createPortalTask(t.agent, { ...endpoint, name: 'n', input: {}, requester: REQUESTER, deadlineMs: 1 });
    expect(await next()).toBeNull();
    expect(await tidyPortalTasks(t.agent, { keptMs: DAY_MS })).toMatchObject({ expired: 1, deleted: 0 });
    expect(await getPortalTask(t.agent, { taskId, orgId: endpoint.orgId })).toMatchObject({ state: 'failed', errorCode: 'deadline_exceeded' });
  });

  test('what ended longer ago than it is kept is gone, with input and result; nothing else is', async () => {
    const endpoint = await makeEndpoint(t.db, { portal: portal({ maxSessionsPerAccount: 9 }) });
    await queueMany(endpoint, 4);
    const tasks = [await next(), await next(), await next()];
    for (const task of tasks.slice(0, 2)) if (task) await end(task);
    await t.sql(`UPDATE portal_task SET finished_at = now() - interval '25 h' WHERE id = $1`, [tasks[0]?.id]);
    expect(await tidyPortalTasks(t.agent, { keptMs: DAY_MS })).toMatchObject({ expired: 0, deleted: 1 });
    expect((await t.sql<{ state: string }>('SELECT state FROM portal_task ORDER BY state')).map((row) => row.state)).toEqual([
      'queued',
      'running',
      'succeeded',
    ]);
  });
});

const waiting = async (): Promise<string[]> => (await t.sql<{ id: string }>(`SELECT id FROM portal_task WHERE state = 'queued'`)).map((row) => row.id);
