import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createLogger, hasCode } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterEach, describe, expect, it } from 'vitest';
import { findChromium } from '../chromium.ts';
import { type BrowserPool, createBrowserPool } from './browser-pool.ts';
import type { BrowserPoolOptions } from './pool-options.ts';
import { browserProcesses } from './browser-processes.fixture.ts';
import { endure } from './endurance.fixture.ts';

const never = (): AbortSignal => new AbortController().signal;
const pools: BrowserPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function poolOf(options: Partial<BrowserPoolOptions> = {}): BrowserPool {
  const pool = createBrowserPool({
    maxContexts: 2,
    logger: createLogger({ name: 'test', level: 'silent' }),
    executablePath: process.env.RCM_CHROMIUM_PATH,
    ...options,
  });
  pools.push(pool);
  return pool;
}

/** The browser that was started since; a signal to process 0 would end the tests themselves. */
function newProcess(before: readonly number[]): number {
  const started = browserProcesses().find((pid) => !before.includes(pid));
  if (started === undefined) throw new Error('no browser was started');
  return started;
}

const open = (pool: BrowserPool) => pool.openContext({ context: {}, signal: never() });

describe.runIf(process.platform === 'linux')('a browser pool', () => {
  it('starts no browser before the first context, one for all, and leaves none', async () => {
    const before = browserProcesses().length;
    const pool = poolOf();
    expect(browserProcesses().length).toBe(before);
    await Promise.all([open(pool), open(pool)]);
    expect(browserProcesses().length).toBe(before + 1);
    await pool.close();
    expect(browserProcesses().length).toBe(before);
  });

  it('starts a new browser after the first was killed', async () => {
    const before = browserProcesses();
    const pool = poolOf();
    const first = await open(pool);
    process.kill(newProcess(before), 'SIGKILL');
    await first.close();
    const second = await open(pool);
    const page = await second.context.newPage();
    expect(await page.evaluate(() => 1 + 1)).toBe(2);
  });

  it('ends a browser that does not answer, and starts a new one', async () => {
    const before = browserProcesses();
    const pool = poolOf();
    const first = await open(pool);
    const frozen = newProcess(before);
    process.kill(frozen, 'SIGSTOP');
    await first.close();
    // A process that was killed is there for a moment more. Playwright itself would end it after 30 seconds.
    await expect.poll(browserProcesses, { timeout: 10_000 }).not.toContain(frozen);
    const second = await open(pool);
    expect(await (await second.context.newPage()).evaluate(() => 1 + 1)).toBe(2);
  }, 60_000);

  it('ends a browser that does not answer where a context is opened, or where the pool is closed', async () => {
    const [asked, left] = [poolOf({ maxContexts: 3 }), poolOf()];
    const before = browserProcesses();
    await open(asked);
    const frozen = [newProcess(before)];
    await open(left);
    frozen.push(newProcess([...before, ...frozen]));
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    await Promise.all([expect(open(asked)).rejects.toSatisfy((error) => hasCode(error, 'browser_unavailable')), left.close()]);
    // At once, although the connection to the one that was ended may not have broken yet.
    expect(await (await (await open(asked)).context.newPage()).evaluate(() => 1 + 1)).toBe(2);
    // Playwright itself would end them after 30 seconds.
    await expect.poll(() => browserProcesses().filter((pid) => frozen.includes(pid)), { timeout: 10_000 }).toEqual([]);
  }, 120_000);

  it('replaces a browser that has served enough, without a break for who still uses it', async () => {
    const before = browserProcesses().length;
    const pool = poolOf({ recycleAfter: 1 });
    const first = await open(pool);
    const second = await open(pool);
    expect(browserProcesses().length).toBe(before + 2);
    expect(await (await first.context.newPage()).evaluate(() => 1)).toBe(1);
    await first.close();
    await second.close();
    await expect.poll(() => browserProcesses().length, { timeout: 30_000 }).toBe(before);
  });

  it('ends every browser that does not answer where it is closed, also one that gets no more contexts', async () => {
    const before = browserProcesses();
    const pool = poolOf({ recycleAfter: 1 });
    await open(pool);
    const frozen = [newProcess(before)];
    await open(pool);
    frozen.push(newProcess([...before, ...frozen]));
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    await pool.close();
    // Playwright itself would end them after 30 seconds.
    await expect.poll(() => browserProcesses().filter((pid) => frozen.includes(pid)), { timeout: 10_000 }).toEqual([]);
  }, 120_000);

  it('shares nothing between contexts', async () => {
    const pool = poolOf();
    const [one, other] = await Promise.all([open(pool), open(pool)]);
    await one.context.addCookies([{ name: 'session', value: 'x', url: 'http://127.0.0.1' }]);
    expect(await other.context.cookies()).toEqual([]);
  });

  it('replaces a browser that has grown too large', async () => {
    const before = browserProcesses();
    const pool = poolOf({ recycleAboveBytes: 1 });
    const first = await open(pool);
    const [bloated] = browserProcesses().filter((pid) => !before.includes(pid));
    await first.close();
    const second = await open(pool);
    await (await second.context.newPage()).evaluate(() => 1);
    await expect.poll(browserProcesses, { timeout: 30_000 }).not.toContain(bloated);
  });

  it('resolves no names itself and sees nothing of this process’s environment', async () => {
    const { context } = await open(poolOf({ environment: { RCM_SHOWN: 'yes' } }));
    const page = await context.newPage();
    await expect(page.goto(`http://${hostname()}:8099/`)).rejects.toThrow('ERR_NAME_NOT_RESOLVED');
    const variables = browserProcesses().flatMap((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0'));
    expect(variables).toContain('RCM_SHOWN=yes');
    expect(variables.filter((one) => /^(VITEST|NODE|npm_|RCM_CHROMIUM)/.test(one))).toEqual([]);
  });

  it('holds no more memory and no context after many tasks, some of whose browsers were killed', async () => {
    // Memory is measured after each fifth: on a change after every second task, of which the fourth and the eighth lose their browser.
    const [tasks, killEvery] = isLongForm() ? [30, 10] : [10, 4];
    const browsersKilled = Math.floor(tasks / killEvery);
    const ended = await endure({ tasks, atOnce: 2, killEvery, executablePath: process.env.RCM_CHROMIUM_PATH });
    const failed = Object.values(ended.failed).reduce((sum, count) => sum + count, 0);
    expect(ended).toMatchObject({ tasks, browsersKilled, contextsOpen: 0 });
    expect(failed).toBeLessThanOrEqual(2 * ended.browsersKilled);
    expect(Object.keys(ended.failed)).not.toContain('not typed');
    expect(ended.nodeGrowth).toBeLessThan(0.3);
  }, 1_200_000);

  it('opens no more contexts than allowed', async () => {
    const pool = poolOf({ maxContexts: 1, waitMs: 200 });
    const first = await open(pool);
    await expect(open(pool)).rejects.toSatisfy((error) => hasCode(error, 'browser_unavailable'));
    await first.close();
    await (await open(pool)).close();
  });

  it('gives the place of a context that is leaving to another, of as many at once as have places', async () => {
    const pool = poolOf({ maxContexts: 1, waitMs: 200 });
    const refused = (): Promise<void> => expect(open(pool)).rejects.toSatisfy((error) => hasCode(error, 'browser_unavailable'));
    const first = await open(pool);
    expect(pool.places()).toBe(1);
    first.leave();
    first.leave();
    expect(pool.places()).toBe(0);
    const second = await open(pool);
    await refused();
    // One may be without a place: the next keeps its own until it is closed.
    second.leave();
    await refused();
    expect(pool.places()).toBe(1);
    await second.close();
    const third = await open(pool);
    await first.close();
    first.leave();
    await refused();
    third.leave();
    await (await open(pool)).close();
    await third.close();
    expect(pool.places()).toBe(0);
  });

  it('says so where Chromium cannot be started, and when it is closed', async () => {
    await expect(open(poolOf({ executablePath: '/does/not/exist' }))).rejects.toSatisfy((error) => hasCode(error, 'browser_unavailable'));
    const pool = poolOf();
    await pool.close();
    await expect(open(pool)).rejects.toSatisfy((error) => hasCode(error, 'browser_unavailable'));
  });

  it('gives the place back where Chromium cannot be started', async () => {
    const pool = poolOf({ executablePath: '/does/not/exist', maxContexts: 1, waitMs: 60_000 });
    for (const _time of [1, 2]) await expect(open(pool)).rejects.toThrow('Chromium could not be started from /does/not/exist');
  });

  it.each([
    ['in the moment in which a context is asked for', 0],
    ['while the first one starts', 1],
  ])('opens nothing, and leaves no browser, where it is closed %s', async (_when, started) => {
    const before = browserProcesses();
    const pool = poolOf();
    const opening = open(pool).catch((error: unknown) => error);
    if (started > 0) await expect.poll(() => browserProcesses().length, { timeout: 30_000 }).toBe(before.length + started);
    await pool.close();
    expect(await opening).toMatchObject({ code: 'browser_unavailable', message: 'The browser pool is closed.' });
    expect(browserProcesses()).toEqual(before);
  });
});

describe('findChromium', () => {
  it('takes the configured path or nothing', async () => {
    expect(await findChromium({ configured: process.execPath })).toBe(process.execPath);
    expect(await findChromium({ configured: '/does/not/exist' })).toBeNull();
    expect(await findChromium({ folders: ['/does/not/exist'] })).toBeNull();
  });
});
