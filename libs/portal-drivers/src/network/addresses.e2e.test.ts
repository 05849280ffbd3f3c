import { createLogger, hasCode } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type CorpusServer, startCorpus } from '../corpus/corpus.fixture.ts';
import {
  type BlockedRequest,
  type BrowserPool,
  createBrowserPool,
  createRecipeDriver,
  type DeclaredHost,
  type GuardedContext,
  openGuardedContext,
} from '../index.ts';
import { InsideServer } from './inside-server.fixture.ts';
import { ELSEWHERE, Resolver } from './resolver.fixture.ts';

let portal: CorpusServer;
let pool: BrowserPool;
const open: { close(): Promise<void> }[] = [];
const signal = new AbortController().signal;
const portOf = (): string => new URL(portal.origin).port;
const logger = createLogger({ name: 'test', level: 'silent' });

beforeAll(async () => {
  portal = await startCorpus();
  pool = createBrowserPool({ maxContexts: 4, logger, executablePath: process.env.RCM_CHROMIUM_PATH });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  portal.seen.length = 0;
});
afterAll(async () => {
  await pool.close();
  await portal.close();
});

async function loginAt(options: { readonly baseUrl: string; readonly hosts: readonly DeclaredHost[]; readonly resolver?: Resolver }) {
  const driver = createRecipeDriver({
    plaintextAllowed: true,
    recipe: corpusRecipe({ login: 'login/accepted' }),
    hosts: options.hosts,
    portalType: 'alpine',
    browser: pool,
    ...(options.resolver ? { lookup: options.resolver.lookup } : {}),
  });
  const session = await driver.openSession({ baseUrl: options.baseUrl, signal });
  open.push(session);
  return session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 60_000, signal });
}

/** A page of a context whose portal has these names, at the corpus portal's port. */
async function guarded(hosts: readonly DeclaredHost[], resolver: Resolver): Promise<GuardedContext & { readonly blocked: BlockedRequest[] }> {
  const blocked: BlockedRequest[] = [];
  const [first] = hosts;
  const host = typeof first === 'string' ? first : first?.host;
  const context = await openGuardedContext({
    plaintextAllowed: true,
    baseUrl: `http://${host}`,
    hosts,
    portalType: 'alpine',
    lookup: resolver.lookup,
    browser: pool,
    signal,
    onBlocked: (one) => blocked.push(one),
  });
  open.push(context);
  return { ...context, blocked };
}

const refusal = (words: string) => (error: unknown) => hasCode(error, 'address_refused') && error.message.includes(words);

describe('a portal whose address is not where its portal type says', () => {
  it.each(['localhost', '127.0.0.1', '2130706433', '0x7f.1', '127.1', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]'])('is not opened: %s', async (name) => {
    const host = `${name}:${portOf()}`;
    await expect(loginAt({ baseUrl: `http://${host}`, hosts: [host] })).rejects.toSatisfy(
      refusal(name === '0.0.0.0' ? 'no portal type can allow it' : 'a loopback address'),
    );
    expect(portal.seen).toEqual([]);
  });

  it.each([
    ['127.0.0.1', 'a loopback address, and portal type alpine declares the host as public'],
    ['10.20.30.40', 'an address of a private network'],
    ['169.254.169.254', 'no portal type can allow it'],
    ['fd00:ec2::254', 'no portal type can allow it'],
    ['fe80::1', 'a link-local address'],
    ['::ffff:10.0.0.1', 'an address of a private network'],
  ])('is not opened where its name resolves to %s, and the refusal says which rule would allow it', async (address, words) => {
    const host = `portal.example.test:${portOf()}`;
    const resolver = new Resolver({ 'portal.example.test': [[address]] });
    await expect(loginAt({ baseUrl: `http://${host}`, hosts: [host], resolver })).rejects.toSatisfy(refusal(words));
    expect(portal.seen).toEqual([]);
  });

  it('is not opened where one of several addresses is none it may have', async () => {
    const host = `portal.example.test:${portOf()}`;
    const resolver = new Resolver({ 'portal.example.test': [[ELSEWHERE, '127.0.0.1']] });
    await expect(loginAt({ baseUrl: `http://${host}`, hosts: [host], resolver })).rejects.toSatisfy(refusal('resolves to 127.0.0.1'));
  });

  it('is not opened where a host declared to be on loopback has been turned to a public address', async () => {
    const host = `portal.example.test:${portOf()}`;
    const resolver = new Resolver({ 'portal.example.test': [[ELSEWHERE]] });
    await expect(loginAt({ baseUrl: `http://${host}`, hosts: [{ host, address: 'loopback' }], resolver })).rejects.toSatisfy(
      refusal('declares the host as loopback'),
    );
  });

  it('is worked at where the portal type says so by name', async () => {
    const host = `portal.example.test:${portOf()}`;
    const resolver = new Resolver({ 'portal.example.test': [['127.0.0.1']] });
    const result = await loginAt({ baseUrl: `http://${host}`, hosts: [{ host, address: 'loopback' }], resolver });
    expect(result.outcome.kind).toBe('accepted');
    expect(resolver.asked).toEqual(['portal.example.test']);
  });

  it('is reached at the next of its addresses where the first does not answer', async () => {
    const host = `portal.example.test:${portOf()}`;
    const resolver = new Resolver({ 'portal.example.test': [['::1', '127.0.0.1']] });
    const result = await loginAt({ baseUrl: `http://${host}`, hosts: [{ host, address: 'loopback' }], resolver });
    expect(result.outcome.kind).toBe('accepted');
  });

  it('is unavailable, and nothing is sent, where its name has no answer', async () => {
    const host = `portal.example.test:${portOf()}`;
    const result = await loginAt({ baseUrl: `http://${host}`, hosts: [{ host, address: 'loopback' }], resolver: new Resolver({}) });
    expect(result).toMatchObject({ outcome: { kind: 'unavailable' }, submitted: false });
  });
});

