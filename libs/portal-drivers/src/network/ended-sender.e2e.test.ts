import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { BrowserContext } from 'playwright';
import { createLogger } from '@rcm/telemetry';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { corpusRecipe } from '../corpus/corpus-recipe.fixture.ts';
import { credential } from '../corpus/corpus-run.fixture.ts';
import { type BrowserPool, createBrowserPool, createRecipeDriver } from '../index.ts';
import { certificate } from './certificate.fixture.ts';

/** What sends something that gets no answer, and is ended while it waits: each as its beginning and its end. */
const SENDERS = {
  worker: ['new Worker(URL.createObjectURL(new Blob([`fetch("${location.origin}/told", { method: "POST", body: "x" })`])))', 'sender.terminate()'],
  frame: ['document.body.appendChild(Object.assign(document.createElement("iframe"), { src: "/telling" }))', 'sender.remove()'],
  window: ['open("/telling")', 'sender.close()'],
} as const;
const WHEN = ['before one types', 'while one types', 'once the submit may leave'] as const;
/** Long enough for most senders to have sent what is held then. */
const HELD_MS = 300;
const TELLING = '<!doctype html><link rel="icon" href="data:,"><script>fetch("/told", { method: "POST", body: "x" })</script>';

/** Its form is sent once its sender was ended, which had begun to wait for the portal, or for the request gate. */
const page = (sender: keyof typeof SENDERS, when: (typeof WHEN)[number]): string => `<!doctype html><title>Sign in</title><link rel="icon" href="data:,">
<form method="post" action="/answer"><label>User name <input name="user"></label><input name="pass" type="password"><button>Sign in</button></form>
<script>
  const endSender = async (begun) => {
    const sender = ${SENDERS[sender][0]};
    await begun();
    ${SENDERS[sender][1]};
    document.title = 'Ended';
  };
  const wasTold = () => fetch('/was-told');
  let ended;
  if (${when === 'before one types'}) ended = endSender(wasTold);
  const form = document.querySelector('form');
  form.pass.addEventListener('input', () => {
    if (${when === 'while one types'}) ended ??= endSender(() => new Promise((resolve) => setTimeout(resolve, ${HELD_MS})));
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    await (ended ?? endSender(wasTold));
    form.submit();
  });
</script>`;
const HOME_PAGE = '<!doctype html><title>Home</title><link rel="icon" href="data:,"><a href="#">Sign out</a>';
const signal = new AbortController().signal;
const identity = certificate();

describe.runIf(identity !== null)('a portal whose page ends what has sent something that is not answered yet', () => {
  let portal: Server;
  let pool: BrowserPool;
  let seen: string[];
  let told: PromiseWithResolvers<void>;
  let loginPage: string;
  beforeAll(() => {
    pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  });
  beforeEach(async () => {
    [seen, told] = [[], Promise.withResolvers<void>()];
    portal = createServer({ ...identity }, ({ method, url = '' }, answer) => {
      if (!url.startsWith('/pages/')) seen.push(`${method} ${url}`);
      if (url === '/told') return void told.resolve();
      if (url === '/was-told') return void told.promise.then(() => answer.writeHead(204).end());
      if (url === '/answer') return void answer.writeHead(303, { location: '/pages/home/-', connection: 'close' }).end();
      answer.writeHead(200, { 'content-type': 'text/html' }).end(url === '/telling' ? TELLING : url === '/pages/home/-' ? HOME_PAGE : loginPage);
    });
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    const closed = new Promise((resolve) => portal.close(resolve));
    portal.closeAllConnections();
    await closed;
  });
  afterAll(() => pool.close());

  const cases = (Object.keys(SENDERS) as (keyof typeof SENDERS)[]).flatMap((sender) => WHEN.map((when) => ({ sender, when })));
  it.each(cases)('is signed in at, once: a $sender, $when', async ({ sender, when }) => {
    loginPage = page(sender, when);
    const host = `127.0.0.1:${(portal.address() as AddressInfo).port}`;
    let context: BrowserContext | undefined;
    const trusting: BrowserPool = {
      ...pool,
      openContext: async (options) => {
        const opened = await pool.openContext({ ...options, context: { ...options.context, ignoreHTTPSErrors: true } });
        context = opened.context;
        return opened;
      },
    };
    const driver = createRecipeDriver({ recipe: corpusRecipe({}), hosts: [{ host, address: 'loopback' }], browser: trusting });
    const session = await driver.openSession({ baseUrl: `https://${host}`, signal });
    const beforeSubmit = async (): Promise<void> => {
      if (when === 'while one types') await context?.pages()[0]?.waitForFunction("document.title === 'Ended'", null, { timeout: 0 });
    };
    const result = await session.login({ credential, totp: null, beforeSubmit, deadlineMs: 60_000, signal });
    await session.close();
    if (when !== 'while one types') expect(seen).toContain('POST /told');
    expect(seen.filter((each) => each === 'POST /answer')).toHaveLength(1);
    expect(result).toEqual({ outcome: { kind: 'accepted' }, submitted: true });
  });
});
