import { type Database } from '@rcm/db';
import { claimPortalTask, finishPortalTask } from '@rcm/db/tasks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiEnvironment, type Ask, openApiEnvironment } from './api.fixture.ts';
import type { Issuer } from './issuer.fixture.ts';
import { KEEP_ALIVE_MS } from './keep-alive.ts';

const PATIENT = 'canary-patient-4711';
let testEnvironment: ApiEnvironment;
let owner: Database;
let db: Database;
let issuer: Issuer;

beforeAll(async () => {
  testEnvironment = await openApiEnvironment();
  ({ owner, db, issuer } = testEnvironment);
});
afterAll(() => testEnvironment?.close());

const start: ApiEnvironment['start'] = (options) => testEnvironment.start(options);
const ask: ApiEnvironment['ask'] = (path, how) => testEnvironment.ask(path, how);
const post = (body: unknown, more: Ask = {}) => ask('/v1/tasks', { method: 'POST', body, ...more });
const TASK = { endpoint: 'alpine-one', task: 'claim_status', input: { claim_number: PATIENT } };

describe('POST /v1/tasks', () => {
  it('queues a task of the token’s organization', async () => {
    const { status, json, headers } = await post(TASK);
    expect({ status, json }).toMatchObject({ status: 202, json: { state: 'queued', endpoint: 'alpine-one', task: 'claim_status', result: null, error: null } });
    expect(headers.get('location')).toBe(`/v1/tasks/${String(json.id)}`);
    expect(await ask(headers.get('location') ?? '')).toMatchObject({ status: 200, json: { id: json.id } });
  });

  it('with the same key and body names the same task, with another body none, and for another organization its own', async () => {
    const first = await post(TASK, { key: 'k-1' });
    expect(await post({ input: TASK.input, task: TASK.task, endpoint: TASK.endpoint }, { key: 'k-1' })).toMatchObject({
      status: 200,
      json: { id: first.json.id },
    });
    expect(await post({ ...TASK, input: { claim_number: '2' } }, { key: 'k-1' })).toMatchObject({ status: 409, json: { code: 'idempotency_conflict' } });
    const theirs = await post({ ...TASK, endpoint: 'alpine-two' }, { key: 'k-1', org: 'two' });
    expect(theirs.status).toBe(202);
    expect(theirs.json.id).not.toBe(first.json.id);
  });

  it.each([
    ['another organization’s endpoint', { ...TASK, endpoint: 'alpine-two' }, 404, 'endpoint_unknown'],
    ['an endpoint that does not exist', { ...TASK, endpoint: 'nowhere' }, 404, 'endpoint_unknown'],
    ['a task the recipe does not have', { ...TASK, task: 'toString' }, 422, 'task_unknown'],
    ['an input that is missing', { ...TASK, input: {} }, 422, 'task_input_invalid'],
    ['an input that is not declared', { ...TASK, input: { ...TASK.input, [PATIENT]: 'x' } }, 422, 'task_input_invalid'],
    ['an input of the wrong type', { ...TASK, input: { ...TASK.input, since: PATIENT } }, 422, 'task_input_invalid'],
    ['a number as an input', { ...TASK, input: { claim_number: 5 } }, 400, 'request_invalid'],
    ['an organization in the body', { ...TASK, org_id: 'two' }, 400, 'request_invalid'],
    ['a body that is a list', [TASK], 400, 'request_invalid'],
    ['a body that is no JSON', `{"endpoint": ${PATIENT}`, 400, 'request_invalid'],
    ['an empty body', '', 400, 'request_invalid'],
    ['both a portal and an endpoint', { ...TASK, portal_type: 'alpine' }, 400, 'request_invalid'],
    ['a portal where the organization has no account', { ...TASK, endpoint: undefined, portal_type: 'nowhere' }, 404, 'endpoint_unknown'],
    ['half of a surrogate pair in an input', `{"endpoint":"alpine-one","task":"claim_status","input":{"claim_number":"\\ud800"}}`, 400, 'input_invalid'],
    ['NUL in an input', { ...TASK, input: { claim_number: 'a\0b' } }, 400, 'input_invalid'],
    ['a body that is too large', { ...TASK, input: { claim_number: 'x'.repeat(5_000) } }, 413, 'request_invalid'],
    ['a prototype as an input', `{"endpoint":"alpine-one","task":"claim_status","input":{"__proto__":{"a":"b"}}}`, 400, 'request_invalid'],
  ])('refuses %s, and repeats none of it', async (_what, body, status, code) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status, json: { type: 'about:blank', status, code } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.text).not.toContain(PATIENT);
  });

  it('takes a portal instead of an endpoint: the account is chosen when its turn comes', async () => {
    const { status, json } = await post({ ...TASK, endpoint: undefined, portal_type: 'alpine' });
    expect({ status, json }).toMatchObject({ status: 202, json: { state: 'queued', endpoint: null, portal_type: 'alpine' } });
  });

  it('keeps a connection for as long as a load balancer relies on it', async () => {
    expect((await post(TASK)).headers.get('keep-alive')).toBe(`timeout=${KEEP_ALIVE_MS / 1_000}`);
  });

  it('takes no more than may wait, but answers for what is known by its key', async () => {
    const small = await start({ maxQueued: 1 });
    const more = { port: small.port, org: 'busy' };
    const task = { ...TASK, endpoint: 'alpine-busy' };
    const first = await post(task, { ...more, key: 'k' });
    expect(first.status).toBe(202);
    expect(await post(task, more)).toMatchObject({ status: 429, json: { code: 'queue_full' } });
    expect(await post(task, { ...more, key: 'k' })).toMatchObject({ status: 200, json: { id: first.json.id } });
    await small.close();
  });

  it('refuses another content type, and a key that is none', async () => {
    expect(await post('endpoint=alpine-one', { type: 'application/x-www-form-urlencoded' })).toMatchObject({ status: 415, json: { code: 'request_invalid' } });
    expect(await post(TASK, { key: 'with blank' })).toMatchObject({ status: 400, json: { code: 'request_invalid' } });
  });
});

