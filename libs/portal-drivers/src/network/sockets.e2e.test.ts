import { createLogger, RcmError } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { CANARY, credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver, type PortalSession } from '../index.ts';
import { certificate, trusting } from './certificate.fixture.ts';
import { type SocketPortal, startSocketPortal, type Way, WAYS } from './socket-portal.fixture.ts';

const identity = certificate();
const WAYS_THERE = Object.keys(WAYS) as Way[];
const signal = new AbortController().signal;
const TYPED = `typed ${CANARY.password}`;
/** Long enough for a socket to open and speak several times over; what is too slow on a busy machine is only not seen. */
const heardBy = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 600));

const SCHEMES = identity ? ['HTTP/2', 'http', 'https'] : ['http'];

describe.each(SCHEMES)('what a script of a portal’s page tells its portal by a socket, over %s', (scheme) => {
  // On a change each way over one of them, by turns.
  const ways = WAYS_THERE.filter((_, place) => isLongForm() || SCHEMES[place % SCHEMES.length] === scheme);
  let portal: SocketPortal;
  let pool: BrowserPool;
  const open: PortalSession[] = [];
  beforeAll(() => {
    pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  });
  // A portal of its own for each test: the farewell of a browser's socket may reach its portal after the browser has closed.
  beforeEach(async () => {
    portal = await startSocketPortal({ identity: scheme === 'http' ? null : identity, http2: scheme === 'HTTP/2' });
  });
  afterEach(async () => {
    for (const session of open.splice(0)) await session.close();
    await portal.close();
  });
  afterAll(() => pool.close());

  async function login(way: Way, beforeSubmit: () => Promise<void>) {
    const session = await createRecipeDriver({
      // What leaves and when is the matter here, not how fast: a machine that stands still for a while answers nothing.
      recipe: corpusRecipe({ login: `login/${encodeURIComponent(way)}`, stepDeadlineMs: 120_000 }),
      hosts: [{ host: portal.host, address: 'loopback' }],
      browser: trusting(pool),
    }).openSession({ baseUrl: portal.origin, signal });
    open.push(session);
    return session.login({ credential, totp: null, beforeSubmit, deadlineMs: 240_000, signal });
  }

  it.each(ways)('waits for the submit, and is not lost: %s', async (way) => {
    let before: readonly string[] = [];
    const result = await login(way, async () => {
      await heardBy();
      before = [...portal.heard];
    });
    expect(before).not.toContain(TYPED);
    expect(before.filter((line) => line === 'opened').length).toBe(way.endsWith('open before') ? 1 : 0);
    expect([result.outcome.kind, result.submitted], JSON.stringify({ outcome: result.outcome, heard: portal.heard })).toEqual(['accepted', true]);
    expect(portal.heard).toContain(TYPED);
    expect(portal.heard.indexOf(TYPED)).toBeLessThan(portal.heard.indexOf('POST'));
  });

  it.each(ways)('never leaves where the submit is not allowed: %s', async (way) => {
    const refusal = new RcmError('lease_lost', 'The lease is gone.');
    await expect(login(way, () => heardBy().then(() => Promise.reject(refusal)))).rejects.toBe(refusal);
    await heardBy();
    expect(portal.heard.filter((line) => line !== 'opened')).toEqual([]);
  });
});
