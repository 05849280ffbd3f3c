import { openDatabase } from '@rcm/db';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiEnvironment, type Ask, openApiEnvironment } from './api.fixture.ts';
import type { Issuer } from './issuer.fixture.ts';
import type { ApiServer } from './server.ts';
import { ALPINE_TASKS } from './alpine-tasks.fixture.ts';
import { ADDRESSES } from './other-methods.ts';

const PATIENT = 'canary-patient-4711';
let testEnvironment: ApiEnvironment;
let issuer: Issuer;
let api: ApiServer;

beforeAll(async () => {
  testEnvironment = await openApiEnvironment();
  ({ issuer, api } = testEnvironment);
});
afterAll(() => testEnvironment?.close());

const start: ApiEnvironment['start'] = (options) => testEnvironment.start(options);
const ask: ApiEnvironment['ask'] = (path, how) => testEnvironment.ask(path, how);
const post = (body: unknown, more: Ask = {}) => ask('/v1/tasks', { method: 'POST', body, ...more });
const TASK = { endpoint: 'alpine-one', task: 'claim_status', input: { claim_number: PATIENT } };

describe('every route of tasks', () => {
  it('wants a token', async () => {
    for (const answer of [await post(TASK, { org: null }), await ask(`/v1/tasks/${crypto.randomUUID()}`, { org: null })]) {
      expect(answer).toMatchObject({ status: 401, json: { code: 'token_invalid' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('slows one tenant down and no other', async () => {
    const slow = await start({ perMinute: 2 });
    const here = { port: slow.port };
    const path = `/v1/tasks/${crypto.randomUUID()}`;
    expect([(await ask(path, here)).status, (await ask(path, here)).status]).toEqual([404, 404]);
    const refused = await ask(path, here);
    expect(refused).toMatchObject({ status: 429, json: { code: 'rate_exceeded' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(path, { ...here, org: 'two' })).status).toBe(404);
    await slow.close();
  });
});

it('serves its own description, which names every code path above, to anybody', async () => {
  const { status, json } = await ask('/v1/openapi.json', { org: null });
  expect(status).toBe(200);
  expect(json).toMatchObject({ openapi: '3.1.0', paths: { '/v1/tasks': { post: {} }, '/v1/tasks/{id}': { get: {} } } });
  expect(JSON.stringify(json)).not.toContain('$schema');
});

it('answers other addresses as problems too', async () => {
  expect(await ask('/v1/users')).toMatchObject({ status: 404, json: { code: 'not_found' } });
  expect(await ask('/v1/tasks', { method: 'DELETE' })).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
});

it('says that the database does not answer, and that the same may be asked again', async () => {
  const gone = openDatabase({ url: 'postgresql://nobody:none@127.0.0.1:1/none', applicationName: 'test', role: 'rcm_agent' });
  const alone = await start({ db: gone });
  for (const answer of [await post(TASK, { port: alone.port }), await ask(`/v1/tasks/${crypto.randomUUID()}`, { port: alone.port })]) {
    expect(answer).toMatchObject({ status: 503, json: { code: 'database_unavailable' } });
    expect(answer.text).not.toContain('127.0.0.1');
  }
  await alone.close();
  await gone.close();
});

describe('what reaches no route', () => {
  const head = 'Host: x\r\nConnection: close\r\n\r\n';
  it.each([
    ['an address that cannot be decoded', `GET /v1/tasks/%zz${PATIENT} HTTP/1.1\r\n${head}`],
    ['an id that is too long', `GET /v1/tasks/${PATIENT}${'a'.repeat(200)} HTTP/1.1\r\n${head}`],
    ['a method that is none', `${PATIENT} /v1/tasks HTTP/1.1\r\n${head}`],
    ['a header that is too large', `GET /v1/tasks HTTP/1.1\r\nX: ${PATIENT}${'a'.repeat(20_000)}\r\n${head}`],
    ['two lengths of one body', `POST /v1/tasks HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n${head}0\r\n\r\n`],
  ])('%s is answered as a problem that repeats nothing of it', async (_what, request) => {
    const answer = await answered(api.port, request);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain('"code":"request_invalid"');
    expect(answer).not.toContain(PATIENT);
  });

  it('a request while the last ones are answered is told to ask again elsewhere', async () => {
    const stopping = await start({});
    const token = await issuer.token('one');
    const body = JSON.stringify(TASK);
    const first = `POST /v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const second = `GET /v1/tasks/${crypto.randomUUID()} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    const keysAsked = issuer.fetches();
    let closed: Promise<void> | undefined;
    const closeInTheMiddle = async () => {
      // It asks for the keys once it has begun with a request.
      await expect.poll(() => issuer.fetches(), { timeout: 20_000 }).toBe(keysAsked + 1);
      closed = stopping.close();
    };
    const answer = await answered(stopping.port, first, closeInTheMiddle, body + second);
    await closed;
    expect(answer).toContain('HTTP/1.1 202 ');
    expect(answer).toContain('HTTP/1.1 503 ');
    expect(answer).toContain('"code":"stopping"');
    expect(answer.match(/application\/problem\+json/g)).toHaveLength(1);
  });
});

describe('what can be asked for', () => {
  it('are the organization’s endpoints', async () => {
    expect((await ask('/v1/endpoints')).json).toEqual({
      endpoints: [{ id: 'alpine-one', portal_type: 'alpine', has_login: false }],
      next: null,
    });
    expect((await ask('/v1/endpoints?portal_type=nowhere', { org: 'two' })).json).toEqual({ endpoints: [], next: null });
    expect((await ask('/v1/endpoints', { scope: 'none' })).status).toBe(403);
  });

  it('are the tasks of portals where it has one, each with what it takes and gives', async () => {
    const { json } = await ask('/v1/portals/alpine/tasks');
    expect(json).toMatchObject(ALPINE_TASKS);
    for (const code of ['nowhere', 'A_', '%00']) expect(await ask(`/v1/portals/${code}/tasks`)).toMatchObject({ status: 404 });
  });
});

it('every address refuses what it does not take, and says what it takes', async () => {
  for (const address of ADDRESSES) {
    const path = address.replace(':id', crypto.randomUUID()).replace(':code', 'alpine');
    const { status, headers, json } = await ask(path, { method: 'DELETE' });
    expect({ status, json }).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
    expect(headers.get('allow')).toMatch(/^(GET, HEAD|POST|GET, HEAD, POST)$/);
  }
});

it('every address stands in the description', async () => {
  const { json } = await ask('/v1/openapi.json');
  const described = Object.keys(json.paths as object);
  expect(described.sort()).toEqual(
    ADDRESSES.filter((address) => address !== '/v1/openapi.json')
      .map((address) => address.replaceAll(/:(\w+)/g, '{$1}'))
      .sort(),
  );
});

it('says how much an organization may still ask', async () => {
  const few = await start({ perMinute: 2 });
  const { headers } = await ask(`/v1/tasks/${crypto.randomUUID()}`, { port: few.port });
  expect(headers.get('ratelimit-policy')).toBe('"organization";q=2;w=60');
  expect(headers.get('ratelimit')).toBe('"organization";r=1;t=30');
  await few.close();
});

it('a request keeps the id that it came with, where it is one, and is found by it in the log', async () => {
  const path = `/v1/tasks/${crypto.randomUUID()}`;
  expect((await ask(path, { requestId: 'claims.7-a' })).headers.get('x-request-id')).toBe('claims.7-a');
  expect((await ask(path, { requestId: `${PATIENT} x` })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(testEnvironment.logged()).toContain('"requestId":"claims.7-a"');
  for (const part of [PATIENT, 'Bearer', 'claims-service']) expect(testEnvironment.logged()).not.toContain(part);
});

/** What is answered to bytes that no client of ours would send. */
function answered(port: number, ...parts: readonly (string | number | (() => Promise<unknown>))[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined).on('close', () => resolve(answer));
    void (async () => {
      for (const part of parts) {
        if (typeof part === 'function') await part();
        else if (typeof part === 'number') await new Promise((done) => setTimeout(done, part));
        else socket.write(part);
      }
    })();
  });
}
