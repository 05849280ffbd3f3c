import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { claimNextPortalTask, claimPortalTask, getPortalTask } from './claim.ts';
import { portal, Queue } from './queue.fixture.ts';
import { createPortalTask } from './queue.ts';
import { tidyPortalTasks } from './tidy.ts';

let t: TestDatabase;
beforeEach(async () => {
  t = await openTestDatabase();
});
afterEach(async () => {
  await t.close();
});
const queue = new Queue(() => t);

const DAY_MS = 86_400_000;

describe('tenants take turns', () => {
  test('one with a thousand tasks does not make one with a single task wait', async () => {
    const [crowd, single] = [await makeEndpoint(t.db, { portal: portal({ maxSessionsPerAccount: 100 }) }), await makeEndpoint(t.db, { portal: portal() })];
    await queue.many(crowd, 1_000);
    expect((await queue.next())?.orgId).toBe(crowd.orgId);
    await queue.many(single, 1);
    expect((await queue.next())?.orgId).toBe(single.orgId);
  });

  test('with one worker they alternate, and each one’s tasks keep their order', async () => {
    const tenants = [
      await makeEndpoint(t.db, { portal: portal() }),
      await makeEndpoint(t.db, { portal: portal() }),
      await makeEndpoint(t.db, { portal: portal() }),
    ];
    for (const tenant of tenants) await queue.many(tenant, 4);
    const served: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      const task = await queue.next();
      if (!task) break;
      served.push(task.orgId);
      await queue.end(task);
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
  expect((await queue.next())?.id).toBe(first);
  // As time does: nobody is told of it.
  await t.sql(`SET LOCAL session_replication_role = 'replica'; UPDATE portal_task SET deadline_at = now() - interval '1 s' WHERE id = '${ended}'`);
  expect([(await queue.next())?.id, (await queue.next())?.id, await queue.next()]).toEqual([between, late, null]);
});

describe('sessions at once', () => {
  test('an account gets no more than its portal allows, however many processes ask', async () => {
    const endpoint = await makeEndpoint(t.db, { portal: portal({ maxSessionsPerAccount: 2 }) });
    await queue.many(endpoint, 10);
    const other = t.another('rcm_agent');
    const taken = await Promise.all(Array.from({ length: 10 }, (_, i) => claimNextPortalTask(i % 2 ? other : t.agent, { worker: `w${i}`, ttlMs: 60_000 })));
    const mine = taken.filter((task) => task !== null);
    expect(mine).toHaveLength(2);
    expect(await claimPortalTask(t.agent, { taskId: (await waiting())[0] ?? '', orgId: endpoint.orgId, worker: 'named', ttlMs: 60_000 })).toBeNull();
    if (mine[0]) await queue.end(mine[0]);
    expect(await queue.next()).not.toBeNull();
    expect(await queue.next()).toBeNull();
  });

  test('a portal gets no more than it endures, and another portal is not held up by it', async () => {
    const one = await makeEndpoint(t.db, { portal: portal({ maxTaskConcurrency: 1 }) });
    const [{ code } = { code: '' }] = await t.sql<{ code: string }>('SELECT portal_type_code AS code FROM integration_endpoint WHERE id = $1', [
      one.endpointId,
    ]);
    const two = await makeEndpoint(t.db, { portal: portal({ code, maxTaskConcurrency: 1 }) });
    const elsewhere = await makeEndpoint(t.db, { portal: portal() });
    for (const endpoint of [one, two, elsewhere]) await queue.many(endpoint, 2);
    const taken = [await queue.next(), await queue.next(), await queue.next()];
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
    await queue.many(one, 1);
    await queue.many(two, 1);
    expect(await queue.next()).not.toBeNull();
    expect(await queue.next()).toBeNull();
  });

  test('a worker that died gives its session back when its claim runs out, and its task comes again, once', async () => {
    const endpoint = await makeEndpoint(t.db, { portal: portal() });
    await queue.many(endpoint, 1);
    const dead = await queue.next('dead');
    await t.sql(`UPDATE portal_task SET claimed_until = clock_timestamp()`);
    const [one, two] = await Promise.all([queue.next('a'), queue.next('b')]);
    expect([one, two].filter((task) => task !== null)).toMatchObject([{ id: dead?.id, tries: 2 }]);
  });
});

describe('time', () => {
  test('a task that waits past its deadline fails and is not begun', async () => {
    const endpoint = await makeEndpoint(t.db, { portal: portal() });
    const { taskId } = await createPortalTask(t.agent, { ...endpoint, name: 'n', input: {}, requester: REQUESTER, deadlineMs: 1 });
    expect(await queue.next()).toBeNull();
    expect(await tidyPortalTasks(t.agent, { keptMs: DAY_MS })).toMatchObject({ expired: 1, deleted: 0 });
    expect(await getPortalTask(t.agent, { taskId, orgId: endpoint.orgId })).toMatchObject({ state: 'failed', errorCode: 'deadline_exceeded' });
  });

  test('what ended longer ago than it is kept is gone, with input and result; nothing else is', async () => {
    const endpoint = await makeEndpoint(t.db, { portal: portal({ maxSessionsPerAccount: 9 }) });
    await queue.many(endpoint, 4);
    const tasks = [await queue.next(), await queue.next(), await queue.next()];
    for (const task of tasks.slice(0, 2)) if (task) await queue.end(task);
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
