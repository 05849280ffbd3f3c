import { createServer, type Server, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate, trusting } from './certificate.fixture.ts';

const LOGIN_PAGE = `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/answer"><label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>`;
const HOME_PAGE = '<!doctype html><title>Home</title><link rel="icon" href="data:,"><a href="#">Sign out</a>';
const signal = new AbortController().signal;
const identity = certificate();

/** A browser that is asked for a certificate of its own ends the handshake, and begins a new one without any. */
const ASKING: ServerOptions = { requestCert: true, rejectUnauthorized: false };
const KINDS: Readonly<Record<string, ServerOptions>> = {
  'in TLS 1.3': ASKING,
  'in TLS 1.3, and for another key first': { ...ASKING, ecdhCurve: 'prime256v1' },
  'in TLS 1.2': { ...ASKING, maxVersion: 'TLSv1.2' },
};

const portOf = (server: TcpServer): number => (server.address() as AddressInfo).port;
const listening = (server: TcpServer) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

describe.runIf(identity !== null)('a portal that asks a browser for a certificate once the submit may leave, and not before', () => {
  let pool: BrowserPool;
  beforeAll(() => {
    pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  });
  afterAll(() => pool.close());

  it.each(Object.entries(KINDS))('is signed in at, once: %s', async (_kind, options) => {
    const seen: string[] = [];
    const [before, asking] = [{}, options].map((each) =>
      createServer({ ...identity, ...each }, ({ method, url = '' }, answer) => {
        seen.push(`${method} ${url}`);
        if (url === '/answer') return void answer.writeHead(303, { location: '/pages/home/-', connection: 'close' }).end();
        answer.writeHead(200, { 'content-type': 'text/html', connection: 'close' }).end(url === '/pages/home/-' ? HOME_PAGE : LOGIN_PAGE);
      }),
    ) as [Server, Server];
    let behind = before;
    // A browser remembers that a host asked, and has no certificate for it from then on.
    const portal = createTcpServer((socket) => {
      const onward = connect(portOf(behind), '127.0.0.1');
      socket.pipe(onward).pipe(socket);
      for (const each of [socket, onward]) each.on('error', () => undefined).on('close', () => [socket, onward].forEach((end) => end.destroy()));
    });
    for (const server of [before, asking, portal]) await listening(server);
    const host = `127.0.0.1:${portOf(portal)}`;
    const driver = createRecipeDriver({ recipe: corpusRecipe({}), hosts: [{ host, address: 'loopback' }], browser: trusting(pool) });
    const session = await driver.openSession({ baseUrl: `https://${host}`, signal });
    const beforeSubmit = async (): Promise<void> => void (behind = asking);
    const result = await session.login({ credential, totp: null, beforeSubmit, deadlineMs: 60_000, signal });
    await session.close();
    await Promise.all([before, asking, portal].map((server) => new Promise((resolve) => server.close(resolve))));
    expect(result).toEqual({ outcome: { kind: 'accepted' }, submitted: true });
    expect(seen).toEqual(['GET /pages/login/accepted', 'POST /answer', 'GET /pages/home/-']);
  });
});
