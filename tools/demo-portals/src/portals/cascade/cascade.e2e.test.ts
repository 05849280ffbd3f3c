import type { Browser, FrameLocator, Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchChromium } from '../../testing/chromium.fixture.ts';
import { GOOD, openPortals, type TestPortals } from '../../testing/portals.fixture.ts';

const [FIRST, SECOND] = GOOD.cascade;
let browser: Browser;
let portals: TestPortals;
let page: Page;
let work: FrameLocator;
let menu: FrameLocator;

beforeAll(async () => {
  browser = await launchChromium();
});
beforeEach(async () => {
  portals = await openPortals();
  await portals.control.seed({ portal: 'cascade', username: 'ANNA', password: FIRST });
  page = await (await browser.newContext({ baseURL: portals.demo.portals.cascade.baseUrl })).newPage();
  page.setDefaultTimeout(10_000);
  await page.goto('/');
  [work, menu] = [page.frameLocator('frame[name=main]'), page.frameLocator('frame[name=nav]')];
  return () => portals.demo.close();
});
afterAll(() => browser.close());

async function signOn(password: string): Promise<void> {
  await work.locator('input[name=USRID]').fill('anna');
  await work.locator('input[name=PWD]').fill(password);
  await work.locator('input[name=GO]').click();
}

async function change(current: string, next: string): Promise<void> {
  // By way of the first page: a form of the last change that still stands would lose what is typed when the new one comes.
  await menu.getByText('MAIN').click();
  await work.locator('#USR').waitFor();
  await menu.getByText('CHANGE PASSWORD').click();
  await work.locator('input[name=OLDPWD]').fill(current);
  await work.locator('input[name=NEWPWD]').fill(next);
  await work.locator('input[name=NEWPWD2]').fill(next);
  await work.locator('input[name=GO]').click();
}

const messageReads = (text: string): Promise<void> => work.locator('#MSG', { hasText: text }).waitFor();

test('a person signs on in the frame, inquires a claim, changes the password after a confirmation and signs off', async () => {
  await signOn('wrong');
  await messageReads('INVALID USER ID OR PASSWORD, OR ACCESS SUSPENDED. (ERR-017)');
  await signOn(FIRST);
  expect(await work.locator('#USR').textContent()).toBe('SIGNED ON AS ANNA');

  await menu.getByText('CLAIM INQUIRY').click();
  await work.locator('input[name=CLMNO]').fill('CLM-1002');
  await work.locator('input[type=submit]').click();
  await work.locator('#CLMTAB').waitFor();
  expect(await work.locator('#CLMTAB tr').first().locator('td').allTextContents()).toEqual(['CLAIM NO', 'STATUS', 'AMT', 'SVC DT', 'RCVD DT', 'DECN DT']);
  expect(await work.locator('#CLMTAB tr').nth(1).locator('td').first().textContent()).toBe('CLM-1002');
  await work.locator('input[name=CLMNO]').fill('CLM-9');
  await work.locator('input[type=submit]').click();
  await messageReads('NO CLAIMS FOUND. (INF-011)');

  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.message());
    void dialog.accept();
  });
  await change(FIRST, 'short');
  await messageReads('PASSWORD DOES NOT MEET REQUIREMENTS. (ERR-021)');
  await change(FIRST, SECOND);
  await messageReads('PASSWORD HAS BEEN CHANGED. (INF-003)');
  expect(asked).toEqual(['CHANGE YOUR PASSWORD NOW?', 'CHANGE YOUR PASSWORD NOW?']);
  expect(await portals.control.accepts('cascade', 'ANNA', SECOND)).toBe(true);

  await menu.getByText('SIGN OFF').click();
  await messageReads('YOU HAVE SIGNED OFF. (INF-002)');
  await menu.getByText('CLAIM INQUIRY').click();
  await messageReads('SESSION EXPIRED. SIGN ON AGAIN. (INF-009)');
});

test('a dismissed confirmation sends nothing', async () => {
  await signOn(FIRST);
  await work.locator('#USR').waitFor();
  page.on('dialog', (dialog) => void dialog.dismiss());
  await change(FIRST, SECOND);
  expect(await portals.control.account('cascade', 'ANNA')).toMatchObject({ passwordsChanged: 0, changesRefused: 0 });
  expect(await work.locator('input[name=NEWPWD]').inputValue()).toBe(SECOND);
});

test('a locked account reads like a wrong password', async () => {
  for (let tries = 0; tries < 3; tries++) await portals.guest('cascade').login('ANNA', 'wrong');
  await signOn(FIRST);
  await messageReads('INVALID USER ID OR PASSWORD, OR ACCESS SUSPENDED. (ERR-017)');
});

test('an expired password shows the change in the frame, whatever the menu is asked for, and then the sign-on', async () => {
  await portals.control.expire('cascade', 'ANNA');
  await signOn(FIRST);
  await messageReads('PASSWORD HAS EXPIRED. ENTER A NEW PASSWORD. (INF-005)');
  // What is typed before the new page of the frame is there would be lost with the old one.
  const again = page.waitForEvent('framenavigated', (frame) => frame.name() === 'main');
  await menu.getByText('CLAIM INQUIRY').click();
  await again;
  await messageReads('PASSWORD HAS EXPIRED. ENTER A NEW PASSWORD. (INF-005)');
  const choose = async (next: string): Promise<void> => {
    await work.locator('input[name=OLDPWD]').fill(FIRST);
    await work.locator('input[name=NEWPWD]').fill(next);
    await work.locator('input[name=NEWPWD2]').fill(next);
    await work.locator('input[name=GO]').click();
  };
  await choose('short');
  await work.getByText('PASSWORD DOES NOT MEET REQUIREMENTS. (ERR-021)').waitFor();
  await choose(SECOND);
  await messageReads('PASSWORD HAS BEEN CHANGED. SIGN ON AGAIN. (INF-004)');
  await signOn(SECOND);
  await work.locator('#USR').waitFor();
});
