import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate, trusting } from './certificate.fixture.ts';

/** Once it was submitted it asks for something, and tells something when that is answered, before the submit is. */
const PAGE = `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/answer"><label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>
<script>
  const told = () => setTimeout(() => navigator.sendBeacon('/told', 'x'), 100);
  const ask = () => fetch('/asked').then(told);
  document.querySelector('form').addEventListener('submit', () => (location.pathname.endsWith('/at-once') ? ask() : setTimeout(ask, 200)));
</script>`;
const HOME_PAGE = '<!doctype html><title>Home</title><link rel="icon" href="data:,"><a href="#">Sign out</a>';
const ASKED_MS = 300;
/** So long after the page has told something the submit is answered, however busy the machine is. */
const SUBMIT_MS = 500;
const signal = new AbortController().signal;
const identity = certificate();

describe.runIf(identity !== null)('a portal reached by HTTP/2 that takes its time to answer the submit, and not to answer other things', () => {
  let portal: Http2SecureServer;
  let pool: BrowserPool;
  let seen: string[];
  let told: PromiseWithResolvers<void>;
  beforeAll(() => {
    pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  });
  beforeEach(async () => {
    portal = createSecureServer({ ...identity });
    portal.on('stream', (stream, { ':method': method, ':path': path }) => {
      if (!path?.startsWith('/pages/')) seen.push(`${method} ${path}`);
      const answer = (status: number, headers: Record<string, string>, body = ''): void => {
        if (stream.destroyed) return;
        stream.respond({ ':status': status, ...headers });
        stream.end(body);
      };
      stream.on('error', () => undefined);
      if (path === '/answer') void told.promise.then(() => setTimeout(answer, SUBMIT_MS, 303, { location: '/pages/home/-' }));
      else if (path === '/asked') setTimeout(answer, ASKED_MS, 204, {});
      else if (path === '/told') {
        told.resolve();
        answer(204, {});
      } else answer(200, { 'content-type': 'text/html' }, path === '/pages/home/-' ? HOME_PAGE : PAGE);
    });
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise<void>((resolve) => portal.close(() => resolve())));
  afterAll(() => pool.close());

  async function login(when: string) {
    [seen, told] = [[], Promise.withResolvers<void>()];
    const host = `127.0.0.1:${(portal.address() as AddressInfo).port}`;
    const driver = createRecipeDriver({ recipe: corpusRecipe({ login: `login/${when}` }), hosts: [{ host, address: 'loopback' }], browser: trusting(pool) });
    const session = await driver.openSession({ baseUrl: `https://${host}`, signal });
    const result = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 60_000, signal });
    await session.close();
    expect(seen.filter((each) => each === 'POST /answer')).toHaveLength(1);
    return result;
  }

  it.each(['at-once', 'later'])('gets the credentials once and its answer is heard, whatever the page tells it meanwhile: %s', async (when) => {
    let result = await login(when);
    // The browser gives up what it waits for where an address of the machine comes or goes, as with every container that starts or ends beside the test.
    for (let time = 1; time < 3 && result.outcome.kind === 'unavailable'; time += 1) result = await login(when);
    expect(result).toEqual({ outcome: { kind: 'accepted' }, submitted: true });
    expect(seen.toSorted()).toEqual(['GET /asked', 'POST /answer', 'POST /told']);
  });
});
