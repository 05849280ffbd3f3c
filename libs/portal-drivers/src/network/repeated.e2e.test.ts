import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate } from './certificate.fixture.ts';

/** Its form is sent once an answer has begun that goes on and on: both go by one connection, in which the portal has sent something before. */
const PAGE = `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/answer"><label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>
<script>
  const form = document.querySelector('form');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { body } = await fetch('/endless');
    await body.getReader().read();
    form.submit();
  });
</script>`;
/** Milliseconds between two parts of it: often enough for a connection that is never quiet. */
const PART_MS = 5;
const signal = new AbortController().signal;
const identity = certificate();

describe.runIf(identity !== null)('a portal reached by HTTP/2 that drops a connection after the submit, by which something else is on its way', () => {
  let portal: Http2SecureServer;
  let pool: BrowserPool;
  const sessions = new Set<ServerHttp2Session>();
  const seen: string[] = [];
  beforeAll(async () => {
    portal = createSecureServer({ ...identity });
    portal.on('session', (session) => {
      sessions.add(session);
      session.on('error', () => undefined).on('close', () => sessions.delete(session));
    });
    portal.on('stream', (stream, { ':method': method, ':path': path }) => {
      seen.push(`${method} ${path}`);
      stream.on('error', () => undefined);
      if (path === '/answer') return void stream.on('end', () => stream.session?.destroy()).resume();
      stream.respond({ ':status': 200, 'content-type': 'text/html' });
      if (path !== '/endless') return void stream.end(PAGE);
      const going = setInterval(() => stream.write('x'), PART_MS);
      stream.on('close', () => clearInterval(going));
    });
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
    pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  });
  afterAll(async () => {
    await pool.close();
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => portal.close(resolve));
  });

  it('gets the credentials once', async () => {
    const host = `127.0.0.1:${(portal.address() as AddressInfo).port}`;
    const trusting: BrowserPool = {
      ...pool,
      openContext: (options) => pool.openContext({ ...options, context: { ...options.context, ignoreHTTPSErrors: true } }),
    };
    const driver = createRecipeDriver({ recipe: corpusRecipe({}), hosts: [{ host, address: 'loopback' }], browser: trusting });
    const session = await driver.openSession({ baseUrl: `https://${host}`, signal });
    const result = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 60_000, signal });
    expect(result).toMatchObject({ outcome: { kind: 'unavailable' }, submitted: true });
    await session.close();
    expect(seen).toContain('GET /endless');
    expect(seen.filter((each) => each === 'POST /answer')).toHaveLength(1);
  });
});