describe('a name that changes its answer', () => {
  it('is asked for once in a session: rebinding reaches nobody', async () => {
    const host = `portal.example.test:${portOf()}`;
    const resolver = new Resolver({ 'portal.example.test': [[ELSEWHERE], ['127.0.0.1']] });
    const context = await guarded([host], resolver);
    const page = await context.context.newPage();
    for (const path of ['/pages/home/-', '/pages/login/-']) await page.goto(`http://${host}${path}`, { timeout: 1_500 }).catch(() => null);
    await page.goto(`https://${host}/`, { timeout: 1_500 }).catch(() => null);
    expect(portal.seen).toEqual([]);
    expect(resolver.asked).toEqual(['portal.example.test']);
  });

  it('is followed to the first address although the resolver has another by now', async () => {
    const host = `portal.example.test:${portOf()}`;
    const resolver = new Resolver({ 'portal.example.test': [['127.0.0.1'], [ELSEWHERE]] });
    const context = await guarded([{ host, address: 'loopback' }], resolver);
    const page = await context.context.newPage();
    for (const path of ['/pages/home/-', '/pages/login/-']) expect((await page.goto(`http://${host}${path}`))?.status()).toBe(200);
    expect(resolver.asked).toEqual(['portal.example.test']);
  });

  it('is resolved anew by the next session', async () => {
    const host = `portal.example.test:${portOf()}`;
    const resolver = new Resolver({ 'portal.example.test': [['127.0.0.1'], ['10.0.0.1']] });
    await guarded([{ host, address: 'loopback' }], resolver);
    await expect(guarded([{ host, address: 'loopback' }], resolver)).rejects.toSatisfy(refusal('resolves to 10.0.0.1'));
  });
});

describe('a second host of a portal, whose name resolves to loopback', () => {
  const names = { 'portal.example.test': [['127.0.0.1']], 'inside.example.test': [['127.0.0.1']] };
  let inside: InsideServer;
  let insideHost: string;
  beforeAll(async () => {
    inside = await InsideServer.start();
    insideHost = `inside.example.test:${inside.port}`;
  });
  afterAll(() => inside.close());

  async function page() {
    inside.reached.length = 0;
    const host = `portal.example.test:${portOf()}`;
    const context = await guarded([{ host, address: 'loopback' }, insideHost], new Resolver(names));
    const opened = await context.context.newPage();
    await opened.goto(`http://${host}/pages/home/-`);
    return { opened, host, blocked: context.blocked };
  }

  it.each<[string, (at: { readonly host: string }) => string]>([
    ['plain HTTP', () => `fetch('http://${insideHost}/', { mode: 'no-cors' })`],
    ['a tunnel', () => `fetch('https://${insideHost}/', { mode: 'no-cors' })`],
    ['a POST', () => `fetch('http://${insideHost}/', { method: 'POST', mode: 'no-cors', body: 'x' })`],
    ['a redirect', ({ host }) => `fetch('http://${host}/bounce?to=' + encodeURIComponent('http://${insideHost}/'), { mode: 'no-cors' })`],
    ['a WebSocket', () => `new Promise((done) => { const s = new WebSocket('ws://${insideHost}/'); s.onclose = s.onerror = done; })`],
    ['a WebSocket by TLS', () => `new Promise((done) => { const s = new WebSocket('wss://${insideHost}/'); s.onclose = s.onerror = done; })`],
    [
      'a WebSocket of a worker',
      () =>
        `new Promise((done) => { const w = new Worker(URL.createObjectURL(new Blob(["const s = new WebSocket('ws://${insideHost}/'); s.onclose = s.onerror = () => postMessage(1)"]))); w.onmessage = done; })`,
    ],
  ])('is not reached by %s', async (_way, script) => {
    const { opened, host, blocked } = await page();
    await opened.evaluate(`Promise.resolve(${script({ host })}).then(() => 0, () => 0)`);
    expect(inside.reached).toEqual([]);
    expect(blocked).toContainEqual({
      origin: insideHost,
      kind: 'connection',
      reason: `${insideHost} resolves to 127.0.0.1, a loopback address, and portal type alpine declares the host as public: only if the portal really is there, write {"host":"${insideHost}","address":"loopback"} among its hosts. Nothing was sent there.`,
    });
  });

  it.each(['127.0.0.1', '2130706433', '[::1]', '169.254.169.254', 'localhost', 'inside.example.test.'])('is not reached by %s in its place', async (name) => {
    const { opened } = await page();
    const port = insideHost.split(':')[1];
    for (const scheme of ['http', 'https']) await opened.evaluate(`fetch('${scheme}://${name}:${port}/', { mode: 'no-cors' }).then(() => 0, () => 0)`);
    expect(inside.reached).toEqual([]);
  });
});
