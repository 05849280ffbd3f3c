import { createLogger, Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UNASKED } from '../corpus/confirm.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver, parseRecipe, type PortalSession } from '../index.ts';
import { RENEWING, type Renewing, type RenewingPortal, startRenewingPortal } from './renewing-portal.fixture.ts';

const OLD = 'Spring-2031-harbour';
const NEW = 'Autumn-2031-lantern';
const limits = { deadlineMs: 30_000, signal: new AbortController().signal };
const recipe = parseRecipe({
  version: 2,
  name: 'renewing',
  session: { open: '/home', logged_in: { text: 'Sign out' }, logged_out: { visible: { label: 'User name' } } },
  login: {
    open: '/login',
    outcomes: [
      { when: { text: 'User name or password wrong.' }, is: 'rejected' },
      { when: { text: 'Sign out' }, is: 'accepted' },
    ],
  },
  change: {
    steps: [
      { open: '/change' },
      { fill: { into: { label: 'Old' }, with: { credential: 'password' } } },
      { fill: { into: { label: 'New' }, with: { credential: 'new_password' } } },
      { press: { role: 'button', name: 'Change' }, submit: true },
    ],
    outcomes: [{ when: { text: 'It is done.' }, is: 'applied' }],
  },
  tasks: {
    look: {
      input: {},
      steps: [{ open: '/home' }],
      outcomes: [
        { when: { text: 'Sign out' }, is: 'found' },
        { when: { text: 'None.' }, is: 'nothing_found' },
      ],
      fields: { link: { in: { css: 'a' } } },
    },
  },
});

let pool: BrowserPool;
let portal: RenewingPortal;
let session: PortalSession;
beforeAll(() => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
});
afterEach(async () => {
  await session.close();
  await portal.close();
});
afterAll(() => pool.close());

const sending = {
  ...limits,
  credential: { username: new Secret('somebody'), password: new Secret(OLD), custom: {} },
  totp: null,
  beforeSubmit: async () => undefined,
};

/** Signs in, with the password that the portal has. */
async function signedIn(how: Renewing): Promise<void> {
  portal = await startRenewingPortal(how, OLD);
  const driver = createRecipeDriver({ recipe, hosts: [{ host: portal.host, address: 'loopback' }], browser: pool });
  session = await driver.openSession({ baseUrl: portal.origin, signal: limits.signal });
  expect((await session.login(sending)).outcome).toMatchObject({ kind: 'accepted' });
}

describe.each(RENEWING)('a page that shows the password again and again by itself, %s', (how) => {
  it('shows the portal none that a change has replaced', async () => {
    await signedIn(how);
    expect(await session.changePassword({ ...sending, newPassword: new Secret(NEW), confirm: UNASKED })).toMatchObject({ kind: 'applied' });
    await portal.ticks(5);
    await session.close();
    expect(portal.failures()).toBe(0);
  });

  it('shows none while its session waits for the next task, since a rotation waits for no such session', async () => {
    await signedIn(how);
    expect(await session.runTask({ ...limits, name: 'look', input: {} })).toMatchObject({ kind: 'found' });
    // What was on its way.
    await portal.ticks(2);
    portal.set(NEW);
    await portal.ticks(5);
    portal.set(OLD);
    expect(portal.failures()).toBe(0);
    const before = portal.renewed();
    expect(await session.isLoggedIn(limits)).toBe(true);
    await portal.ticks(3);
    expect(portal.renewed()).toBeGreaterThan(before);
  });
});
