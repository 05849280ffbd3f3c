import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTaskClient, type TaskClient } from './client.ts';

const ID = '6f1c1bd6-6a3a-4b5c-9a55-0c1f3f9a2b10';
const TASK = {
  id: ID,
  endpoint: 'alpine-1',
  portal_type: null,
  task: 'claim_status',
  state: 'queued',
  tries: 0,
  created_at: '2026-11-25T04:00:00.000Z',
  finished_at: null,
  result: null,
  error: null,
  later_field: 1,
};
const DONE = { ...TASK, state: 'succeeded', result: { found: true, rows: [{ claim_number: 'C-1' }] } };
const problem = (code: string) => ({ type: 'about:blank', title: 't', status: 0, code, detail: `about ${code}` });

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let seen: Seen[];
let answers: { status: number | 'never' | 'cut off'; body: unknown; location?: string }[];
let client: TaskClient;
let tokens = 0;
beforeEach(async () => {
  [seen, answers, tokens] = [[], [], 0];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (!answer) return void request.socket.destroy();
      if (answer.status === 'never') return;
      if (answer.status === 'cut off') {
        response.writeHead(200, { 'content-length': 1_000 }).write('{"id":');
        return void setImmediate(() => request.socket.destroy());
      }
      response
        .writeHead(answer.status, answer.location ? { location: answer.location } : {})
        .end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = createTaskClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: () => `t-${(tokens += 1)}`, pollMs: 10 });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('asking', () => {
  it('sends request, key and a token of its own', async () => {
    answers = [{ status: 202, body: TASK }];
    expect(await client.ask({ endpoint: 'alpine-1', task: 'claim_status', input: { claim_number: 'C-1' } }, { idempotencyKey: 'k' })).toMatchObject({
      id: ID,
      state: 'queued',
    });
    expect(seen).toMatchObject([
      { method: 'POST', url: '/v1/tasks', headers: { authorization: 'Bearer t-1', 'idempotency-key': 'k', 'content-type': 'application/json' } },
    ]);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ endpoint: 'alpine-1', task: 'claim_status', input: { claim_number: 'C-1' } });
  });

  it.each([
    [401, problem('token_invalid'), 'token_invalid', { withKey: false, without: false }],
    [409, problem('idempotency_conflict'), 'idempotency_conflict', { withKey: false, without: false }],
    [429, problem('rate_exceeded'), 'rate_exceeded', { withKey: true, without: true }],
    [503, problem('database_unavailable'), 'database_unavailable', { withKey: true, without: false }],
    [502, '<html>bad gateway</html>', 'answer_invalid', { withKey: true, without: false }],
    [504, '', 'answer_invalid', { withKey: true, without: false }],
    [500, 'oops', 'answer_invalid', { withKey: false, without: false }],
    [200, { id: 'x' }, 'answer_invalid', { withKey: false, without: false }],
    [202, '{"id":', 'unreachable', { withKey: true, without: false }],
    ['cut off', null, 'unreachable', { withKey: true, without: false }],
  ] as const)('status %s becomes an error with the code, and only what asks for no second task may be asked again', async (status, body, code, retryable) => {
    answers = [{ status, body }];
    const error = { name: 'TaskError', code };
    await expect(client.ask({ endpoint: 'a', task: 't' }, { idempotencyKey: 'k' })).rejects.toMatchObject({ ...error, retryable: retryable.withKey });
    await expect(client.ask({ endpoint: 'a', task: 't' })).rejects.toMatchObject({ ...error, retryable: retryable.without });
  });

  it('says that nothing is known where no answer comes, and takes its token to no other address', async () => {
    await expect(client.ask({ endpoint: 'a', task: 't' })).rejects.toMatchObject({
      code: 'unreachable',
      retryable: false,
      message: expect.stringContaining('Without an idempotency key'),
    });
    await expect(client.ask({ endpoint: 'a', task: 't' }, { idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'unreachable', retryable: true });
    await expect(client.read(ID)).rejects.toMatchObject({ code: 'unreachable', retryable: true });
    answers = [{ status: 307, body: '', location: '/elsewhere' }];
    await expect(client.ask({ endpoint: 'a', task: 't' })).rejects.toMatchObject({ code: 'unreachable' });
    expect(seen.map((request) => request.url)).not.toContain('/elsewhere');
  });

  it.each(['/rcm', '/rcm/', '/rcm?a=1#b', '//rcm.example/'])('asks below the path of its address: %s', async (path) => {
    answers = [{ status: 200, body: TASK }];
    const below = createTaskClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, token: () => 't' });
    await below.ask({ endpoint: 'a', task: 't' });
    await below.read(ID);
    const [start] = /^\/+[a-z.]+/.exec(path) ?? [];
    expect(seen.map((request) => request.url)).toEqual([`${start}/v1/tasks`, `${start}/v1/tasks/${ID}`]);
  });

  it.each(['http://agents.example', 'http://127.0.0.1.agents.example/', 'ftp://agents.example', 'agents.example', ''])(
    'sends no token in the clear: %s',
    (baseUrl) => expect(() => createTaskClient({ baseUrl, token: () => 't' })).toThrow(/baseUrl must be (https|an address)/),
  );

  it.each(['https://agents.example', 'http://localhost:8083', 'http://127.0.0.1:8083/', 'http://[::1]:8083'])('may ask %s', (baseUrl) =>
    expect(createTaskClient({ baseUrl, token: () => 't' })).toBeDefined(),
  );
});

