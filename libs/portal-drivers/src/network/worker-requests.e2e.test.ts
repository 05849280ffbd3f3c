import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate, trusting } from './certificate.fixture.ts';

/** A page with a worker, whose script asks its portal for something while one types. */
const LOGIN_PAGE = `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/answer"><label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>
<script>
  new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])));
  document.querySelector('[name=pass]').addEventListener('input', () => fetch('/asked'));
</script>`;
const HOME_PAGE = '<!doctype html><title>Home</title><link rel="icon" href="data:,"><a href="#">Sign out</a>';
/** Longer than a connection must be still to be cut before a submit. */
const ANSWER_MS = 100;
const signal = new AbortController().signal;
const identity = certificate();

describe.runIf(identity !== null)('a portal reached by HTTP/2 whose page has a worker and asks for something while one types', () => {
  let portal: Http2SecureServer;
  let pool: BrowserPool;
  let seen: string[];
  let dropsSubmit: boolean;
  beforeAll(() => {
    pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  });
  beforeEach(async () => {
    [seen, dropsSubmit] = [[], false];
    portal = createSecureServer({ ...identity, allowHTTP1: true, settings: { enableConnectProtocol: true } });
    portal.on('stream', (stream, { ':method': method, ':path': path }) => {
      seen.push(`${method} ${path}`);
      const answer = (status: number, headers: Record<string, string>, body = ''): void => {
        if (stream.destroyed) return;
        stream.respond({ ':status': status, ...headers });
        stream.end(body);
      };
      stream.on('error', () => undefined);
      if (path === '/asked') setTimeout(answer, ANSWER_MS, 204, {});
      else if (method === 'GET') answer(200, { 'content-type': 'text/html' }, path === '/pages/home/-' ? HOME_PAGE : LOGIN_PAGE);
      else stream.resume().on('end', () => (dropsSubmit ? stream.session?.destroy() : answer(303, { location: '/pages/home/-' })));
    });
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise<void>((resolve) => portal.close(() => resolve())));
  afterAll(() => pool.close());

  async function login() {
    const host = `127.0.0.1:${(portal.address() as AddressInfo).port}`;
    const driver = createRecipeDriver({ recipe: corpusRecipe({}), hosts: [{ host, address: 'loopback' }], browser: trusting(pool) });
    const session = await driver.openSession({ baseUrl: `https://${host}`, signal });
    let before: readonly string[] = [];
    const beforeSubmit = async (): Promise<void> => {
      await pause(6 * ANSWER_MS);
      before = [...seen];
    };
    const result = await session.login({ credential, totp: null, beforeSubmit, deadlineMs: 60_000, signal });
    await session.close();
    return { result, before };
  }

  it('is signed in at, and is asked only once the submit may leave', async () => {
    const { result, before } = await login();
    expect(result).toMatchObject({ outcome: { kind: 'accepted' }, submitted: true });
    expect(before).toEqual(['GET /pages/login/accepted']);
    expect(seen).toEqual(['GET /pages/login/accepted', 'GET /asked', 'POST /answer', 'GET /pages/home/-']);
  });

  it('gets the credentials once where it drops the connection after the submit, although it was just asked for something', async () => {
    dropsSubmit = true;
    const { result } = await login();
    expect(result).toMatchObject({ outcome: { kind: 'unavailable' }, submitted: true });
    expect(seen).toEqual(['GET /pages/login/accepted', 'GET /asked', 'POST /answer']);
  });
});
