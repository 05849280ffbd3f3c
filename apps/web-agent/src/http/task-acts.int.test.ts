import { claimPortalTask, finishPortalTask, renewTaskClaim, requeuePortalTask } from '@rcm/db/tasks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiEnvironment, type Ask, openApiEnvironment } from './api.fixture.ts';

const PATIENT = 'canary-patient-4711';
const TASK = { endpoint: 'alpine-one', task: 'claim_status', input: { claim_number: PATIENT } };
const ANNA = { scope: 'tasks:write tasks:read', sub: 'anna' };
const BEN = { scope: 'tasks:write tasks:read', sub: 'ben' };
let testEnvironment: ApiEnvironment;
beforeAll(async () => void (testEnvironment = await openApiEnvironment()));
afterAll(() => testEnvironment?.close());

async function asked(how: Ask = {}, body: object = TASK): Promise<string> {
  const { status, json } = await testEnvironment.ask('/v1/tasks', { method: 'POST', body, ...how });
  expect(status).toBe(202);
  return String(json.id);
}
const act = (id: string, what: 'cancel' | 'retry', how: Ask = {}) => testEnvironment.ask(`/v1/tasks/${id}/${what}`, { method: 'POST', ...how });
const claim = (taskId: string, worker = 'w') => claimPortalTask(testEnvironment.db, { orgId: 'one', taskId, worker, ttlMs: 60_000 });
async function ended(taskId: string, end: { result: unknown } | { errorCode: 'login_rejected'; message: string }): Promise<void> {
  expect(await claim(taskId)).not.toBeNull();
  await finishPortalTask(testEnvironment.db, { orgId: 'one', taskId, worker: 'w', ...end });
}
const FAILED = { errorCode: 'login_rejected', message: 'The portal refused the login.' } as const;
const events = (taskId: string) =>
  testEnvironment.owner.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ actor: string; action: string }[]>`SELECT actor, action FROM audit_event WHERE subject = ${taskId} ORDER BY seq`,
  );
const idsOf = (json: Record<string, unknown>) => (json.tasks as { id: string }[]).map(({ id }) => id);

describe('GET /v1/tasks', () => {
  it('lists the organization’s, the newest first, page by page, and none of another', async () => {
    const org = 'busy';
    const made: string[] = [];
    for (let i = 0; i < 5; i += 1) made.push(await asked({ org }, { ...TASK, endpoint: 'alpine-busy' }));
    await asked({ org: 'two' }, { ...TASK, endpoint: 'alpine-two' });
    const [first, seen] = [await testEnvironment.ask('/v1/tasks?limit=2', { org }), [] as string[]];
    for (let page = first; ; page = await testEnvironment.ask(`/v1/tasks?limit=2&after=${page.json.next as string}`, { org })) {
      seen.push(...idsOf(page.json));
      if (page.json.next === null) break;
    }
    expect(seen).toEqual(made.toReversed());
    expect(first.text).not.toContain(PATIENT);
    expect(first.text).not.toContain('result');
  });

  it('keeps to a state, an endpoint, a portal, and to what one asked for oneself', async () => {
    const [mine, done] = [await asked(ANNA), await asked(BEN)];
    await ended(done, { result: { found: true, rows: [{ patient: PATIENT }] } });
    const list = async (query: string, how: Ask = {}) => {
      const answer = await testEnvironment.ask(`/v1/tasks?limit=500&${query}`, how);
      expect(answer.text).not.toContain(PATIENT);
      return idsOf(answer.json);
    };
    expect(await list('state=succeeded')).toContain(done);
    expect(await list('state=succeeded')).not.toContain(mine);
    expect(await list('', ANNA)).toEqual([mine]);
    expect(await list('', BEN)).toEqual([done]);
    expect(await list('endpoint=alpine-one&state=queued')).toContain(mine);
    expect(await list('endpoint=alpine-two')).toEqual([]);
    expect(await list('portal_type=alpine')).toEqual(expect.arrayContaining([mine, done]));
    expect(await list('portal_type=nowhere')).toEqual([]);
  });

  it.each([
    'state=done',
    'limit=0',
    'limit=501',
    'limit=x',
    'after=x',
    `after=${Buffer.from('{"at":"x\'","id":1}').toString('base64url')}`,
    'org=two',
    'endpoint=A_',
  ])('refuses %s and says where it is wrong', async (query) => {
    expect(await testEnvironment.ask(`/v1/tasks?${query}`)).toMatchObject({
      status: 400,
      json: { code: 'request_invalid', detail: expect.stringMatching(/state|limit|after|its fields|endpoint/) as string },
    });
  });

  it.each(['---', '2026-02-31 00:00:00+00', '2026-13-01 00:00:00+00', '2026-01-01 25:00:00+00'])(
    'takes the place %j, which is no moment, for none',
    async (at) => {
      const after = Buffer.from(JSON.stringify({ at, id: crypto.randomUUID() })).toString('base64url');
      expect(await testEnvironment.ask(`/v1/tasks?after=${after}`)).toMatchObject({ status: 400 });
    },
  );

  it('is not for who may only ask', async () => {
    expect(await testEnvironment.ask('/v1/tasks', { scope: 'tasks:write' })).toMatchObject({ status: 403, json: { code: 'scope_missing' } });
  });
});

