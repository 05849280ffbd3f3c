import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTaskClient, type TaskClient } from './client.ts';

const ID = '6f1c1bd6-6a3a-4b5c-9a55-0c1f3f9a2b10';
const DONE = {
  ...{ id: ID, endpoint: 'alpine-1', portal_type: null, task: 'claim_status', state: 'succeeded', tries: 1 },
  ...{ created_at: '2026-11-25T04:00:00.000Z', finished_at: '2026-11-25T04:00:01.000Z' },
  ...{ result: { found: true, rows: [{ claim_number: 'C-1' }] }, error: null },
};

let server: Server;
let answer: (response: ServerResponse) => void;
let asked: IncomingMessage['headers'][];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.headers);
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** The time of a call is none of what is tried here. */
const clientWith = (token: string): TaskClient =>
  createTaskClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: () => token, callMs: 600_000 });

describe('an answer', () => {
  it('of another task is none: what it holds is about somebody else', async () => {
    answer = (response) => response.end(JSON.stringify({ ...DONE, id: '6f1c1bd6-6a3a-4b5c-9a55-0c1f3f9a2b11' }));
    await expect(clientWith('t').read(ID)).rejects.toMatchObject({ code: 'answer_invalid', retryable: false });
    await expect(clientWith('t').result(ID, { deadlineMs: 600_000 })).rejects.toMatchObject({ code: 'answer_invalid' });
    expect(await clientWith('t').read('6F1C1BD6-6a3a-4b5c-9a55-0c1f3f9a2b11')).toMatchObject({ state: 'succeeded' });
  });

  it('is held as far as a result can be large and no further, however small it is on its way', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.alloc(128 * 1024 * 1024, ' '), Buffer.from(JSON.stringify(DONE))]), { level: 1 });
    answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    await expect(clientWith('t').read(ID)).rejects.toMatchObject({ code: 'answer_invalid', retryable: false });
  });
});

describe('a token', () => {
  it.each(['secret-token\nX-Other: 1', 'secret-token\0', 'secret-tokén', 'two secret-tokens', '', ' \n'])(
    'that is none is not sent, asked for no second time, and stands in no error: %j',
    async (token) => {
      const error: unknown = await clientWith(token)
        .read(ID)
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'token_invalid', retryable: false });
      expect(inspect(error, { depth: null })).not.toContain('secret-tok');
      expect(asked).toEqual([]);
    },
  );

  it('may have blanks around it, as in a file', async () => {
    answer = (response) => response.end(JSON.stringify(DONE));
    await clientWith(' secret-token\n').read(ID);
    expect(asked).toMatchObject([{ authorization: 'Bearer secret-token' }]);
  });
});
