import { randomUUID } from 'node:crypto';
import { claimPortalTask, finishPortalTask } from '@rcm/db/tasks';
import { asSuperuser } from '@rcm/db/testing';
import { createLogger, createMetrics, systemClock } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ApiEnvironment, type Ask, openApiEnvironment } from '../http/api.fixture.ts';
import type { ApiServer } from '../http/server.ts';
import { deliverCallbacks, deliverNext, type DeliveryOptions } from './deliver.ts';
import { Receivers } from './receiver.ts';
import { startReceiver, type TestReceiver } from './receiver.fixture.ts';
import { counted, KEYS, pauseOver, receiverOf, verified } from './delivery.fixture.ts';

const PATIENT = 'canary-patient-4711';
const NEVER = new AbortController().signal;
let testEnvironment: ApiEnvironment;
let api: ApiServer;
let there: TestReceiver;
let other: TestReceiver;
let receivers: Receivers;
let logged = '';
beforeAll(async () => {
  [there, other] = [await startReceiver(), await startReceiver()];
  receivers = new Receivers(
    new Map([
      ['one', new Map([['claims', receiverOf(there)]])],
      ['two', new Map([['theirs', receiverOf(other)]])],
    ]),
  );
  testEnvironment = await openApiEnvironment();
  api = await testEnvironment.start({ receivers });
});
afterAll(async () => {
  await api?.close();
  await testEnvironment?.close();
  await Promise.all([there.close(), other.close()]);
});
afterEach(async () => {
  there.behave('takes');
  await asSuperuser(testEnvironment.url, ['DELETE FROM portal_task', 'DELETE FROM task_callback_receiver']);
});

const sink = new Writable({
  write(chunk: Buffer, _encoding, done) {
    logged += chunk.toString();
    done();
  },
});
const metrics = createMetrics();
const options = (rest: Partial<DeliveryOptions> = {}): DeliveryOptions => ({
  ...{
    db: testEnvironment.db,
    logger: createLogger({ name: 'web-agent', level: 'trace', destination: sink }),
    metrics,
    clock: systemClock,
    receivers,
    signal: NEVER,
  },
  ...{ deadline: () => NEVER, ...rest },
});
const ask = (callback: string | undefined, how: Ask = {}) => {
  const org = how.org ?? 'one';
  const body = { endpoint: `alpine-${org}`, task: 'claim_status', input: { claim_number: PATIENT }, callback };
  return testEnvironment.ask('/v1/tasks', { method: 'POST', port: api.port, body, ...how });
};
async function ended(how: Ask & { readonly callback?: string } = {}, end: object = { result: { found: true, rows: [{ patient: PATIENT }] } }): Promise<string> {
  const { callback = 'claims', ...rest } = how;
  const { status, json } = await ask(callback, rest);
  expect(status).toBe(202);
  const mine = { taskId: String(json.id), orgId: rest.org ?? 'one', worker: 'w' };
  expect(await claimPortalTask(testEnvironment.db, { ...mine, ttlMs: 600_000 })).not.toBeNull();
  expect(await finishPortalTask(testEnvironment.db, { ...mine, ...(end as { result: unknown }) })).toBe(true);
  return mine.taskId;
}

describe('who may name what', () => {
  test('the organization’s own; another’s is refused word for word as one that nobody has, and nothing is asked for', async () => {
    const answers = await Promise.all(['theirs', 'nobodys'].map((name) => ask(name)));
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual([
      [422, 'callback_unknown'],
      [422, 'callback_unknown'],
    ]);
    const [theirs, nobodys] = answers.map(({ text }) => text);
    expect(theirs?.replace('theirs', 'nobodys')).toBe(nobodys);
    expect((await testEnvironment.ask('/v1/tasks')).json.tasks).toEqual([]);
    expect(await ask('claims')).toMatchObject({ status: 202, json: { callback: 'claims' } });
    expect(await ask(undefined)).toMatchObject({ status: 202, json: { callback: null } });
  });

  test('no address', async () => {
    for (const callback of ['https://attacker.example/', there.url, { url: there.url }])
      expect(await ask(callback as string)).toMatchObject({ status: 400, json: { code: 'request_invalid' } });
  });

  test('where the deployment has none, nothing', async () => {
    expect(await ask('claims', { port: testEnvironment.api.port })).toMatchObject({ status: 422, json: { code: 'callback_unknown' } });
  });

  test('a task that is asked for again has the callback of the one before', async () => {
    const taskId = await ended({}, { errorCode: 'login_rejected', message: 'words' });
    expect(await testEnvironment.ask(`/v1/tasks/${taskId}/retry`, { method: 'POST', port: api.port })).toMatchObject({
      status: 202,
      json: { callback: 'claims' },
    });
    expect(await testEnvironment.ask(`/v1/tasks/${taskId}/retry`, { method: 'POST' })).toMatchObject({ status: 422, json: { code: 'callback_unknown' } });
  });
});