describe('a queued task that was put off', () => {
  it('says what it waits for and until when', async () => {
    const id = await asked();
    expect((await testEnvironment.ask(`/v1/tasks/${id}`)).json).toMatchObject({ next_try_at: null, waits_for: null });
    await claim(id);
    await requeuePortalTask(testEnvironment.db, { taskId: id, orgId: 'one', worker: 'w', delayMs: 60_000, reason: 'lease_unavailable', countsAsTry: false });
    const { json } = await testEnvironment.ask(`/v1/tasks/${id}`);
    expect(json).toMatchObject({ state: 'queued', waits_for: 'lease_unavailable' });
    expect(Date.parse(String(json.next_try_at))).toBeGreaterThan(Date.parse(String(json.created_at)));
  });
});

describe('POST /v1/tasks/{id}/cancel', () => {
  it('ends a task that waits, for good, and says so in the audit trail; again it is the same answer', async () => {
    const id = await asked();
    expect(await act(id, 'cancel')).toMatchObject({ status: 200, json: { id, state: 'failed', error: { code: 'cancelled' } } });
    expect(await act(id, 'cancel')).toMatchObject({ status: 200, json: { error: { code: 'cancelled' } } });
    expect(await claim(id)).toBeNull();
    expect(await events(id)).toEqual([
      { actor: 'token:claims-service', action: 'task.requested' },
      { actor: 'token:claims-service', action: 'task.cancelled' },
    ]);
  });

  it('takes a task from the worker that has it: its claim is gone and its result nobody’s', async () => {
    const id = await asked();
    await claim(id);
    expect((await act(id, 'cancel')).status).toBe(200);
    expect(await renewTaskClaim(testEnvironment.db, { orgId: 'one', taskId: id, worker: 'w', ttlMs: 60_000 })).toBe(false);
    await finishPortalTask(testEnvironment.db, { orgId: 'one', taskId: id, worker: 'w', result: { found: true, rows: [] } });
    expect((await testEnvironment.ask(`/v1/tasks/${id}`)).json).toMatchObject({ state: 'failed', error: { code: 'cancelled' }, result: null });
  });

  it('does nothing to one that has ended', async () => {
    const id = await asked();
    await ended(id, { result: { found: true, rows: [{ patient: PATIENT }] } });
    const answer = await act(id, 'cancel');
    expect(answer).toMatchObject({ status: 409, json: { code: 'state_conflict' } });
    expect(answer.text).not.toContain(PATIENT);
    expect((await testEnvironment.ask(`/v1/tasks/${id}`)).json).toMatchObject({ state: 'succeeded' });
  });
});

