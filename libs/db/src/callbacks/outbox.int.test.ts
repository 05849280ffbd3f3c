import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { retireEndpoint } from '../endpoints/retire.ts';
import { cancelTaskOfAny } from '../fleet/cancel-task.ts';
import { showTask } from '../fleet/show-task.ts';
import { cancelPortalTask } from '../tasks/cancel.ts';
import { claimPortalTask, finishPortalTask } from '../tasks/claim.ts';
import { createPortalTask, requeuePortalTask } from '../tasks/queue.ts';
import { tidyPortalTasks } from '../tasks/tidy.ts';
import { makeEndpoint, openTestDatabase, REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { callbackWaits, claimNextCallback, endCallbackTry } from './outbox.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
beforeEach(() => t.sql('DELETE FROM portal_task; DELETE FROM task_callback_receiver'));

const DAY_MS = 86_400_000;
const ask = async (endpoint: TestEndpoint, rest: object = { callback: 'claims' }) =>
  (await createPortalTask(t.agent, { ...endpoint, name: 'claim_status', input: { claim: 'C-1' }, requester: REQUESTER, ...rest })).taskId;
const claimed = async (endpoint: TestEndpoint, taskId: string) => {
  await claimPortalTask(t.agent, { ...endpoint, taskId, worker: 'w', ttlMs: 60_000 });
  return { ...endpoint, taskId, worker: 'w' };
};
const succeeded = async (endpoint: TestEndpoint, rest?: object) => {
  const taskId = await ask(endpoint, rest);
  await finishPortalTask(t.agent, { ...(await claimed(endpoint, taskId)), result: { found: true, rows: [] } });
  return taskId;
};
/** For as long as may be: a slow test is no sender that has died. */
const next = () => claimNextCallback(t.agent, { ttlMs: 600_000 });
/** As if so much time had gone by. */
const pass = (time: string) =>
  t.sql(
    `UPDATE task_callback SET not_before = not_before - interval '${time}', claimed_until = claimed_until - interval '${time}'; UPDATE task_callback_receiver SET rests_until = rests_until - interval '${time}'`,
  );

describe('that a task has ended is written down by whatever ends it', () => {
  const ends: Readonly<Record<string, (endpoint: TestEndpoint, taskId: string) => Promise<unknown>>> = {
    'a web-agent, as done': async (endpoint, taskId) => finishPortalTask(t.agent, { ...(await claimed(endpoint, taskId)), result: {} }),
    'a web-agent, as failed': async (endpoint, taskId) =>
      finishPortalTask(t.agent, { ...(await claimed(endpoint, taskId)), errorCode: 'login_rejected', message: 'words' }),
    'whoever asked': (endpoint, taskId) => cancelPortalTask(t.agent, { ...endpoint, taskId, requester: REQUESTER, reach: 'own' }),
    'a person': (_endpoint, taskId) => cancelTaskOfAny(t.another('rcm_operator'), taskId, { actor: 'person:os:jane', reason: 'r' }),
    'its deadline': async (_endpoint, taskId) => {
      await t.sql('UPDATE portal_task SET deadline_at = now() WHERE id = $1', [taskId]);
      await tidyPortalTasks(t.agent, { keptMs: DAY_MS });
    },
    'its login’s being retired': ({ endpointId }) => retireEndpoint(t.another('rcm_operator'), endpointId, { actor: 'person:os:jane', reason: 'r' }),
  };
  test.each(Object.entries(ends))('%s', async (_title, end) => {
    const endpoint = await makeEndpoint(t.db);
    const taskId = await ask(endpoint);
    expect([await callbackWaits(t.agent), await next()]).toEqual([false, null]);
    await end(endpoint, taskId);
    const [row] = await t.sql<{ state: string; error_code: string | null }>('SELECT state, error_code FROM portal_task WHERE id = $1', [taskId]);
    expect(row?.state).toMatch(/succeeded|failed/);
    expect(await callbackWaits(t.agent)).toBe(true);
    expect(await next()).toMatchObject({ taskId, orgId: endpoint.orgId, name: 'claims', tries: 1, task: { state: row?.state, errorCode: row?.error_code } });
  });

  test('not where nobody asked to be told, nor by a task that goes back to the queue', async () => {
    const endpoint = await makeEndpoint(t.db);
    await succeeded(endpoint, {});
    const mine = await claimed(endpoint, await ask(endpoint));
    await requeuePortalTask(t.agent, { ...mine, delayMs: 0, reason: 'lease_unavailable', countsAsTry: false });
    expect([await callbackWaits(t.agent), await next()]).toEqual([false, null]);
  });
});

describe('a callback in hand', () => {
  test('is nobody else’s, comes back when its sender dies, and is over once it was taken', async () => {
    const endpoint = await makeEndpoint(t.db);
    const taskId = await succeeded(endpoint);
    const claims = await Promise.all(Array.from({ length: 10 }, () => next()));
    expect(claims.filter(Boolean)).toHaveLength(1);
    await pass('11 min');
    const again = await next();
    expect(again).toMatchObject({ taskId, tries: 2 });
    // The first sender was only slow: what it says of its own try counts no more, but that the receiver has taken it does.
    expect(await endCallbackTry(t.agent, { orgId: endpoint.orgId, taskId, tries: 1, failure: 'silent', retryMs: 0 })).toBe(false);
    expect(await endCallbackTry(t.agent, { orgId: endpoint.orgId, taskId, tries: 1, taken: true })).toBe(true);
    expect(await endCallbackTry(t.agent, { orgId: endpoint.orgId, taskId, tries: 2, failure: 'silent', retryMs: 0 })).toBe(false);
    await pass('1 day');
    expect([await callbackWaits(t.agent), await next()]).toEqual([false, null]);
  });

  test('that failed comes again after its pause, and one that is given up never; people see which', async () => {
    const endpoint = await makeEndpoint(t.db);
    const taskId = await succeeded(endpoint);
    const operator = t.another('rcm_operator');
    const told = async () => (await showTask(operator, taskId))?.told;
    expect(await told()).toMatchObject({ name: 'claims', state: 'waiting', tries: 0 });
    const first = await next();
    expect(await endCallbackTry(t.agent, { orgId: endpoint.orgId, taskId, tries: first?.tries ?? 0, failure: 'refused 404', retryMs: 3_600_000 })).toBe(true);
    expect(await told()).toMatchObject({ state: 'failing', error: 'refused 404', tries: 1, at: expect.any(Date) as Date });
    await pass('30 min');
    expect(await next()).toBeNull();
    await pass('31 min');
    expect(await next()).toMatchObject({ tries: 2 });
    await endCallbackTry(t.agent, { orgId: endpoint.orgId, taskId, tries: 2, failure: 'failed 500', retryMs: null });
    await pass('10 days');
    expect([await next(), await told()]).toMatchObject([null, { state: 'given up', error: 'failed 500' }]);
    await expect(endCallbackTry(t.agent, { orgId: endpoint.orgId, taskId, tries: 2, failure: 'words that it said', retryMs: null })).resolves.toBe(false);
  });

  test('goes with its task', async () => {
    await succeeded(await makeEndpoint(t.db));
    await t.sql(`UPDATE portal_task SET finished_at = finished_at - interval '8 days'`);
    await tidyPortalTasks(t.agent, { keptMs: 7 * DAY_MS });
    expect([await next(), await t.sql('SELECT 1 FROM task_callback')]).toEqual([null, []]);
  });
});

describe('receivers', () => {
  const fail = (callback: Awaited<ReturnType<typeof next>>) => {
    if (!callback) throw new Error('there was none');
    return endCallbackTry(t.agent, { ...callback, failure: 'silent', retryMs: 0 });
  };
  /** Rests are looked at as they were written, however long this test takes. */
  const coolDownLonger = () => t.sql(`UPDATE task_callback_receiver SET rests_until = rests_until + interval '1 hour' WHERE failures > 0`);

  test('take turns, two deliveries at once each, whatever waits', async () => {
    const [many, few] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    for (let i = 0; i < 4; i += 1) await succeeded(many);
    await succeeded(few);
    const [one, two, three, four] = [await next(), await next(), await next(), await next()];
    expect([one, two, three].map((each) => each?.orgId).sort()).toEqual([many.orgId, many.orgId, few.orgId].sort());
    expect(new Set([one?.orgId, two?.orgId]).size).toBe(2);
    expect(four).toBeNull();
  });

  test('that failed cool down longer each time, then are sent one alone, and are well again once it is taken', async () => {
    const failing = await makeEndpoint(t.db);
    for (let i = 0; i < 4; i += 1) await succeeded(failing);
    const coolDowns: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      await fail(await next());
      const [row] = await t.sql<{ seconds: number }>(
        `SELECT extract(epoch FROM r.rests_until - (SELECT max(c.not_before) FROM task_callback c WHERE c.last_error IS NOT NULL))::float8 AS seconds FROM task_callback_receiver r`,
      );
      coolDowns.push(Math.round(row?.seconds ?? 0));
      await coolDownLonger();
      expect(await next()).toBeNull();
      await pass('2 hours');
    }
    expect(coolDowns).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    const probe = await next();
    expect([probe?.orgId, await next()]).toEqual([failing.orgId, null]);
    await endCallbackTry(t.agent, { orgId: failing.orgId, taskId: probe?.taskId ?? '', tries: probe?.tries ?? 0, taken: true });
    expect([await next(), await next()].map((each) => each?.orgId)).toEqual([failing.orgId, failing.orgId]);
  });
});

test('the same key with another callback is another task: refused', async () => {
  const endpoint = await makeEndpoint(t.db);
  const rest = { idempotencyKey: 'k', callback: 'claims' };
  expect(await ask(endpoint, rest)).toBe(await ask(endpoint, rest));
  for (const callback of ['others', undefined]) await expect(ask(endpoint, { ...rest, callback })).rejects.toMatchObject({ code: 'idempotency_conflict' });
  await expect(ask(endpoint, { callback: 'https://elsewhere.example/' })).rejects.toMatchObject({ code: 'input_invalid' });
});
