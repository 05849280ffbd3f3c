import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BrowserPool, createBrowserPool, type PooledContext } from '../pool/browser-pool.ts';
import { watchAwaitedDocuments } from './awaited-documents.ts';

/** Answers at once but for `/held`, which whoever asks may answer. */
const portal = createServer((request, response) => {
  if (request.url === '/held') return void portal.emit('held', response);
  response.setHeader('content-type', 'text/html').end('<iframe src="about:blank"></iframe>');
});
const held = async (): Promise<ServerResponse> => ((await once(portal, 'held')) as [ServerResponse])[0];

let pool: BrowserPool;
let opened: PooledContext;
let address = '';
beforeAll(async () => {
  pool = createBrowserPool({ maxContexts: 1, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });
  opened = await pool.openContext({ context: {}, signal: new AbortController().signal });
  portal.listen(0, '127.0.0.1');
  await once(portal, 'listening');
  address = `http://127.0.0.1:${(portal.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await pool.close();
  portal.closeAllConnections();
  portal.close();
});

const script = {
  'the page': `setTimeout(() => (location.href = '/held'))`,
  'a frame': `setTimeout(() => (document.querySelector('iframe').src = '/held'))`,
};
const ends = {
  'is answered': (response: ServerResponse) => response.end('<p>There</p>'),
  'has no document': (response: ServerResponse) => response.writeHead(204).end(),
  'is sent on': (response: ServerResponse) => response.writeHead(302, { location: '/' }).end(),
  // The browser asks once more.
  'loses its connection': (response: ServerResponse) => {
    portal.on('held', (again: ServerResponse) => again.destroy());
    response.destroy();
  },
};

test.each(Object.entries(script).flatMap(([where, run]) => Object.entries(ends).map(([how, end]) => [where, how, run, end] as const)))(
  'a document of %s is awaited until its request %s',
  async (_where, _how, run, end) => {
    const page = await opened.context.newPage();
    await page.goto(`${address}/`);
    const awaits = watchAwaitedDocuments(page);
    expect(awaits()).toBe(false);
    const [response] = await Promise.all([held(), page.evaluate(run)]);
    await expect.poll(() => awaits(), { timeout: 60_000 }).toBe(true);
    end(response);
    await expect.poll(() => awaits(), { timeout: 60_000 }).toBe(false);
    portal.removeAllListeners('held');
    await page.close();
  },
);
