import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../pool/browser-pool.ts';
import type { Condition } from '../recipe/condition.ts';
import { holds, whichHold } from './conditions.ts';
import { registerDeclaredEngine } from './declared-engine.ts';
import { placesOf } from './places.ts';
import { createTabs, type Tabs } from './tabs.ts';

let pool: BrowserPool;
let watch: Tabs;
beforeAll(async () => {
  await registerDeclaredEngine();
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  const page = await (await pool.openContext({ context: {}, signal: new AbortController().signal })).context.newPage();
  watch = createTabs(page, placesOf({ version: 1, base: new URL('http://portal.example/') }), () => undefined);
  await page.setContent(`
    <form><label>User name <input autocomplete="username"></label><button>Sign in</button><button style="display:none">Later</button></form>
    <p>Welcome, "you" &amp; <b>all</b></p><p hidden>Nobody sees this</p>
    <ul><li class="row">one</li><li class="row">two</li></ul>
    <iframe name="inner" srcdoc="<p>Words in a frame</p><button>Inner</button>"></iframe>`);
  await page.frameLocator('iframe').getByText('Words in a frame').waitFor();
});
afterAll(() => pool.close());

const HOLDING: readonly Condition[] = [
  { text: 'welcome, "you" & all' },
  { text: 'Words in a frame' },
  { visible: { label: 'User name' } },
  { visible: { role: 'button', name: 'Sign in' } },
  { visible: { role: 'button', name: 'ign', exact: false } },
  { visible: { css: 'li.row', nth: 2 } },
  { visible: { text: 'two', within: { css: 'ul' } } },
  { visible: { declared: 'username' } },
  { visible: { role: 'button', name: 'Inner', frame: 'inner' } },
  { gone: { css: '#nothing' } },
  { enabled: { role: 'button', name: 'Sign in' } },
  { any: [{ text: 'no such words' }, { text: 'Welcome' }] },
  { all: [{ text: 'Welcome' }, { visible: { label: 'User name' } }] },
];
const NOT_HOLDING: readonly Condition[] = [
  { text: 'no such words' },
  { text: 'Nobody sees this' },
  { visible: { label: 'Password' } },
  { visible: { role: 'button', name: 'Later' } },
  { visible: { role: 'button', name: 'Inner' } },
  { visible: { css: 'li.row', nth: 3 } },
  { visible: { text: 'Welcome', within: { css: 'ul' } } },
  { visible: { declared: 'new-password' } },
  { visible: { role: 'button', name: 'Inner', frame: 'other' } },
  { gone: { label: 'User name' } },
  { url: '/elsewhere' },
  { dialog: 'Sure?' },
  { status: 404 },
  { response: { url: '/api/*', status: 500 } },
  { any: [{ text: 'no such words' }, { text: 'nor these' }] },
  { all: [{ text: 'Welcome' }, { text: 'no such words' }] },
];

const none = NOT_HOLDING.map(() => false);

describe('which conditions hold', () => {
  it('is none where none does', async () => {
    expect(await Promise.all(NOT_HOLDING.map((condition) => holds(watch, condition)))).toEqual(none);
    expect(await whichHold(watch, NOT_HOLDING)).toEqual(none);
    expect(await whichHold(watch, [])).toEqual([]);
  });

  it.each(HOLDING)('is %j alone, and in the midst of those that do not hold', async (condition) => {
    expect(await holds(watch, condition)).toBe(true);
    expect(await whichHold(watch, [condition])).toEqual([true]);
    expect(await whichHold(watch, [...NOT_HOLDING, condition])).toEqual([...none, true]);
    expect(await whichHold(watch, [condition, ...NOT_HOLDING])).toEqual([true, ...none]);
  });

  it('is all that hold at once, each in its place', async () => {
    const mixed = HOLDING.flatMap((condition, index) => [condition, NOT_HOLDING[index] ?? condition]);
    expect(await whichHold(watch, mixed)).toEqual(HOLDING.flatMap(() => [true, false]));
  });

  it('is what an element draws inside itself', async () => {
    await watch.page.evaluate(`document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' }).innerHTML = '<p>Drawn inside</p>'`);
    expect(await whichHold(watch, [{ text: 'no such words' }, { text: 'drawn inside' }])).toEqual([false, true]);
    expect(await holds(watch, { text: 'Drawn inside' })).toBe(true);
    await watch.page.evaluate('document.body.lastElementChild.remove()');
  });

  it('is seen beside a selector that no browser understands', async () => {
    const broken: Condition = { visible: { css: 'li[[' } };
    expect(await holds(watch, broken)).toBe(false);
    expect(await whichHold(watch, [broken, { text: 'Welcome' }])).toEqual([false, true]);
  });

  it('is not that something is gone while the page has not come whole', async () => {
    const { promise: rest, resolve: sendRest } = Promise.withResolvers<void>();
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).write('<h1>Portal</h1>');
      void rest.then(() => response.end('<p>The password is wrong.</p><label>User name <input></label>'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await watch.page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { waitUntil: 'commit' });
    await watch.page.getByRole('heading').waitFor();
    const gone: readonly Condition[] = [{ gone: { label: 'User name' } }, { gone: { css: '#nothing' } }];
    expect(await whichHold(watch, gone)).toEqual([false, false]);
    sendRest();
    await watch.page.waitForLoadState('domcontentloaded');
    expect(await whichHold(watch, gone)).toEqual([false, true]);
    server.close();
  });
});
