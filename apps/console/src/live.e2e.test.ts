import { asSuperuser } from '@rcm/db/testing';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from './chromium.fixture.ts';
import { tellStory } from './story.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

/** A page in a real browser that somebody looks at while things happen. */
let w: TestConsole;
let chromium: Browser;
beforeAll(async () => {
  w = await openTestConsole();
  await tellStory(w.url, (plain) => plain);
  chromium = await launchChromium();
});
afterAll(async () => {
  await chromium?.close();
  await w?.close();
});

/** The page as it is while it follows what happens. */
async function look(path: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const page = await (await chromium.newContext(options)).newPage();
  await page.goto(`${w.origin}/sign-in/begin?${new URLSearchParams({ to: path }).toString()}`);
  await page.locator('button[value="one-operator"]').click();
  await page.waitForURL(`${w.origin}${path}`);
  return page;
}
const followed = (page: Page): Promise<void> => page.getByText('What changes is shown here by itself.').waitFor();

test('what happens is shown by itself, and what somebody is at work in is left to them until they are done', async () => {
  const page = await look('/o/hospital-1/logins/alpine-well-2');
  const violations: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && violations.push(message.text())));
  await followed(page);
  await page.locator('details.act', { hasText: 'Verify' }).first().locator('summary').click();
  const reason = page.locator('details[open] [name="reason"]');
  await reason.fill('before the weekend');
  await asSuperuser(w.url, [
    `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) VALUES ('hospital-1', 'alpine-well-2', 'retry', 'person:os:jane', 'support has called')`,
    `INSERT INTO rotation_pause (org_id, endpoint_id, actor, reason) VALUES ('hospital-1', 'alpine-well-2', 'person:os:jane', 'the payer moves')`,
  ]);
  await page.locator('#asked').getByText('support has called').waitFor();
  await page.locator('dl.facts').getByText('the payer moves').waitFor();
  expect(await reason.inputValue()).toBe('before the weekend');
  expect(await page.locator('details.act', { hasText: 'Resume rotations' }).count()).toBe(0);
  await reason.fill('');
  await page.locator('details[open] summary').click();
  await page.locator('h1').click();
  await page.evaluate('document.activeElement.blur()');
  await page.locator('details.act', { hasText: 'Resume rotations' }).waitFor({ state: 'attached' });
  expect(violations).toEqual([]);
  await page.context().close();
});

test('a page that is sent away from its session says that it is followed no more', async () => {
  const page = await look('/o/hospital-1/tasks?show=all');
  await followed(page);
  await asSuperuser(w.url, [`DELETE FROM console_session WHERE person LIKE '%#one-operator'`]);
  await page.getByText('What changes is not shown here any more').waitFor();
  // What was there is there, and nothing of the sign-in has come into it.
  expect(await page.locator('[data-part="tasks"] tbody tr').count()).toBeGreaterThan(0);
  await page.context().close();
});

/** What becomes of each time that the script asks for the page; beyond those it is answered. */
type Fault = 'is away' | 'breaks off' | 'does not answer';
async function failing(page: Page, path: string, faults: Iterable<Fault>): Promise<void> {
  const next = faults[Symbol.iterator]();
  await page.route(`${w.origin}${path}`, async (route) => {
    const { value } = route.request().headers()['rcm-by-itself'] ? next.next() : { value: undefined };
    if (value === 'is away') await route.fulfill({ status: 503, contentType: 'text/html', body: '<main>The console cannot.</main>' });
    else if (value === 'breaks off') await route.abort('connectionreset');
    else if (value === undefined) await route.continue();
  });
}
const pause = (endpointId: string, reason: string): Promise<void> =>
  asSuperuser(w.url, [`INSERT INTO rotation_pause (org_id, endpoint_id, actor, reason) VALUES ('hospital-1', '${endpointId}', 'person:os:jane', '${reason}')`]);

test('a change that the console could not show when it told of it is shown once it can', { timeout: 300_000 }, async () => {
  const path = '/o/hospital-1/logins/alpine-well';
  const page = await look(path);
  await followed(page);
  await failing(page, path, ['is away', 'breaks off']);
  await pause('alpine-well', 'the payer is away');
  await page.locator('dl.facts').getByText('the payer is away').waitFor({ timeout: 120_000 });
  await followed(page);
  await page.context().close();
});

test('a page that cannot be had several times says that it is an old one, until it can', { timeout: 600_000 }, async () => {
  const path = '/o/hospital-1/logins/alpine-blocked';
  const page = await look(path);
  let isDown = true;
  const faults = function* (): Iterable<Fault> {
    yield 'does not answer';
    while (isDown) yield 'is away';
  };
  await failing(page, path, faults());
  // A page asks for itself as soon as it follows: what that would show must be kept away, too.
  await page.reload();
  await followed(page);
  await pause('alpine-blocked', 'the payer moves');
  await page.getByText('What changes is not shown here any more').waitFor({ timeout: 300_000 });
  expect(await page.getByText('What changes is shown here by itself.').isVisible()).toBe(false);
  expect(await page.getByText('the payer moves').count()).toBe(0);
  isDown = false;
  await page.locator('dl.facts').getByText('the payer moves').waitFor({ timeout: 120_000 });
  await followed(page);
  await page.context().close();
});

test('without a script the page is the same, says nothing of it, and stays as it was loaded', async () => {
  const page = await look('/o/hospital-1/tasks?show=all', { javaScriptEnabled: false });
  expect(await page.locator('tbody tr').count()).toBeGreaterThan(0);
  expect(await page.getByText('by itself').isVisible()).toBe(false);
  await page.context().close();
});
