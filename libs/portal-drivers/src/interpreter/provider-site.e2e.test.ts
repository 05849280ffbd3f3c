import { createLogger, Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UNASKED } from '../corpus/confirm.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver, type LoginResult, parseRecipe, type PortalSession } from '../index.ts';
import { type Habit, HABITS, type ProviderSite, type Stands, STANDS, startProviderSite } from './provider-site.fixture.ts';

const OLD = 'Spring-2031-harbour';
const NEW = 'Autumn-2031-lantern';
/** Pages that send again do so at once, so this is long enough for many times. */
const LONG_ENOUGH_MS = 1_000;
const limits = { deadlineMs: 30_000, signal: new AbortController().signal };

function recipeOf(stands: Stands, { mayReceive }: { readonly mayReceive: boolean }) {
  const where = (inside: boolean) => (inside ? { frame: 'provider' } : {});
  const fill = (label: string, credential: string, inside: boolean) => ({ fill: { into: { label, ...where(inside) }, with: { credential } } });
  const go = (inside: boolean) => ({ press: { role: 'button', name: 'Go', ...where(inside) }, submit: true });
  const framed = stands === 'frame';
  return parseRecipe({
    version: 2,
    name: 'provider-site',
    hosts: { provider: mayReceive ? { secrets: true } : {} },
    session: { open: '/home', logged_in: { text: 'Sign out' }, logged_out: { text: 'With your provider' } },
    login: {
      steps: [
        { open: '/login' },
        ...(framed ? [] : [{ press: { role: 'button', name: 'With your provider' }, opens_tab: true }]),
        fill('User name', 'username', framed),
        fill('Password', 'password', framed),
        go(framed),
      ],
      outcomes: [
        { when: { text: 'That password is wrong.' }, is: 'rejected' },
        { when: { text: 'Sign out' }, is: 'accepted' },
      ],
    },
    change: {
      steps: [{ open: '/change' }, fill('Old', 'password', true), fill('New', 'new_password', true), go(true)],
      outcomes: [
        { when: { text: 'That password is wrong.' }, is: 'refused', rule: 'current_wrong' },
        { when: { text: 'It is done.' }, is: 'applied' },
      ],
    },
  });
}

let pool: BrowserPool;
let site: ProviderSite;
let session: PortalSession;
beforeAll(() => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
});
afterEach(async () => {
  await session.close();
  await site.close();
});
afterAll(() => pool.close());

const sending = (password: string) => ({
  ...limits,
  credential: { username: new Secret('somebody'), password: new Secret(password), custom: {} },
  totp: null,
  beforeSubmit: async () => undefined,
});

interface LoginOptions {
  readonly typed?: string;
  readonly mayReceive?: boolean;
  readonly login?: Habit;
  readonly change?: Habit;
}

async function logIn(
  stands: Stands,
  { typed = OLD, mayReceive = true, login = 'sends its form', change = 'sends its form' }: LoginOptions,
): Promise<LoginResult> {
  site = await startProviderSite(stands, { login, change }, OLD);
  const hosts = [
    { host: site.host, address: 'loopback' as const },
    { host: site.providerHost, address: 'loopback' as const, name: 'provider' },
  ];
  const driver = createRecipeDriver({ recipe: recipeOf(stands, { mayReceive }), hosts, browser: pool });
  session = await driver.openSession({ baseUrl: `http://${site.host}`, signal: limits.signal });
  return session.login(sending(typed));
}

const longEnough = () => new Promise((resolve) => setTimeout(resolve, LONG_ENOUGH_MS));

describe.each(STANDS)('a login whose form is a provider’s of another site, in a %s', (stands) => {
  it('is accepted where the portal’s page is told', async () => {
    expect(await logIn(stands, {})).toEqual({ outcome: { kind: 'accepted' }, submitted: true });
    expect(site.tried).toEqual([OLD]);
  });

  it.each(Object.keys(HABITS) as Habit[])('tries a wrong password once, where the page %s', async (habit) => {
    const { outcome, submitted } = await logIn(stands, { typed: NEW, login: habit });
    await longEnough();
    expect(site.tried).toEqual([NEW]);
    // In a window beside the one that is worked with nothing is read.
    const isSeen = stands === 'frame' || habit !== 'has the portal’s page send its form again and again';
    expect([outcome.kind, submitted]).toEqual([isSeen ? 'rejected' : 'unknown', true]);
  });

  it('sends nothing to a provider that may not receive what is typed', async () => {
    expect((await logIn(stands, { mayReceive: false })).outcome.kind).not.toBe('rejected');
    await longEnough();
    expect([site.tried, site.bodies]).toEqual([[], []]);
  });
});

describe('a change whose form is a provider’s of another site', () => {
  it.each(Object.keys(HABITS) as Habit[])('is sent once, where the page %s', async (change) => {
    expect((await logIn('frame', { change })).outcome.kind).toBe('accepted');
    expect(await session.changePassword({ ...sending(OLD), newPassword: new Secret(NEW), confirm: UNASKED })).toMatchObject({ kind: 'applied' });
    await longEnough();
    expect([site.tried, site.password()]).toEqual([[OLD, OLD], NEW]);
  });
});
