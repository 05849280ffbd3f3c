import { readFileSync } from 'node:fs';
import { createLogger, Secret } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool, createRecipeDriver, lintRecipe, type PooledContext, type PortalSession, recipeHosts } from '../index.ts';
import { UNASKED } from './confirm.fixture.ts';
import { type App, type AppServer, serveApp } from './apps/app-server.fixture.ts';
import { selfDeclaringApp } from './apps/self-declaring.fixture.ts';
import { REMITTANCE, singlePageApp } from './apps/single-page.fixture.ts';
import { signsOutApp } from './apps/signs-out.fixture.ts';
import { throttlingApp } from './apps/throttling.fixture.ts';

const USER = 'j.doe@example.test';
const [OLD, NEW] = ['Old pass/word & 1', 'Nëw pass+word % 2'];
/** As long as a busy machine needs; half of it is waited for where a press comes to nothing. */
const LOGOUT_MS = 20_000;
const limits = () => ({ deadlineMs: 30_000, signal: new AbortController().signal });
const credentialOf = (password: string) => ({ username: new Secret(USER), password: new Secret(password), custom: {} });

let pool: BrowserPool;
const open: { server: AppServer; session: PortalSession }[] = [];
beforeAll(() => {
  pool = createBrowserPool({ maxContexts: 4, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
});
afterEach(async () => {
  for (const { server, session } of open.splice(0)) {
    await session.close();
    await server.close();
  }
});
afterAll(() => pool.close());

/** A session at an application with one account, by the recipe file of its name alone. */
async function visit(name: string, app: App) {
  app.accounts.set(USER, { password: OLD, failures: 0 });
  const server = await serveApp(app);
  const { recipe, problems } = lintRecipe(readFileSync(new URL(`./recipes/${name}.yaml`, import.meta.url), 'utf8'), { file: name });
  if (!recipe) throw new Error(JSON.stringify(problems));
  const opened: PooledContext[] = [];
  const browser: BrowserPool = { ...pool, openContext: async (options) => (opened.push(await pool.openContext(options)), opened[0] as PooledContext) };
  const session = await createRecipeDriver({ recipe, hosts: recipeHosts(recipe, server.origin, 'loopback'), browser, logoutMs: LOGOUT_MS }).openSession({
    baseUrl: server.origin,
    signal: new AbortController().signal,
  });
  open.push({ server, session });
  return {
    session,
    pages: () => opened[0]?.context.pages().length,
    login: (password = OLD) => session.login({ credential: credentialOf(password), totp: null, beforeSubmit: async () => undefined, ...limits() }),
    change: (current = OLD) =>
      session.changePassword({
        credential: credentialOf(current),
        newPassword: new Secret(NEW),
        totp: null,
        confirm: UNASKED,
        beforeSubmit: async () => undefined,
        ...limits(),
      }),
    task: (task: string, input = {}) => session.runTask({ name: task, input, ...limits() }),
  };
}

describe('a single-page application', () => {
  it('is logged in to, tells the expiry in days, is left again', async () => {
    const { login, session } = await visit('single-page', singlePageApp());
    expect((await login('wrong')).outcome).toEqual({ kind: 'rejected' });
    const { outcome } = await login();
    expect(outcome.kind).toBe('accepted');
    const days = outcome.kind === 'accepted' && outcome.passwordExpiresAt ? (outcome.passwordExpiresAt.getTime() - Date.now()) / 86_400_000 : 0;
    expect(Math.round(days)).toBe(12);
    expect(await session.isLoggedIn(limits())).toBe(true);
  });

  it('changes the password and stays logged in', async () => {
    const app = singlePageApp();
    const { login, change, session } = await visit('single-page', app);
    await login();
    expect(await change('not it')).toEqual({ kind: 'refused', rule: 'current_wrong', submitted: true });
    expect(await change()).toEqual({ kind: 'applied', submitted: true, session: 'kept' });
    expect(app.accounts.get(USER)?.password).toBe(NEW);
    expect(await session.isLoggedIn(limits())).toBe(true);
  });

  it('gives rows that grow, typed', async () => {
    const { login, task } = await visit('single-page', singlePageApp());
    await login();
    const outcome = await task('claims');
    expect(outcome.kind === 'found' && outcome.rows.length).toBe(7);
    expect(outcome.kind === 'found' && outcome.rows.slice(0, 2)).toEqual([
      { number: 'C-1', billed: '1000.50', service: '2031-01-15', paid: 12 },
      { number: 'C-2', billed: '2010.50', service: '2031-02-15', paid: null },
    ]);
    expect(await task('claims', { number: 'X' })).toEqual({ kind: 'nothing_found' });
  });

  it('gives a file that a script of the page makes', async () => {
    const { login, task } = await visit('single-page', singlePageApp());
    await login();
    const outcome = await task('remittance');
    expect(outcome.kind === 'found' && outcome.file?.name).toBe('remit.835');
    expect(outcome.kind === 'found' && Buffer.from(outcome.file?.bytes ?? []).toString()).toBe(REMITTANCE);
  });
});

describe('an application whose pages declare themselves', () => {
  it('needs no steps: user name first, then password, then the change without the current one', async () => {
    const app = selfDeclaringApp();
    const { login, change } = await visit('self-declaring', app);
    expect((await login('wrong')).outcome).toEqual({ kind: 'rejected' });
    expect((await login()).outcome).toEqual({ kind: 'accepted' });
    expect(await change()).toEqual({ kind: 'applied', submitted: true, session: 'kept' });
    expect(app.accounts.get(USER)?.password).toBe(NEW);
    expect((await login(NEW)).outcome).toEqual({ kind: 'accepted' });
  });

  it('shows by itself whether the session holds', async () => {
    const { login, session } = await visit('self-declaring', selfDeclaringApp());
    await login();
    expect(await session.isLoggedIn(limits())).toBe(true);
  });

  it('is not taken for logged out where a page of it asks for a member', async () => {
    const { login, task } = await visit('self-declaring', selfDeclaringApp());
    await login();
    expect(await task('coverage', { member: 'M-1' })).toEqual({ kind: 'found', rows: [], fields: { words: 'Member M-1 is covered' } });
  });
});

describe('an application that signs out on a change', () => {
  it('confirms the change and knows that the session has ended', async () => {
    const app = signsOutApp();
    const { login, change } = await visit('signs-out', app);
    expect((await login('wrong')).outcome).toEqual({ kind: 'rejected' });
    await login();
    expect(await change()).toEqual({ kind: 'applied', submitted: true, session: 'ended' });
    expect(app.accounts.get(USER)?.password).toBe(NEW);
    expect((await login(NEW)).outcome).toEqual({ kind: 'accepted' });
  });

  it('proves the password by the demand for a new one, which has a form of its own', async () => {
    const app = signsOutApp();
    app.mustChange.add(USER);
    const { login, change } = await visit('signs-out', app);
    expect((await login()).outcome).toEqual({ kind: 'change_forced', provesPassword: true });
    expect(await change()).toEqual({ kind: 'applied', submitted: true, session: 'kept' });
    expect(app.accounts.get(USER)?.password).toBe(NEW);
  });

  it('gives the fields of a record in a new tab, typed, again and again without leaving tabs behind', async () => {
    const { login, task, session, pages } = await visit('signs-out', signsOutApp());
    await login();
    expect(await task('card')).toEqual({
      kind: 'found',
      rows: [],
      fields: { plan: 'Silver', valid_to: '2031-03-31', deductible: '1250.00', balance: '-40.25', second: null, members: 4 },
    });
    expect((await task('card')).kind).toBe('found');
    expect(await session.isLoggedIn(limits())).toBe(true);
    await expect.poll(pages, { timeout: 10_000 }).toBe(1);
  });
});

describe('a logout', () => {
  it.each([
    ['is done on the page that is open', 0, ['/logout']],
    ['opens its page where that came to nothing', 1, ['/logout', '/start', '/logout']],
  ])('%s', async (_, deaf, expected) => {
    const app = signsOutApp();
    const asked: string[] = [];
    let unheard = deaf;
    const answer: App['answer'] = (request) => {
      asked.push(request.path);
      if (request.path !== '/logout' || unheard === 0) return app.answer(request);
      unheard -= 1;
      return app.answer({ ...request, path: '/start' });
    };
    const { login, session } = await visit('signs-out', { accounts: app.accounts, answer });
    await login();
    asked.splice(0);
    await session.close();
    expect(asked.filter((path) => path === '/logout' || path === '/start')).toEqual(expected);
  });
});

describe('an application that throttles', () => {
  it('is told from one that asks a captcha, and from one that has locked the account', async () => {
    const { login } = await visit('throttling', throttlingApp());
    expect((await login('wrong')).outcome).toEqual({ kind: 'rejected' });
    expect((await login('wrong')).outcome).toEqual({ kind: 'rejected' });
    const before = Date.now();
    const { outcome } = await login('wrong');
    expect(outcome.kind).toBe('throttled');
    const waitMs = outcome.kind === 'throttled' ? (outcome.until?.getTime() ?? 0) - before : 0;
    expect(Math.floor(waitMs / 30_000)).toBe(9);
    expect((await login('wrong')).outcome).toEqual({ kind: 'challenged' });
    expect((await login('wrong')).outcome).toEqual({ kind: 'locked', until: new Date('2031-04-01T00:05:00Z') });
  });

  it('is worked with through a frame, a notice that tells the expiry, a facility and a question about the device', async () => {
    const { login, task, session } = await visit('throttling', throttlingApp());
    expect((await login()).outcome).toEqual({ kind: 'accepted', passwordExpiresAt: new Date('2031-07-05T03:30:00Z') });
    expect(await task('facility')).toEqual({ kind: 'found', rows: [], fields: { facility: 'kept', file: '/file' } });
    expect(await session.isLoggedIn(limits())).toBe(true);
  });
});
