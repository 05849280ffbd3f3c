import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowserPool, createBrowserPool } from '../pool/browser-pool.ts';
import { createOutcomeWatch, type Worded } from './outcome-watch.ts';
import { placesOf } from './places.ts';
import { createTabs, type Tabs } from './tabs.ts';

let pool: BrowserPool;
let server: Server;
let watch: Tabs;
/** Sends the rest of the page that was asked for last. */
let sendRest: (rest: string) => void;
beforeAll(async () => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).write('<header><a href="/out">Sign out</a></header>');
    sendRest = (rest) => response.end(rest);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await (await pool.openContext({ context: {}, signal: new AbortController().signal })).context.newPage();
  watch = createTabs(page, placesOf({ version: 1, base: new URL('http://portal.example/') }), () => undefined);
});
afterAll(async () => {
  await pool.close();
  server.close();
});

const OUTCOMES: readonly Worded[] = [
  { when: { text: 'Choose a new password' }, is: 'change_forced' },
  { when: { visible: { role: 'link', name: 'Sign out' } }, is: 'accepted' },
];

async function openBeginning(): Promise<void> {
  await watch.page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { waitUntil: 'commit' });
  await watch.page.getByRole('link').waitFor();
}

it('what stands first in the list wins where its words are at the end of a page that is still coming', async () => {
  const outcomes = createOutcomeWatch(watch, OUTCOMES, 60_000);
  await openBeginning();
  const looking = outcomes.look();
  await Promise.race([looking, new Promise((resolve) => setTimeout(resolve, 300))]);
  sendRest('<h1>Choose a new password</h1>');
  expect(await looking).toMatchObject({ is: 'change_forced' });
});

it('a page that never comes to its end is answered by what it shows', async () => {
  const outcomes = createOutcomeWatch(watch, OUTCOMES, 100);
  await openBeginning();
  expect(await outcomes.look()).toMatchObject({ is: 'accepted' });
  sendRest('');
});
