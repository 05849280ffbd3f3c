import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate, trusting } from './certificate.fixture.ts';

const LOGIN_PAGE =
  '<link rel="icon" href="data:,"><form method="post" action="/answer"><label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>';

const identity = certificate();

describe.runIf(identity !== null)('a portal reached by https that drops the connection after the submit', () => {
  let server: Server;
  let pool: BrowserPool;
  let posts = 0;
  beforeAll(async () => {
    server = createServer(identity ?? {}, (request, response) => {
      if (request.method === 'GET') return void response.writeHead(200, { 'content-type': 'text/html' }).end(LOGIN_PAGE);
      posts += 1;
      request.on('end', () => request.socket.destroy()).resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  });
  afterAll(async () => {
    await pool.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('gets the credentials once, although the connection had been used before', async () => {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const session = await createRecipeDriver({ recipe: corpusRecipe({}), hosts: [{ host, address: 'loopback' }], browser: trusting(pool) }).openSession({
      baseUrl: `https://${host}`,
      signal: new AbortController().signal,
    });
    const result = await session.login({
      credential,
      totp: null,
      beforeSubmit: async () => undefined,
      deadlineMs: 15_000,
      signal: new AbortController().signal,
    });
    expect(result).toMatchObject({ outcome: { kind: 'unavailable' }, submitted: true });
    expect(posts).toBe(1);
    await session.close();
  });
});