describe('POST /v1/tasks/{id}/retry', () => {
  it('asks again for what failed, as a new task with as long a deadline; one key is one task', async () => {
    const id = await asked({}, { ...TASK, deadline_seconds: 300 });
    await ended(id, FAILED);
    const again = await act(id, 'retry', { key: 'again' });
    expect(again).toMatchObject({ status: 202, json: { state: 'queued', endpoint: 'alpine-one', task: 'claim_status' } });
    const next = String(again.json.id);
    expect(next).not.toBe(id);
    expect(Date.parse(String(again.json.deadline_at)) - Date.parse(String(again.json.created_at))).toBe(300_000);
    expect(await claim(next)).toMatchObject({ input: TASK.input });
    expect(await act(id, 'retry', { key: 'again' })).toMatchObject({ status: 200, json: { id: next } });
    await act(next, 'cancel');
  });

  it('of a task for a portal is one for the portal', async () => {
    const id = await asked({}, { ...TASK, endpoint: undefined, portal_type: 'alpine' });
    await act(id, 'cancel');
    expect(await act(id, 'retry')).toMatchObject({ status: 202, json: { endpoint: null, portal_type: 'alpine' } });
  });

  it('is for what failed alone', async () => {
    expect(await act(await asked(), 'retry')).toMatchObject({ status: 409, json: { code: 'state_conflict' } });
  });
});

describe.each(['cancel', 'retry'] as const)('%s', (what) => {
  it('reaches no task of another organization, nor of another subject for who may read their own, and tells them apart from none by nothing', async () => {
    const [theirs, annas] = [await asked({ org: 'two' }, { ...TASK, endpoint: 'alpine-two' }), await asked(ANNA)];
    const none = await act(crypto.randomUUID(), what);
    expect(none).toMatchObject({ status: 404, json: { code: 'task_not_found' } });
    expect((await act(theirs, what)).text).toBe(none.text);
    for (const how of [BEN, { ...BEN, scope: 'tasks:write' }]) expect((await act(annas, what, how)).text).toBe(none.text);
    expect((await act('17', what)).text).toBe(none.text);
    expect((await testEnvironment.ask(`/v1/tasks/${annas}`)).json).toMatchObject({ state: 'queued' });
    expect(await act(annas, what, { scope: 'tasks:read:org' })).toMatchObject({ status: 403, json: { code: 'scope_missing' } });
  });
});

describe('GET /v1/tasks/{id}?wait=', () => {
  it('answers when the task ends, and reads its result once', async () => {
    const id = await asked();
    const waiting = testEnvironment.ask(`/v1/tasks/${id}?wait=30`);
    // On a slow machine it may come later than the end, and then shows less; it fails on none.
    await new Promise((done) => setTimeout(done, 500));
    await ended(id, { result: { found: true, rows: [{ patient: PATIENT }] } });
    expect((await waiting).json).toMatchObject({ state: 'succeeded', result: { found: true } });
    expect((await events(id)).map(({ action }) => action)).toEqual(['task.requested', 'task.read']);
  });

  it('answers how it stands when the time is over, and at once where the API stops', async () => {
    const id = await asked();
    expect((await testEnvironment.ask(`/v1/tasks/${id}?wait=1`)).json).toMatchObject({ state: 'queued' });
    const stopping = await testEnvironment.start({});
    const waiting = testEnvironment.ask(`/v1/tasks/${id}?wait=30`, { port: stopping.port });
    // It is let in before it waits: the request is begun, or refused as one that comes too late.
    await new Promise((done) => setTimeout(done, 500));
    await stopping.close();
    expect([200, 503]).toContain((await waiting).status);
  });

  it('is for tasks that the caller may read', async () => {
    const id = await asked(ANNA);
    expect(await testEnvironment.ask(`/v1/tasks/${id}?wait=30`, BEN)).toMatchObject({ status: 404 });
    expect(await testEnvironment.ask(`/v1/tasks/${id}?wait=31`)).toMatchObject({ status: 400, json: { detail: expect.stringContaining('wait') as string } });
  });
});
