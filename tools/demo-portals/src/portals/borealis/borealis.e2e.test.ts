import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchChromium } from '../../testing/chromium.fixture.ts';
import { codeAt, GOOD, openPortals, SEED, type TestPortals } from '../../testing/portals.fixture.ts';

const [FIRST, SECOND] = GOOD.borealis;
let browser: Browser;
let portals: TestPortals;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
});
beforeEach(async () => {
  portals = await openPortals();
  await portals.control.seed({ portal: 'borealis', username: 'anna', password: FIRST, mfaSeed: SEED });
  page = await open();
  return () => portals.demo.close();
});
afterAll(() => browser.close());

async function open(): Promise<Page> {
  const opened = await (await browser.newContext({ baseURL: portals.demo.portals.borealis.baseUrl })).newPage();
  opened.setDefaultTimeout(10_000);
  await opened.goto('/');
  return opened;
}

/** All three pages; every login takes a step of its own, beyond those that are valid now. */
async function signIn(at: Page, password: string): Promise<void> {
  await at.getByLabel('User name').fill('anna');
  await at.getByRole('button', { name: 'Next' }).click();
  await at.getByLabel('Password').fill(password);
  await at.getByRole('button', { name: 'Sign in' }).click();
  portals.clock.advance(60_000);
  await at.getByLabel('Authentication code').fill(codeAt(portals.clock.now()));
  await at.getByRole('button', { name: 'Verify' }).click();
}

async function change(current: string, next: string): Promise<void> {
  await page.getByLabel('Current password').fill(current);
  await page.getByLabel('New password', { exact: true }).fill(next);
  await page.getByLabel('Confirm new password').fill(next);
  await page.getByRole('button', { name: 'Save new password' }).click();
}

test('a person signs in over three pages, finds a claim, changes the password in the dialog and is signed out everywhere', async () => {
  const elsewhere = await open();
  await signIn(elsewhere, FIRST);
  await elsewhere.locator('#welcome').waitFor();

  await page.getByLabel('User name').fill('anna');
  await page.getByRole('button', { name: 'Next' }).click();
  expect(await page.locator('#signing-in-as').textContent()).toBe('Signing in as anna');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(await page.getByRole('alert').textContent()).toBe('We could not sign you in. Check your user name and password.');
  await page.getByLabel('Password').fill(FIRST);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Authentication code').fill(codeAt(portals.clock.now()));
  await page.getByRole('button', { name: 'Verify' }).click();
  expect(await page.getByRole('alert').textContent()).toBe('That code is not valid. Wait for the next code and try again.');
  await page.getByLabel('Authentication code').fill(codeAt(portals.clock.now(), 1));
  await page.getByRole('button', { name: 'Verify' }).click();
  expect(await page.locator('#welcome').textContent()).toBe('Signed in as anna');
  expect(await page.locator('#expiry-notice time').getAttribute('datetime')).toBe('2026-04-15');

  await page.getByRole('link', { name: 'Claims' }).click();
  await page.getByLabel('Claim number').fill('CLM-1007');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.locator('#results th').first().waitFor();
  expect(await page.locator('#results th').allTextContents()).toEqual(['Claim', 'Status', 'Amount', 'Date of service', 'Last update']);
  expect(await page.locator('#results td').first().textContent()).toBe('CLM-1007');
  await page.getByLabel('Claim number').fill('CLM-9');
  await page.getByRole('button', { name: 'Find' }).click();
  expect(await page.locator('#no-claims').textContent()).toBe('No claims found for this number.');

  await page.getByRole('link', { name: 'Home' }).click();
  await page.getByRole('button', { name: 'Change password' }).click();
  await change(FIRST, 'short');
  expect(await page.locator('#change-problem').textContent()).toBe('The new password must have at least 12 characters.');
  await change(FIRST, SECOND);
  expect(await page.locator('main > #problem').textContent()).toBe('Your password was changed and you were signed out everywhere. Please sign in again.');
  expect(await page.locator('dialog').count()).toBe(0);
  expect(await page.getByLabel('User name').isVisible()).toBe(true);

  await elsewhere.getByRole('link', { name: 'Claims' }).click();
  await elsewhere.getByLabel('Claim number').fill('CLM-1007');
  await elsewhere.getByRole('button', { name: 'Find' }).click();
  expect(await elsewhere.getByRole('alert').textContent()).toBe('Your session has ended. Please sign in again.');
  await signIn(elsewhere, SECOND);
  expect(await elsewhere.locator('#welcome').textContent()).toBe('Signed in as anna');
});

test('an expired password lets a person do nothing but change it', async () => {
  await portals.control.expire('borealis', 'anna');
  await signIn(page, FIRST);
  expect(await page.locator('#password-expired').textContent()).toBe('Your password has expired. You must choose a new password before you can continue.');
  expect(await page.locator('#change-cancel').count()).toBe(0);
  await page.reload();
  await change(FIRST, SECOND);
  await page.getByLabel('User name').waitFor();
  await signIn(page, SECOND);
  expect(await page.locator('#welcome').textContent()).toBe('Signed in as anna');
});

test('a locked account reads so, and a reload keeps the page', async () => {
  for (let tries = 0; tries < 4; tries++) await portals.guest('borealis').login('anna', 'wrong');
  await page.getByLabel('User name').fill('anna');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('Password').waitFor();
  await page.reload();
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(await page.getByRole('alert').textContent()).toBe('Your account is locked after too many failed attempts. Please try again in 15 minutes.');
});

test('a lock that only support lifts reads so', async () => {
  await portals.control.habits('borealis', { lockout: { counts: 'until_unlocked', threshold: 1, windowMs: null, lastsMs: null, countsCodes: true } });
  await page.getByLabel('User name').fill('anna');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(await page.getByRole('alert').textContent()).toBe(
    'Your account is locked after too many failed attempts. Please call our support line to have it unlocked.',
  );
});

test.each([
  ['maintenance', 'Borealis is being maintained. Please come back later.'],
  ['500_after_commit', 'Something went wrong on our side. Please try again later.'],
])('%s during a change reads so in the dialog', async (fault, text) => {
  await signIn(page, FIRST);
  await page.getByRole('button', { name: 'Change password' }).click();
  await portals.control.fault('borealis', fault);
  await change(FIRST, SECOND);
  expect(await page.locator('#change-problem').textContent()).toBe(text);
});

test('when the connection is cut after the change, Chromium sends the post again and is told that the session has ended', async () => {
  await signIn(page, FIRST);
  await page.getByRole('button', { name: 'Change password' }).click();
  await portals.control.fault('borealis', 'drop_after_commit');
  await change(FIRST, SECOND);
  expect(await page.locator('main > #problem').textContent()).toBe('Your session has ended. Please sign in again.');
  expect(await portals.control.accepts('borealis', 'anna', SECOND)).toBe(true);
});
