import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger, createMetrics, Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool, createRecipeDriver, lintRecipe, recipeHosts } from '../index.ts';

const RECIPE = `
version: 1
name: busy
session:
  open: /home
  logged_in: { visible: { role: link, name: Sign out } }
  logged_out: { visible: { field: user } }
login:
  steps:
    - open: /login
    - fill: { into: { field: user }, with: { credential: username } }
    - fill: { into: { field: pass }, with: { credential: password } }
    - press: { role: button, name: Sign in }
      submit: true
  outcomes:
    - { when: { text: No. }, is: rejected }
    - { when: { visible: { role: link, name: Sign out } }, is: accepted }
change:
  steps:
    - open: /change
    - fill: { into: { field: old }, with: { credential: password } }
    - fill: { into: { field: new }, with: { credential: new_password } }
    - press: { role: button, name: Change }
      submit: true
  outcomes:
    - { when: { text: Changed. }, is: applied }
logout:
  steps:
    - open: /home
    - press: { role: link, name: Sign out }
  done: { text: Goodbye. }
`;
const LOGIN = '<form action="/home"><input name="user"><input name="pass" type="password"><button>Sign in</button></form>';
/** Once it may begin it does nothing else any more. */
const HOME = '<a href="/bye">Sign out</a><script>fetch("/wait").then(() => { fetch("/busy"); setTimeout(() => { for (;;); }, 100); });</script>';

const metrics = createMetrics();
let pool: BrowserPool;
let server: Server;
const [begin, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
const [signOut, signingOut] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
beforeAll(async () => {
  pool = createBrowserPool({ maxContexts: 1, metrics, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/busy') begun.resolve();
    if (path === '/bye') signingOut.resolve();
    const body = path === '/login' ? LOGIN : path === '/home' ? HOME : path === '/bye' ? 'Goodbye.' : '';
    void (path === '/wait' ? begin.promise : path === '/bye' ? signOut.promise : Promise.resolve()).then(() =>
      response.setHeader('content-type', 'text/html').end(body),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await pool.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Opens sessions of the portal, in a browser that has one place, and one that is logged in. */
async function loggedIn(options: { readonly logoutMs?: number } = {}) {
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { recipe, problems } = lintRecipe(RECIPE, { file: 'busy' });
  if (!recipe) throw new Error(JSON.stringify(problems));
  const { signal } = new AbortController();
  const driver = createRecipeDriver({ recipe, hosts: recipeHosts(recipe, baseUrl, 'loopback'), browser: pool, ...options });
  const open = () => driver.openSession({ baseUrl, signal });
  const session = await open();
  const credential = { username: new Secret('ann'), password: new Secret('old one'), custom: {} };
  const { outcome } = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 120_000, signal });
  expect(outcome.kind).toBe('accepted');
  return { session, open };
}

it('another has the place of a session that signs out', async () => {
  const { session, open } = await loggedIn({ logoutMs: 600_000 });
  const closing = session.close();
  await signingOut.promise;
  const next = await open();
  expect(await metrics.exposition()).toMatch(/^rcm_browser_contexts 2$/m);
  signOut.resolve();
  await Promise.all([closing, next.close()]);
});

it('a session ends where the page that is open never answers again', async () => {
  const { session } = await loggedIn();
  begin.resolve();
  await begun.promise;
  await pause(1_000);
  await session.close();
});