describe('GET /v1/tasks/{id}', () => {
  it('knows no task of another organization, nor one that is not there', async () => {
    const { json } = await post({ ...TASK, endpoint: 'alpine-two' }, { org: 'two' });
    const [theirs, none, noId] = [await ask(`/v1/tasks/${String(json.id)}`), await ask(`/v1/tasks/${crypto.randomUUID()}`), await ask('/v1/tasks/17')];
    for (const answer of [theirs, none, noId]) expect(answer).toMatchObject({ status: 404, json: { code: 'task_not_found' } });
    expect([none.text, noId.text]).toEqual([theirs.text, theirs.text]);
  });
});

describe('a token’s scopes', () => {
  it('decide who is told what came of a task: who may only ask is not, though its key is known', async () => {
    const [key, scope] = ['k-scopes', 'tasks:write'];
    const { json } = await post(TASK, { key, scope });
    const task = { orgId: 'one', taskId: String(json.id), worker: 'w' };
    await claimPortalTask(db, { ...task, ttlMs: 60_000 });
    await finishPortalTask(db, { ...task, result: { found: true, rows: [{ patient: PATIENT }] } });
    const reads = () => owner.transaction('every tenant', (tx) => tx.auditEvent.count({ where: { action: 'task.read', subject: task.taskId } }));

    const again = await post(TASK, { key, scope });
    expect(again).toMatchObject({ status: 200, json: { id: task.taskId, state: 'succeeded', result: null } });
    expect(again.text).not.toContain(PATIENT);
    expect(await ask(`/v1/tasks/${task.taskId}`, { scope })).toMatchObject({ status: 403, json: { code: 'scope_missing' } });
    expect(await reads()).toBe(0);

    expect(await ask(`/v1/tasks/${task.taskId}`)).toMatchObject({ status: 200, json: { result: { found: true } } });
    expect(await post(TASK, { key })).toMatchObject({ status: 200, json: { result: { found: true } } });
    expect(await reads()).toBe(2);
  });

  it('of reading what one asked for opens what the same subject asked for, and another’s is told apart from none by nothing', async () => {
    const own = { scope: 'tasks:write tasks:read', sub: 'anna' };
    const { json } = await post(TASK, own);
    const path = `/v1/tasks/${String(json.id)}`;
    expect(await ask(path, own)).toMatchObject({ status: 200, json: { id: json.id } });
    expect(await ask(path, { sub: 'ben' })).toMatchObject({ status: 200 });
    const [theirs, none] = await Promise.all([path, `/v1/tasks/${crypto.randomUUID()}`].map((place) => ask(place, { ...own, sub: 'ben' })));
    expect(theirs).toMatchObject({ status: 404, json: { code: 'task_not_found' } });
    expect(theirs?.text).toBe(none?.text);
  });

  it('of reading what one asked for gives the result to who asked, and to who asks for the same after them how it stands', async () => {
    const [own, key] = [{ scope: 'tasks:write tasks:read' }, 'own-results'];
    const { json } = await post(TASK, { ...own, key, sub: 'anna' });
    const task = { taskId: String(json.id), orgId: 'one', worker: 'w' };
    await claimPortalTask(db, { ...task, ttlMs: 60_000 });
    await finishPortalTask(db, { ...task, result: { found: true, rows: [{ patient: PATIENT }] } });
    expect(await post(TASK, { ...own, key, sub: 'anna' })).toMatchObject({ status: 200, json: { id: task.taskId, result: { found: true } } });
    const ben = await post(TASK, { ...own, key, sub: 'ben' });
    expect(ben).toMatchObject({ status: 200, json: { id: task.taskId, state: 'succeeded', result: null } });
    expect(ben.text).not.toContain(PATIENT);
    const asked = await owner.transaction(
      'every tenant',
      (tx) =>
        tx.$queryRaw<
          object[]
        >`SELECT actor, action, details ->> 'issuer' AS issuer FROM audit_event WHERE org_id = 'one' AND details ->> 'taskId' = ${task.taskId} ORDER BY seq`,
    );
    expect(asked).toEqual(['task.requested', 'task.read'].map((action) => ({ actor: 'token:anna', action, issuer: issuer.name })));
  });
});

it('has logged its requests, and nothing of what was in them', () => {
  expect(testEnvironment.logged()).toContain('/v1/tasks/:id');
  for (const part of [PATIENT, 'Bearer', 'claims-service']) expect(testEnvironment.logged()).not.toContain(part);
});
