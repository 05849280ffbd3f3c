import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, REQUESTER } from '../testing.fixture.ts';
import { claimPortalTask, finishPortalTask, getPortalTask, portalTaskWaits, renewTaskClaim, taskCounts } from './claim.ts';
import { portal } from './queue.fixture.ts';
import { createPortalTask, requeuePortalTask } from './queue.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
});
afterAll(async () => {
  await t.close();
});

const create = async (rest: object = {}) => {
  const endpoint = await makeEndpoint(t.db);
  const { taskId } = await createPortalTask(t.agent, { ...endpoint, name: 'claim_status', input: { claim: 'ä-1' }, requester: REQUESTER, ...rest });
  return { taskId, orgId: endpoint.orgId };
};
const claim = (task: { taskId: string; orgId: string }, worker = 'w1', ttlMs = 60_000) => claimPortalTask(t.agent, { ...task, worker, ttlMs });

describe('creating', () => {
  test('makes a row, which is all there is of it', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { taskId, created } = await createPortalTask(t.agent, { ...endpoint, name: 'claim_status', input: { claim: 'secret-ish' }, requester: REQUESTER });
    expect(created).toBe(true);
    expect(await getPortalTask(t.agent, { ...endpoint, taskId })).toMatchObject({ state: 'queued', tries: 0, input: { claim: 'secret-ish' } });
    expect(await getPortalTask(t.agent, { orgId: 'other', taskId })).toBeNull();
  });

  test('an idempotency key names one task, also when ten ask at once', async () => {
    const endpoint = await makeEndpoint(t.db);
    const task = { ...endpoint, name: 'claim_status', input: {}, requester: REQUESTER, idempotencyKey: 'k' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => createPortalTask(t.agent, task)));
    expect(new Set(answers.map((answer) => answer.taskId)).size).toBe(1);
    expect(answers.filter((answer) => answer.created)).toHaveLength(1);
    expect(await createPortalTask(t.agent, { ...task, ...(await makeEndpoint(t.db)) })).toMatchObject({ created: true });
  });

  test.each([
    ['input', { input: { claim: '2' } }],
    ['name', { name: 'eligibility' }],
  ])('a key that is used again with another %s is refused, and nothing is queued', async (_what, other) => {
    const task = { ...(await makeEndpoint(t.db)), name: 'claim_status', input: { claim: '1' }, requester: REQUESTER, idempotencyKey: 'k' };
    await createPortalTask(t.agent, task);
    await expect(createPortalTask(t.agent, { ...task, ...other })).rejects.toMatchObject({ code: 'idempotency_conflict' });
    expect(await t.sql('SELECT 1 FROM portal_task WHERE org_id = $1', [task.orgId])).toHaveLength(1);
  });

  test('not for another organization’s endpoint', async () => {
    await expect(create({ orgId: 'other' })).rejects.toMatchObject({ code: 'endpoint_unknown' });
  });
});