describe('waiting for a result', () => {
  it('looks until the task has ended, over answers that come and go', async () => {
    answers = [
      { status: 200, body: TASK },
      { status: 503, body: problem('database_unavailable') },
      { status: 200, body: { ...TASK, state: 'running' } },
      { status: 200, body: DONE },
    ];
    expect(await client.result(ID, { deadlineMs: 10_000 })).toEqual(DONE.result);
    expect(seen.map((request) => request.headers.authorization)).toEqual(['Bearer t-1', 'Bearer t-2', 'Bearer t-3', 'Bearer t-4']);
    // Each asks the API to wait, and for no longer than is left.
    for (const { url } of seen) expect(Number(/\?wait=(\d+)$/.exec(url ?? '')?.[1])).toBeLessThanOrEqual(10);
  });

  it('looks again where an answer was cut off: it is none', async () => {
    answers = [
      { status: 'cut off', body: null },
      { status: 200, body: DONE },
    ];
    expect(await client.result(ID, { deadlineMs: 60_000 })).toEqual(DONE.result);
    answers = [{ status: 'cut off', body: null }];
    await expect(client.ask({ endpoint: 'a', task: 't' }, { idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  });

  it('fails with the task’s own code', async () => {
    answers = [{ status: 200, body: { ...TASK, state: 'failed', error: { code: 'login_rejected', detail: 'The portal refused the password.' } } }];
    await expect(client.result(ID, { deadlineMs: 1_000 })).rejects.toMatchObject({
      code: 'login_rejected',
      message: 'The portal refused the password.',
      status: null,
    });
  });

  it('ends at its deadline also where the API takes a call and never answers it', async () => {
    answers = [{ status: 'never', body: null }];
    const start = performance.now();
    await expect(client.result(ID, { deadlineMs: 200 })).rejects.toMatchObject({ code: 'deadline_exceeded', retryable: true });
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('ends at its deadline, at its signal, and where there is no such task', async () => {
    answers = [{ status: 200, body: TASK }];
    await expect(client.result(ID, { deadlineMs: 50 })).rejects.toMatchObject({ code: 'deadline_exceeded', retryable: true });
    const stop = new AbortController();
    const waiting = client.result(ID, { deadlineMs: 60_000, signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    answers = [{ status: 404, body: problem('task_not_found') }];
    expect(await client.read(ID)).toBeNull();
    await expect(client.result(ID, { deadlineMs: 1_000 })).rejects.toMatchObject({ code: 'task_not_found' });
  });
});

describe('a token that does not come', () => {
  const never = new Promise<string>(() => undefined);
  const waiting = (callMs: number): TaskClient => {
    const { port } = server.address() as AddressInfo;
    return createTaskClient({ baseUrl: `http://127.0.0.1:${port}`, token: () => never, callMs, pollMs: 10 });
  };

  it('holds no call for longer than that may take, and nothing was sent', async () => {
    await expect(waiting(50).read(ID)).rejects.toMatchObject({ code: 'unreachable', retryable: true });
    // Without a key, too: no task was asked for.
    await expect(waiting(50).ask({ endpoint: 'a', task: 't' })).rejects.toMatchObject({ code: 'unreachable', retryable: true });
    await expect(waiting(600_000).result(ID, { deadlineMs: 50 })).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(seen).toEqual([]);
  });

  it('holds nobody whose signal has come, before or meanwhile', async () => {
    await expect(waiting(600_000).read(ID, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    const stop = new AbortController();
    const reading = waiting(600_000).read(ID, { signal: stop.signal });
    stop.abort();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([]);
  });
});
