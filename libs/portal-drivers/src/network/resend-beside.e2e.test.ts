import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate, trusting } from './certificate.fixture.ts';

interface Portal {
  /** How many things its page asks for when its form is sent, and so long (milliseconds) each is on its way. */
  readonly asks: number;
  readonly takes: number;
  /** How the form is sent. Default: by the browser. */
  readonly by?: 'code';
  /** Characters that the form sends besides. Default: none. */
  readonly more?: number;
  /** How the portal ends the connection of the submit. Default: without a word. */
  readonly ends?: 'with a word';
  /** What the portal answers the submit, which it has read. Default: nothing. */
  readonly answers?: 408 | 421;
  readonly tls?: 'TLSv1.2';
}

const BY_CODE = "event.preventDefault(); fetch('/answer', { method: 'POST', body: new URLSearchParams(new FormData(event.target)) });";

/** When its form is sent it asks for other things, too: the browser opens connections for them, and keeps them open. */
const page = ({ asks, takes, by, more = 0 }: Portal): string => `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/answer"><label>User name <input name="user"></label><input name="pass" type="password">
<input type="hidden" name="more" value="${'x'.repeat(more)}"><button>Sign in</button></form>
<script>
  document.querySelector('form').addEventListener('submit', (event) => {
    for (let at = 0; at < ${asks}; at += 1) fetch('/asked/${takes}/' + at);
    ${by ? BY_CODE : ''}
  });
</script>`;

/** It asks for the same again as soon as it has an answer. */
const ASKING_PAGE = `${page({ asks: 0, takes: 0 })}<script>const ask = () => fetch('/asked').then(() => setTimeout(ask, 20)); ask();</script>`;
const HOME_PAGE = '<!doctype html><title>Home</title><link rel="icon" href="data:,"><a href="#">Sign out</a>';
const ANSWER_MS = 2000;

const PORTALS: readonly Portal[] = [
  { asks: 2, takes: 0 },
  { asks: 2, takes: 20 },
  { asks: 3, takes: 60 },
  { asks: 5, takes: 20 },
  { asks: 5, takes: 60, ends: 'with a word' },
  { asks: 5, takes: 20, tls: 'TLSv1.2' },
  { asks: 5, takes: 60, ends: 'with a word', tls: 'TLSv1.2' },
  { asks: 4, takes: 20, more: 3_000 },
  { asks: 4, takes: 60, more: 40_000 },
  { asks: 4, takes: 20, by: 'code' },
  { asks: 5, takes: 60, answers: 408 },
  { asks: 5, takes: 60, answers: 421 },
  { asks: 5, takes: 20, answers: 408, more: 3_000 },
];
const signal = new AbortController().signal;
const identity = certificate();

describe.runIf(identity !== null)('a portal reached by HTTP/1.1 that drops the connection of the submit, while others to it are open', () => {
  const servers: Server[] = [];
  let pool: BrowserPool;
  beforeAll(() => {
    pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  });
  afterAll(async () => {
    await pool.close();
    for (const server of servers) server.closeAllConnections();
  });

  it.each(PORTALS.map((portal) => [JSON.stringify(portal), portal] as const))('gets the credentials once: %s', async (_name, portal) => {
    let posts = 0;
    const server = createServer({ ...identity, maxVersion: portal.tls ?? 'TLSv1.3' }, (request, response) => {
      const socket = request.socket as TLSSocket;
      const [asked, takes] = /^\/asked\/(\d+)/.exec(request.url ?? '') ?? [];
      if (asked) return void setTimeout(() => response.writeHead(204).end(), Number(takes));
      if (request.method === 'GET') return void response.writeHead(200, { 'content-type': 'text/html' }).end(page(portal));
      posts += 1;
      request.on('end', () => {
        if (portal.answers) response.writeHead(portal.answers, { 'content-length': '0' }).end();
        else if (portal.ends) socket.end();
        else socket.destroy();
      });
      request.resume();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const driver = createRecipeDriver({ recipe: corpusRecipe({}), hosts: [{ host, address: 'loopback' }], browser: trusting(pool) });
    const session = await driver.openSession({ baseUrl: `https://${host}`, signal });
    const result = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 60_000, signal });
    await session.close();
    expect(result.submitted).toBe(true);
    expect(posts).toBe(1);
  });

  it('is logged in to all the same where it ends every connection, and its page asks for the same thing again and again', async () => {
    const seen: string[] = [];
    const server = createServer({ ...identity }, ({ method = '', url = '' }, response) => {
      const answer = (status: number, headers: Record<string, string>, body = ''): void =>
        void response.writeHead(status, { ...headers, connection: 'close' }).end(body);
      seen.push(`${method} ${url}`);
      if (url === '/asked') return void answer(204, {});
      if (method === 'POST') return void setTimeout(answer, ANSWER_MS, 303, { location: '/pages/home/-' });
      return void answer(200, { 'content-type': 'text/html' }, url === '/pages/home/-' ? HOME_PAGE : ASKING_PAGE);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const driver = createRecipeDriver({ recipe: corpusRecipe({}), hosts: [{ host, address: 'loopback' }], browser: trusting(pool) });
    const session = await driver.openSession({ baseUrl: `https://${host}`, signal });
    const result = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 60_000, signal });
    await session.close();
    expect(result).toEqual({ outcome: { kind: 'accepted' }, submitted: true });
    expect(seen.filter((each) => each.startsWith('POST'))).toHaveLength(1);
    // Other things pass while the submit has no answer, again and again.
    expect(seen.slice(seen.indexOf('POST /answer')).filter((each) => each === 'GET /asked').length).toBeGreaterThan(2);
  });
});
