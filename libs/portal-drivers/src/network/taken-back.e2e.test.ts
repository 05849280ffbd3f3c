import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate, trusting } from './certificate.fixture.ts';

const LOGIN_PAGE = `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/answer"><label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>`;
const HOME_PAGE = '<!doctype html><title>Home</title><link rel="icon" href="data:,"><a href="#">Sign out</a>';
const signal = new AbortController().signal;
const identity = certificate();

describe.runIf(identity !== null)('a login whose lease is over once its submit was let out, as where the machine slept', () => {
  let portal: Server;
  let pool: BrowserPool;
  let posts: number;
  let connected: () => void;
  beforeAll(() => {
    pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  });
  beforeEach(async () => {
    [posts, connected] = [0, () => undefined];
    portal = createServer({ ...identity }, ({ url }, answer) => {
      if (url !== '/answer') return void answer.writeHead(200, { 'content-type': 'text/html' }).end(url === '/pages/home/-' ? HOME_PAGE : LOGIN_PAGE);
      posts += 1;
      answer.writeHead(303, { location: '/pages/home/-' }).end();
    });
    portal.on('connection', () => connected());
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    const closed = new Promise((resolve) => portal.close(resolve));
    portal.closeAllConnections();
    await closed;
  });
  afterAll(() => pool.close());

  it.each([
    ['before its request is sent', 0],
    ['while its request waits for the handshake of its connection', 0],
    ['never', 1],
  ])('%s', async (when, expected) => {
    const host = `127.0.0.1:${(portal.address() as AddressInfo).port}`;
    const driver = createRecipeDriver({ recipe: corpusRecipe({}), hosts: [{ host, address: 'loopback' }], browser: trusting(pool) });
    const session = await driver.openSession({ baseUrl: `https://${host}`, signal });
    let isHeld = true;
    const beforeSubmit = async (): Promise<void> => {
      if (when.startsWith('before')) isHeld = false;
      if (when.startsWith('while')) connected = () => (isHeld = false);
    };
    const { outcome } = await session.login({ credential, totp: null, beforeSubmit, mayLeave: () => isHeld, deadlineMs: 60_000, signal });
    await session.close();
    expect([outcome.kind === 'accepted', posts, isHeld]).toEqual([expected === 1, expected, expected === 1]);
  });
});
