import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asSuperuser } from '@rcm/db/testing';
import type { Browser, BrowserContext } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from './chromium.fixture.ts';
import { HOSTILE, tellStory, wantedTyping } from './story.fixture.ts';
import { openTestConsole, PEOPLE, type TestConsole } from './testing.fixture.ts';

/** In a real browser that is signed in: another site, and pages whose every text wants to run. */
let w: TestConsole;
let chromium: Browser;
let context: BrowserContext;
let elsewhere: { readonly origin: string; close(): void };
const ACT = '/o/hospital-1/logins/alpine-failing/acts/unlocked';
/** Where somebody types a password. */
const TYPED = '/o/hospital-1/logins/alpine-well-2/set';

beforeAll(async () => {
  w = await openTestConsole({ people: PEOPLE.map((person) => ({ ...person, name: HOSTILE })) });
  await tellStory(w.url, () => HOSTILE);
  await asSuperuser(w.url, wantedTyping(crypto.randomUUID(), 'hospital-1', 'alpine-well-2', { actor: `'person:oidc:${w.issuer}#all-operator'` }));
  elsewhere = await anotherSite();
  chromium = await launchChromium();
  context = await chromium.newContext();
  const page = await context.newPage();
  await page.goto(`${w.origin}/sign-in/begin?to=/all/logins`);
  await page.locator('button[value="all-operator"]').click();
  await page.waitForURL(`${w.origin}/all/logins`);
});
afterAll(async () => {
  await chromium?.close();
  elsewhere?.close();
  await w?.close();
});

test('nothing that anybody has written runs, and no page asks anybody else for anything', async () => {
  const page = await context.newPage();
  const ran: string[] = [];
  page.on('dialog', (dialog) => {
    ran.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== w.origin) ran.push(request.url());
  });
  for (const path of [
    '/',
    '/all/logins',
    '/o/hospital-1/logins/alpine-failing',
    '/o/hospital-1/logins/alpine-blocked',
    '/all/tasks?show=all',
    '/o/hospital-1/audit',
    '/all/system',
    '/all/approvals',
    '/all/codes',
    '/all/rotations',
    '/all/portals/alpine',
    '/all/migration',
    TYPED,
  ])
    await page.goto(`${w.origin}${path}`);
  expect(ran).toEqual([]);
  // A script that somebody had got into a page would not run either: no text becomes markup, and what has become an element runs nothing.
  await expect(page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<b>x</b>')`)).rejects.toThrow(/TrustedHTML/);
  await page.evaluate(`{
    const image = document.createElement('img');
    try { image.setAttribute('onerror', 'document.title = 1'); } catch {}
    image.src = '/none';
    const script = document.createElement('script');
    try { script.text = 'document.title = 1'; } catch {}
    document.body.append(image, script);
  }`);
  await page.waitForTimeout(200);
  expect(await page.title()).not.toBe('1');
  await page.close();
});

test('another site frames no page, and its form does nothing for whoever is signed in', async () => {
  const page = await context.newPage();
  await page.goto(`${w.origin}/o/hospital-1/logins/alpine-failing`);
  const before = await page.locator('#asked tbody tr').count();
  await page.goto(elsewhere.origin);
  const frames = page.frames().filter((each) => each !== page.mainFrame());
  expect(frames).toHaveLength(2);
  for (const frame of frames) expect(await frame.content()).not.toMatch(/alpine-failing|name="password"/);
  await page.getByRole('button', { name: 'You have won' }).click();
  await page.waitForURL(`${w.origin}${ACT}`);
  expect(await page.content()).toContain('Nothing was done');
  await page.goto(`${w.origin}/o/hospital-1/logins/alpine-failing`);
  expect([before > 0, await page.locator('#asked tbody tr').count()]).toEqual([true, before]);
  await page.close();
});

async function anotherSite(): Promise<{ readonly origin: string; close(): void }> {
  const page = `<!doctype html><title>x</title><iframe src="${w.origin}/o/hospital-1/logins/alpine-failing"></iframe><iframe src="${w.origin}${TYPED}"></iframe>
    <form method="post" action="${w.origin}${ACT}"><input name="reason" value="evil"><button>You have won</button></form>`;
  const server = createServer((_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end(page));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