describe('claiming', () => {
  test('of ten workers one gets it; a worker that died loses it, and its result is dropped', async () => {
    const task = await create();
    const { taskId } = task;
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => claim(task, `w${i}`)));
    const [first] = answers.flatMap((answer) => (answer ? [answer] : []));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await claim(task, 'late')).toBeNull();
    await t.sql('UPDATE portal_task SET claimed_until = clock_timestamp() WHERE id = $1', [taskId]);
    expect(await claim(task, 'late')).toMatchObject({ worker: 'late', tries: 2, state: 'running' });
    expect(await finishPortalTask(t.agent, { ...task, worker: first?.worker ?? '', result: {} })).toBe(false);
    expect(await renewTaskClaim(t.agent, { ...task, worker: first?.worker ?? '', ttlMs: 1000 })).toBe(false);
    expect(await renewTaskClaim(t.agent, { ...task, worker: 'late', ttlMs: 1000 })).toBe(true);
    expect(await finishPortalTask(t.agent, { ...task, worker: 'late', result: { rows: ['ü'] } })).toBe(true);
    expect(await claim(task)).toBeNull();
  });

  test('a claim that ran out is not renewed: its account may have given its session to another task', async () => {
    const endpoint = await makeEndpoint(t.db, { portal: portal() });
    const { orgId } = endpoint;
    const task = { ...endpoint, name: 'claim_status', input: {}, requester: REQUESTER };
    const [first, second] = [
      { orgId, ...(await createPortalTask(t.agent, task)) },
      { orgId, ...(await createPortalTask(t.agent, task)) },
    ];
    expect(await claim(first, 'stood-still')).toMatchObject({ state: 'running' });
    expect(await claim(second, 'w2')).toBeNull();
    await t.sql('UPDATE portal_task SET claimed_until = clock_timestamp() WHERE id = $1', [first.taskId]);
    expect(await claim(second, 'w2')).toMatchObject({ state: 'running' });
    expect(await renewTaskClaim(t.agent, { ...first, worker: 'stood-still', ttlMs: 60_000 })).toBe(false);
    const alive = await t.sql('SELECT id FROM portal_task WHERE org_id = $1 AND claimed_until > clock_timestamp()', [orgId]);
    expect(alive).toEqual([{ id: second.taskId }]);
  });

  test('a task that was handed back comes again after its delay, and is looked for only then', async () => {
    const task = await create();
    const { taskId } = task;
    await claim(task);
    expect(await requeuePortalTask(t.agent, { ...task, worker: 'other', delayMs: 0, reason: 'x', countsAsTry: false })).toBe(false);
    expect(await requeuePortalTask(t.agent, { ...task, worker: 'w1', delayMs: 60_000, reason: 'lease_unavailable', countsAsTry: false })).toBe(true);
    expect(await claim(task)).toBeNull();
    await t.sql('UPDATE portal_task SET not_before = clock_timestamp() WHERE id = $1', [taskId]);
    expect(await claim(task)).toMatchObject({ tries: 1, requeues: 1, requeueReason: 'lease_unavailable' });
  });
});

test('a look says whether there is one to take: one whose time has come, or whose worker died', async () => {
  const own = await openTestDatabase();
  try {
    const endpoint = await makeEndpoint(own.db);
    const waits = () => portalTaskWaits(own.agent);
    expect(await waits()).toBe(false);
    const { taskId } = await createPortalTask(own.agent, { ...endpoint, name: 'n', input: {}, requester: REQUESTER });
    expect(await waits()).toBe(true);
    await claimPortalTask(own.agent, { ...endpoint, taskId, worker: 'w', ttlMs: 60_000 });
    expect(await waits()).toBe(false);
    await own.sql('UPDATE portal_task SET claimed_until = clock_timestamp()');
    expect(await waits()).toBe(true);
    await claimPortalTask(own.agent, { ...endpoint, taskId, worker: 'w', ttlMs: 60_000 });
    await requeuePortalTask(own.agent, { ...endpoint, taskId, worker: 'w', delayMs: 60_000, reason: 'r', countsAsTry: true });
    expect(await waits()).toBe(false);
  } finally {
    await own.close();
  }
});

test('counts: what failed for its login, and what ran while a rotation was open', async () => {
  const own = await openTestDatabase();
  try {
    const endpoint = await makeEndpoint(own.db);
    const make = async (end: object, hoursAgo: number): Promise<void> => {
      const { taskId } = await createPortalTask(own.agent, { ...endpoint, name: 'n', input: {}, requester: REQUESTER });
      await claimPortalTask(own.agent, { taskId, orgId: endpoint.orgId, worker: 'w', ttlMs: 60_000 });
      await finishPortalTask(own.agent, { taskId, orgId: endpoint.orgId, worker: 'w', ...(end as { result: unknown }) });
      await own.sql(`UPDATE portal_task SET started_at = started_at - $2 * interval '1 h', finished_at = finished_at - $2 * interval '1 h' WHERE id = $1`, [
        taskId,
        hoursAgo,
      ]);
    };
    await plannedAttempt(own.rotator, endpoint);
    await make({ result: {} }, 0);
    await make({ result: {} }, 2);
    await make({ errorCode: 'login_rejected', message: 'm' }, 3);
    await make({ errorCode: 'portal_unavailable', message: 'm' }, 3);
    await createPortalTask(own.agent, { ...endpoint, name: 'n', input: {}, requester: REQUESTER });
    expect(await taskCounts(own.db)).toEqual({ queued: 1, running: 0, succeeded: 2, failed: 2, failedForCredentials: 1, duringRotation: 1 });
  } finally {
    await own.close();
  }
});
