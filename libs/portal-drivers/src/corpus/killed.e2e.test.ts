import { readFileSync } from 'node:fs';
import { createLogger, createMetrics, isRcmError, Secret } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import type { BrowserContext } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool, createRecipeDriver, lintRecipe, recipeHosts, type StepTrace } from '../index.ts';
import { browserProcesses } from '../pool/browser-processes.fixture.ts';
import { UNASKED } from './confirm.fixture.ts';
import { type AppServer, serveApp } from './apps/app-server.fixture.ts';
import { singlePageApp } from './apps/single-page.fixture.ts';

const [USER, OLD, NEW] = ['jo', 'Old-Passw0rd', 'New-Passw0rd'];
const credential = { username: new Secret(USER), password: new Secret(OLD), custom: {} };
const text = readFileSync(new URL('./recipes/single-page.yaml', import.meta.url), 'utf8').replace('version: 1', 'version: 1\nstep_deadline_ms: 3000');
/** What may become of an act whose ground is taken away. */
const TYPED = ['unknown', 'unavailable', 'logged_out', 'accepted', 'applied', 'found', 'portal_unexpected', 'browser_unavailable', 'cancelled'];

type Victim = 'browser' | 'page' | 'network';

describe.runIf(process.platform === 'linux')('whatever is killed in the middle of whichever step', () => {
  let pool: BrowserPool;
  const metrics = createMetrics();
  beforeAll(() => {
    pool = createBrowserPool({
      maxContexts: 2,
      logger: createLogger({ name: 'test', level: 'silent' }),
      metrics,
      executablePath: process.env.RCM_CHROMIUM_PATH,
    });
  });
  afterAll(() => pool.close());

  /** Logs in, changes or does a task, and kills the victim a moment after the given step has ended; -1: during the first. */
  async function killDuring(act: 'login' | 'change' | 'task', victim: Victim, after: number): Promise<{ readonly kind: string; readonly hit: boolean }> {
    const app = singlePageApp();
    app.accounts.set(USER, { password: OLD, failures: 0 });
    const server = await serveApp(app);
    const { recipe } = lintRecipe(text, { file: 'single-page' });
    if (!recipe) throw new Error('the recipe is not usable');
    const opened: BrowserContext[] = [];
    let [aimed, steps, hit] = [false, 0, false];
    const killSoon = () => {
      hit = true;
      setTimeout(() => void kill(victim, opened, server), 15);
    };
    const driver = createRecipeDriver({
      recipe,
      hosts: recipeHosts(recipe, server.origin, 'loopback'),
      browser: { ...pool, openContext: async (options) => keep(opened, await pool.openContext(options)) },
      onStep: (_step: StepTrace) => {
        if (aimed && steps++ === after) killSoon();
      },
    });
    const session = await driver.openSession({ baseUrl: server.origin, signal: new AbortController().signal });
    const limits = { deadlineMs: 15_000, signal: new AbortController().signal };
    const aim = () => {
      aimed = true;
      if (after === -1) killSoon();
    };
    const login = () => session.login({ credential, totp: null, beforeSubmit: async () => undefined, ...limits }).then(({ outcome }) => outcome.kind);
    try {
      if (act === 'login') aim();
      const first = await login();
      if (act === 'login') return { kind: first, hit };
      aim();
      const second =
        act === 'change'
          ? await session.changePassword({
              credential,
              newPassword: new Secret(NEW),
              totp: null,
              confirm: UNASKED,
              beforeSubmit: async () => undefined,
              ...limits,
            })
          : await session.runTask({ name: 'claims', input: {}, ...limits });
      return { kind: second.kind, hit };
    } catch (error) {
      return { kind: isRcmError(error) ? error.code : 'not typed', hit };
    } finally {
      await session.close();
      await server.close();
    }
  }

  const every = (['login', 'change', 'task'] as const).flatMap((act) =>
    (['browser', 'page', 'network'] as const).flatMap((victim) => [-1, 0, 1, 2, 3].map((after) => [act, victim, after] as const)),
  );
  // On a change one step of each five, of the next act and victim the step before: each act, victim and step is met.
  const cases = every.filter((_, place) => isLongForm() || (place + Math.floor(place / 5)) % 5 === 1);

  it.each(cases)('%s: the %s, after step %i', async (act, victim, after) => {
    const { kind, hit } = await killDuring(act, victim, after);
    expect({ hit, kind }).toEqual({ hit: true, kind: expect.stringMatching(new RegExp(`^(${TYPED.join('|')})$`)) });
  });

  it('no context is left, and the next login works', async () => {
    expect(await metrics.exposition()).toMatch(/^rcm_browser_contexts 0$/m);
    expect((await killDuring('login', 'network', 99)).kind).toBe('accepted');
  });
});

function keep<T extends { readonly context: BrowserContext }>(into: BrowserContext[], opened: T): T {
  into.push(opened.context);
  return opened;
}

async function kill(victim: Victim, contexts: readonly BrowserContext[], server: AppServer): Promise<void> {
  if (victim === 'network') return void server.cut();
  if (victim === 'browser') return void browserProcesses().forEach((pid) => process.kill(pid, 'SIGKILL'));
  const page = contexts.at(-1)?.pages()[0];
  if (!page) return;
  const browser = await page.context().newCDPSession(page);
  await browser.send('Page.crash').catch(() => undefined);
}
