import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BlockedRequest, type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate, trusting } from './certificate.fixture.ts';

const LOGIN_PAGE = `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/answer"><label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>`;
const HOME_PAGE = '<!doctype html><title>Home</title><link rel="icon" href="data:,"><a href="#">Sign out</a>';
const HOME = '/pages/home/-';
/** Longer than a browser takes to follow a redirect. */
const LATE_MS = 1_000;
const signal = new AbortController().signal;
const identity = certificate();

/** Where each answer to what was posted leads, by how often something was posted before. */
const LEADS: Readonly<Record<string, (before: number) => readonly [number, string]>> = {
  'to itself': () => [307, '/answer'],
  'to itself for good': () => [308, '/answer'],
  'to and fro': (before) => [307, before % 2 === 0 ? '/login' : '/answer'],
  'to itself with another query each time': (before) => [307, `/answer?try=${before}`],
  'on and on, to another address each time': (before) => [before % 2 === 0 ? 307 : 308, `/answer/${before}`],
  'on, and then home': (before) => [before === 0 ? 307 : 303, before === 0 ? '/sessions' : HOME],
};
const ENDS: readonly (readonly [string, string, number])[] = [
  ['to itself', 'unavailable', 1],
  ['to itself for good', 'unavailable', 1],
  ['to and fro', 'unavailable', 2],
  ['to itself with another query each time', 'unavailable', 2],
  ['on and on, to another address each time', 'unavailable', 2],
  ['on, and then home', 'accepted', 2],
];

let pool: BrowserPool;
let end = async (): Promise<void> => undefined;
beforeAll(() => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
});
afterEach(() => end());
afterAll(() => pool.close());

async function started(scheme: string, answer: RequestListener): Promise<string> {
  const portal = scheme === 'https' ? createServer({ ...identity }, answer) : createPlainServer(answer);
  await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
  end = async () => {
    const closed = new Promise((resolve) => portal.close(resolve));
    portal.closeAllConnections();
    await closed;
  };
  return `127.0.0.1:${(portal.address() as AddressInfo).port}`;
}

describe.each(identity === null ? ['http'] : ['http', 'https'])('a portal that answers a login with a redirect that keeps what was sent, over %s', (scheme) => {
  it.each(ENDS)('%s', async (leads, kind, expected) => {
    let posts = 0;
    const blocked: BlockedRequest[] = [];
    const host = await started(scheme, ({ method, url }, answer) => {
      if (method === 'GET') return void answer.writeHead(200, { 'content-type': 'text/html' }).end(url === HOME ? HOME_PAGE : LOGIN_PAGE);
      const [status, location] = LEADS[leads]?.(posts) ?? [500, ''];
      posts += 1;
      answer.writeHead(status, { location }).end();
    });
    const onBlocked = (one: BlockedRequest): void => void blocked.push(one);
    const driver = createRecipeDriver({ recipe: corpusRecipe({}), hosts: [{ host, address: 'loopback' }], browser: trusting(pool), onBlocked });
    const session = await driver.openSession({ baseUrl: `${scheme}://${host}`, signal });
    const { outcome, submitted } = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 60_000, signal });
    await session.close();
    expect([outcome.kind, submitted, posts]).toEqual([kind, true, expected]);
    expect(blocked.map(({ origin }) => origin)).toEqual(kind === 'accepted' ? [] : [`${scheme}://${host}`]);
  });

  it.each(['its time is over', 'it is given up'])('follows no such redirect that comes once the login has ended, as %s', async (why) => {
    let posts = 0;
    const came = Promise.withResolvers<() => void>();
    const host = await started(scheme, ({ method, url }, answer) => {
      if (method === 'GET') return void answer.writeHead(200, { 'content-type': 'text/html' }).end(url === HOME ? HOME_PAGE : LOGIN_PAGE);
      posts += 1;
      came.resolve(() => answer.writeHead(307, { location: '/sessions' }).end());
    });
    const driver = createRecipeDriver({ recipe: corpusRecipe({ stepDeadlineMs: 5_000 }), hosts: [{ host, address: 'loopback' }], browser: trusting(pool) });
    const session = await driver.openSession({ baseUrl: `${scheme}://${host}`, signal });
    const giving = new AbortController();
    const ended = session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 60_000, signal: giving.signal });
    const answerLate = await came.promise;
    if (why === 'it is given up') giving.abort();
    expect(await ended).toMatchObject({ outcome: { kind: 'unknown' }, submitted: true });
    answerLate();
    await pause(LATE_MS);
    await session.close();
    expect(posts).toBe(1);
  });
});
