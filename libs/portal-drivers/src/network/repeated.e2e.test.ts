import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate, trusting } from './certificate.fixture.ts';

/** How the form is sent: by the browser, or by the page's own code while a worker of its ends. */
const SENT = {
  'by a form': 'form.submit()',
  'by code, beside a worker that ends': `
    const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])));
    await new Promise((resolve) => worker.addEventListener('message', resolve));
    fetch('/answer', { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    await fetch('/came');
    worker.terminate();
    await fetch('/ended');`,
} as const;

/** Its form is sent once an answer has begun that goes on and on: both go by one connection, in which the portal has sent something before. */
const page = (how: keyof typeof SENT): string => `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/answer"><label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>
<script>
  const form = document.querySelector('form');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { body } = await fetch('/endless');
    await body.getReader().read();
    ${SENT[how]};
  });
</script>`;
/** Milliseconds between two parts of it: often enough for a connection that is never quiet. */
const PART_MS = 5;
/** Long enough for most workers' ends to be heard of. */
const ENDED_MS = 500;
const signal = new AbortController().signal;
const identity = certificate();

describe.runIf(identity !== null)('a portal reached by HTTP/2 that drops a connection after the submit, by which something else is on its way', () => {
  let portal: Http2SecureServer;
  let pool: BrowserPool;
  const sessions = new Set<ServerHttp2Session>();
  let seen: string[];
  let came: PromiseWithResolvers<void>;
  let how: keyof typeof SENT;
  beforeAll(async () => {
    portal = createSecureServer({ ...identity });
    portal.on('session', (session) => {
      sessions.add(session);
      session.on('error', () => undefined).on('close', () => sessions.delete(session));
    });
    portal.on('stream', (stream, { ':method': method, ':path': path }) => {
      seen.push(`${method} ${path}`);
      stream.on('error', () => undefined);
      const drop = (): void => stream.session?.destroy();
      if (path === '/answer') return void stream.on('end', () => (how === 'by a form' ? drop() : came.resolve())).resume();
      if (path === '/ended') return void setTimeout(drop, ENDED_MS);
      if (path === '/came') return void came.promise.then(() => stream.respond({ ':status': 204 }, { endStream: true }));
      stream.respond({ ':status': 200, 'content-type': 'text/html' });
      if (path !== '/endless') return void stream.end(page(how));
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

  it.each(Object.keys(SENT) as (keyof typeof SENT)[])('gets the credentials once: %s', async (sent) => {
    [seen, came, how] = [[], Promise.withResolvers<void>(), sent];
    const host = `127.0.0.1:${(portal.address() as AddressInfo).port}`;
    const driver = createRecipeDriver({ recipe: corpusRecipe({}), hosts: [{ host, address: 'loopback' }], browser: trusting(pool) });
    const session = await driver.openSession({ baseUrl: `https://${host}`, signal });
    const result = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 60_000, signal });
    expect(result).toMatchObject({ outcome: { kind: how === 'by a form' ? 'unavailable' : 'unknown' }, submitted: true });
    await session.close();
    expect(seen).toContain('GET /endless');
    expect(seen.filter((each) => each === 'POST /answer')).toHaveLength(1);
  });
});
