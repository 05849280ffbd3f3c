import { AxeBuilder } from '@axe-core/playwright';
import { openDatabase } from '@rcm/db';
import { proposePortalType } from '@rcm/db/acts';
import { asSuperuser, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { isLongForm } from '@rcm/test-services';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from './chromium.fixture.ts';
import { tellStory, wantedTyping } from './story.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

let w: TestConsole;
let chromium: Browser;
/** A proposed change of a portal type. */
let change: string;
let tasks: Awaited<ReturnType<typeof tellStory>>;

beforeAll(async () => {
  w = await openTestConsole();
  tasks = await tellStory(w.url, (plain) => plain);
  await asSuperuser(w.url, wantedTyping(crypto.randomUUID(), 'hospital-1', 'alpine-well-2', { actor: `'person:oidc:${w.issuer}#all-of-all'` }));
  const operator = openDatabase({ url: urlFor('rcm_operator', w.url), applicationName: 'operator', role: 'rcm_operator', maxConnections: 1 });
  const then = { ...PLAIN_PORTAL_TYPE, name: 'Alpine', recipe: { login: [{ goto: '/', wait: 5, last: true }] } };
  change = (await proposePortalType(operator, then, { actor: 'person:os:jane', reason: 'a new page' })).id;
  await operator.close();
  chromium = await launchChromium();
});
afterAll(async () => {
  await chromium?.close();
  await w?.close();
});

/** A person at a browser: through the issuer's page and back. */
async function visit(person: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
  const context = await chromium.newContext(options);
  const page = await context.newPage();
  await page.goto(`${w.origin}/all/logins`);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.locator(`button[value="${person}"]`).click();
  await page.waitForURL(`${w.origin}/all/logins`);
  return { context, page };
}

const PAGES = (): Readonly<Record<string, string>> => ({
  home: '/',
  fleet: '/all/logins',
  organization: '/o/hospital-1/logins?show=all',
  nothing: '/o/hospital-2/logins?show=locked',
  failing: '/o/hospital-1/logins/alpine-failing',
  blocked: '/o/hospital-1/logins/alpine-blocked',
  paused: '/o/hospital-1/logins/alpine-well-3',
  'to be typed': '/o/hospital-1/logins/alpine-well-2',
  set: '/o/hospital-1/logins/alpine-well-2/set',
  'set nowhere': '/o/hospital-1/logins/alpine-well/set',
  tasks: '/o/hospital-1/tasks?show=all',
  task: `/o/hospital-1/tasks/${tasks.queuedTask}`,
  approvals: '/all/approvals',
  codes: '/all/codes',
  code: `/o/hospital-1/codes/${tasks.codeRequest}`,
  notifications: '/all/notifications',
  rotations: '/all/rotations',
  calendar: '/o/hospital-1/calendar',
  'calendar of all': '/all/calendar?day=2031-06-03',
  portals: '/all/portals',
  portal: '/all/portals/alpine',
  change: `/all/portals/changes/${change}`,
  migration: '/all/migration',
  declined: '/o/hospital-1/logins/alpine-well',
  audit: '/o/hospital-1/audit',
  access: '/all/access',
  system: '/all/system',
  missing: '/o/none/logins',
});
/** A folder for pictures of each page, for whoever wants to look at them. */
const KEEP = process.env.RCM_CONSOLE_SCREENSHOTS;
if (KEEP) mkdirSync(KEEP, { recursive: true });

/**
 * Every rule in light and wide; in dark what colours decide, and in narrow what the layout does. On a change each page is asked either in light or in dark and narrow,
 * in turn; the long form asks all of all (one page takes seconds).
 */
const RULES = { 'light 1280': 'all', 'dark 1280': ['color-contrast'], 'light 400': ['target-size', 'scrollable-region-focusable'], 'dark 400': [] } as const;

test.each(Object.entries(RULES))('in %s, nobody is kept out of a page, and none scrolls sideways', async (name, rules) => {
  const [colorScheme, width] = [name.startsWith('dark') ? 'dark' : 'light', Number(name.split(' ')[1])] as const;
  const { context, page } = await visit('all-of-all', { colorScheme, viewport: { width, height: 900 } });
  for (const [n, [title, path]] of Object.entries(PAGES()).entries()) {
    await page.goto(`${w.origin}${path}`);
    for (const act of await page.locator('details.act').all()) await act.evaluate((element) => element.setAttribute('open', ''));
    // Each says what it does, and what it may cost, before it is done.
    expect(await page.locator('details.act:not(:has(> p:not(:empty)))').count(), title).toBe(0);
    const isTurn = (n % 2 === 0) === (name === 'light 1280');
    expect(await barriers(page, isLongForm() ? 'all' : isTurn ? rules : []), title).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth'), title).toBeLessThanOrEqual(width);
    if (width === 1280) expect(await tornWords(page), title).toEqual([]);
    if (KEEP) await page.screenshot({ path: join(KEEP, `${title}-${colorScheme}-${width}.png`), fullPage: true });
  }
  await page.goto(`${w.origin}/o/hospital-1/logins?show=all`);
  for (const id of ['alpine-well', 'alpine-well-2']) await page.getByLabel(`Choose ${id}`, { exact: true }).check();
  await page.getByRole('button', { name: 'Act on the chosen ones' }).click();
  for (const act of await page.locator('details.act').all()) await act.evaluate((element) => element.setAttribute('open', ''));
  expect(await page.locator('main tbody tr').count()).toBe(2);
  expect(await barriers(page, isLongForm() ? 'all' : rules), 'several').toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth'), 'several').toBeLessThanOrEqual(width);
  await context.close();
});

/** Words of tables that are torn apart, of 18 letters at most, as nobody reads `rotatio n`; people’s names may be longer. */
const tornWords = (page: Page): Promise<unknown> =>
  page.evaluate(String.raw`(() => {
    const torn = [];
    const texts = document.createNodeIterator(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode())
      for (const { 0: word, index } of text.parentElement.closest('td') ? text.nodeValue.matchAll(/(?<!\S)[A-Za-z._]+(?!\S)/g) : []) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        if (word.length <= 18 && range.getClientRects().length > 1) torn.push(word);
      }
    return torn;
  })()`);

async function barriers(page: Page, rules: 'all' | readonly string[]): Promise<readonly string[]> {
  if (rules.length === 0) return [];
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules === 'all' ? axe : axe.withRules([...rules])).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