describe('a delivery', () => {
  test.each([
    ['succeeded', { result: { found: true, rows: [{ patient: PATIENT }] } }, null],
    ['failed', { errorCode: 'login_rejected', message: `words of ${PATIENT}` }, 'login_rejected'],
  ])('of a task that %s says what ended and how, signed for either key, and nothing of what it holds', async (state, end, errorCode) => {
    const before = there.told.length;
    const taskId = await ended({}, end);
    expect(await deliverNext(options())).toBe('delivered');
    const [told, more] = there.told.slice(before);
    if (!told) throw new Error('nothing was told');
    expect(more).toBeUndefined();
    for (const key of KEYS) expect(verified(key, told)).toBeTruthy();
    expect(() => verified(Buffer.alloc(32, 3), told)).toThrow('No matching signature');
    expect(() => verified(KEYS[0], { ...told, body: told.body.replace(state, 'running') })).toThrow('No matching signature');
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string;
    expect(JSON.parse(told.body)).toEqual({
      type: 'task.ended',
      timestamp: time,
      data: {
        ...{ id: taskId, organization: 'one', task: 'claim_status', endpoint: 'alpine-one', portal_type: null, state, error_code: errorCode },
        ...{ created_at: time, started_at: time, finished_at: time, href: `/v1/tasks/${taskId}` },
      },
    });
    expect(told.headers['webhook-id']).toBe(`task_ended_${taskId}`);
    expect(JSON.stringify(told)).not.toContain(PATIENT);
    expect(await deliverNext(options())).toBeNull();
  });

  test('goes to its own organization’s receiver alone', async () => {
    const [mine, theirs] = [there.told.length, other.told.length];
    await ended({ org: 'two', callback: 'theirs' });
    expect(await deliverNext(options())).toBe('delivered');
    expect([there.told.length, other.told.length]).toEqual([mine, theirs + 1]);
  });

  test('that was not taken comes again with the same id, another time and another signature', async () => {
    const before = there.told.length;
    const failures = (await counted(metrics, 'rcm_task_callback_failures_total', { reason: 'failed' })) ?? 0;
    await ended();
    there.behave(503);
    expect(await deliverNext(options())).toBe('retry');
    there.behave('takes');
    expect(await deliverNext(options())).toBeNull();
    await pauseOver(testEnvironment.url);
    expect(await deliverNext(options({ clock: { ...systemClock, now: () => new Date(Date.now() + 60_000) } }))).toBe('delivered');
    const [first, second] = there.told.slice(before);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
    expect(await counted(metrics, 'rcm_task_callback_failures_total', { reason: 'failed' })).toBe(failures + 1);
  });

  test('that the receiver wants no more is given up at once, and so is said', async () => {
    const taskId = await ended();
    there.behave(410);
    const own = createMetrics();
    expect((await alarmsTold(own, 'web-agent')).prometheus).toEqual([]);
    expect(await deliverNext(options({ metrics: own }))).toBe('given_up');
    const alarmed = ['rcm-callbacks-given-up'];
    expect(await alarmsTold(own, 'web-agent')).toEqual({ prometheus: alarmed, cloudWatch: alarmed });
    await pauseOver(testEnvironment.url);
    expect(await deliverNext(options())).toBeNull();
    expect((await own.counter('rcm_task_callbacks_total').get()).values).toContainEqual({ labels: { result: 'given_up' }, value: 1 });
    const line = logged.split('\n').find((each) => each.includes(taskId) && each.includes('given up'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: expect.anything() as unknown, callback: 'claims', failure: 'gone 410', tries: 1 });
  });

  test('whose receiver is in the configuration no more waits for its coming back', async () => {
    await ended();
    expect(await deliverNext(options({ receivers: new Receivers(new Map([['two', new Map()]])) }))).toBe('retry');
    await pauseOver(testEnvironment.url);
    expect(await deliverNext(options())).toBe('delivered');
  });
});

test('a silent receiver holds up no other, and stopping waits for what is in hand', async () => {
  const stop = new AbortController();
  const late = new AbortController();
  there.behave('silent');
  const before = other.told.length;
  for (let i = 0; i < 10; i += 1) await ended({ key: randomUUID() });
  for (let i = 0; i < 5; i += 1) await ended({ org: 'two', callback: 'theirs', key: randomUUID() });
  const delivering = deliverCallbacks(options({ signal: stop.signal, deadline: () => late.signal }));
  while (other.told.length < before + 5) await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  expect(await Promise.race([delivering.then(() => 'ended'), new Promise((resolve) => setTimeout(resolve, 50, 'in hand'))])).toBe('in hand');
  late.abort();
  await delivering;
  const rows = await testEnvironment.owner.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ state: string; count: number }[]>`
      SELECT CASE WHEN delivered_at IS NOT NULL THEN 'delivered' ELSE coalesce(last_error, 'waits') END AS state, count(*)::int FROM task_callback GROUP BY 1 ORDER BY 1`,
  );
  expect(rows).toEqual([
    { state: 'delivered', count: 5 },
    { state: 'silent', count: 2 },
    { state: 'waits', count: 8 },
  ]);
});

test('no log line has the address, a key, an answer’s words or a patient', () => {
  expect(logged).toContain('a callback was delivered');
  for (const key of KEYS) expect(logged).not.toContain(Buffer.from(key).toString('base64'));
  for (const canary of ['canary-token', 'canary-answer', PATIENT, '127.0.0.1']) expect(logged).not.toContain(canary);
});
