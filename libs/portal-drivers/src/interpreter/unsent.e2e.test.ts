import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool, createRecipeDriver, type LoginResult, parseRecipe } from '../index.ts';

const limits = { deadlineMs: 30_000, signal: new AbortController().signal };
const recipe = parseRecipe({
  version: 2,
  name: 'hasty',
  session: { open: '/home', logged_in: { text: 'Sign out' }, logged_out: { visible: { label: 'User name' } } },
  login: {
    open: '/login',
    outcomes: [
      { when: { text: 'User name or password wrong.' }, is: 'rejected' },
      { when: { text: 'A code was sent.' }, is: 'mfa_required', proves_password: true },
      { when: { text: 'Choose a new password.' }, is: 'change_forced', proves_password: true },
      { when: { text: 'Sign out' }, is: 'accepted' },
    ],
  },
});

/** What the page does at a press, before it has asked its server. */
const DONE = {
  'shows that somebody is in': 'document.body.innerHTML = "<a href=/home>Sign out</a>"; return false',
  'shows that somebody is in, at an address of its own': 'location.hash = "home"; document.body.innerHTML = "<a href=/home>Sign out</a>"; return false',
  'wants a new password': 'document.body.innerHTML = "<p>Choose a new password.</p>"; return false',
  'wants a code': 'document.body.innerHTML = "<p>A code was sent.</p>"; return false',
} as const;

let pool: BrowserPool;
let portal: Server;
let pressed: string;
let asked: string[];
beforeAll(() => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
});
beforeEach(async () => {
  asked = [];
  portal = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      request.method === 'POST'
        ? '<a href="/home">Sign out</a>'
        : `<link rel="icon" href="data:,"><form method="post" action="/answer" onsubmit="${pressed.replaceAll('"', '&quot;')}">
          <label>User name <input name="user"></label><label>Password <input name="pass" type="password"></label><button>Log in</button></form>`,
    );
  });
  await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  portal.closeAllConnections();
  await new Promise((resolve) => portal.close(resolve));
});
afterAll(() => pool.close());

async function logIn(): Promise<LoginResult> {
  const host = `127.0.0.1:${(portal.address() as AddressInfo).port}`;
  const driver = createRecipeDriver({ recipe, hosts: [{ host, address: 'loopback' }], browser: pool });
  const session = await driver.openSession({ baseUrl: `http://${host}`, signal: limits.signal });
  const credential = { username: new Secret('somebody'), password: new Secret('Spring-2031-harbour'), custom: {} };
  const result = await session.login({ ...limits, credential, totp: null, beforeSubmit: async () => undefined });
  await session.close();
  return result;
}

describe('a page that answers a login by itself', () => {
  it.each(Object.entries(DONE))('proves no password: one that %s and has sent nothing', async (_what, script) => {
    pressed = script;
    const { outcome, submitted } = await logIn();
    expect(['unknown', 'mfa_required']).toContain(outcome.kind);
    expect(outcome).not.toHaveProperty('provesPassword');
    expect(submitted).toBe(true);
    expect(asked).toEqual(['GET /login']);
  });

  it('is told from one whose server has answered', async () => {
    pressed = 'return true';
    expect(await logIn()).toEqual({ outcome: { kind: 'accepted' }, submitted: true });
    expect(asked).toEqual(['GET /login', 'POST /answer']);
  });
});
