import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { launchChromium } from '../../testing/chromium.fixture.ts';
import { openPortals, type TestPortals } from '../../testing/portals.fixture.ts';

const USER = 'jürgen.größe';
const PASSWORD = 'Schlüssel 🔑 Nr. 1';
let browser: Browser;
let portals: TestPortals;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
  portals = await openPortals({ clock: systemClock });
  await portals.control.seed({ portal: 'alpine', username: USER, password: PASSWORD });
  await portals.control.habits('alpine', { cookieBanner: 'never' });
});
afterAll(async () => {
  await browser.close();
  await portals.demo.close();
});

async function open(): Promise<void> {
  page = await (await browser.newContext({ baseURL: portals.demo.portals.alpine.baseUrl })).newPage();
  page.setDefaultTimeout(10_000);
  await page.goto('/');
}

async function signIn(password: string): Promise<void> {
  await page.getByLabel('User name').fill(USER);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a person signs in after a typing error, finds claims page by page, changes the password and signs out', async () => {
  await open();
  await signIn('wrong');
  expect(await page.getByRole('alert').textContent()).toBe('The user name or password is incorrect.');
  expect(await page.getByLabel('User name').inputValue()).toBe(USER);
  await signIn(PASSWORD);
  expect(await page.locator('#welcome').textContent()).toBe(`Welcome, ${USER}.`);

  await page.getByRole('link', { name: 'Claims' }).click();
  await page.getByLabel('Claim number').fill('CLM-10');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.locator('#claims tbody tr').nth(9).waitFor();
  expect(await page.locator('#claims th').allTextContents()).toEqual(['Claim number', 'Status', 'Billed amount', 'Service date', 'Received', 'Decided']);
  expect(await page.locator('#claims tbody tr').count()).toBe(10);
  await page.getByRole('link', { name: 'Next' }).click();
  await page.getByRole('link', { name: 'Next' }).click();
  await page.getByText('CLM-1024').waitFor();
  expect(await page.locator('#claims tbody td:first-child').allTextContents()).toEqual(['CLM-1021', 'CLM-1022', 'CLM-1023', 'CLM-1024']);
  expect(await page.locator('#next-page').count()).toBe(0);
  await page.getByLabel('Claim number').fill('<b>none</b>');
  await page.getByRole('button', { name: 'Search' }).click();
  expect(await page.locator('#no-claims').textContent()).toBe('No claims found.');
  expect(await page.getByLabel('Claim number').inputValue()).toBe('<b>none</b>');

  await page.getByRole('link', { name: 'Change password' }).click();
  expect(await page.locator('#password-rules li').count()).toBe(3);
  const change = async (next: string, repeated: string): Promise<void> => {
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByLabel('New password', { exact: true }).fill(next);
    await page.getByLabel('Repeat new password').fill(repeated);
    await page.getByRole('button', { name: 'Change password' }).click();
  };
  await change('short', 'short');
  expect(await page.getByRole('alert').textContent()).toBe('Your new password is too short.');
  await change('Neuer Schlüssel 2', 'Neuer Schlüssel 3');
  expect(await page.getByRole('alert').textContent()).toBe('The two new passwords are not the same.');
  await change('Neuer Schlüssel 2', 'Neuer Schlüssel 2');
  expect(await page.getByRole('status').textContent()).toBe('Your password has been changed.');
  expect(await portals.control.accepts('alpine', USER, 'Neuer Schlüssel 2')).toBe(true);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto('/home');
  expect(await page.getByRole('alert').textContent()).toBe('Your session has ended. Please sign in again.');
});

test('the cookie banner lies over the form until it is answered, and does not come back', async () => {
  await portals.control.habits('alpine', { cookieBanner: 'always' });
  await open();
  expect(
    await page
      .locator('#sign-in')
      .click({ timeout: 500 })
      .then(
        () => 'clicked',
        () => 'covered',
      ),
  ).toBe('covered');
  await page.getByRole('button', { name: 'Accept cookies' }).click();
  await signIn('wrong');
  expect(await page.getByRole('alert').isVisible()).toBe(true);
  expect(await page.locator('#cookie-banner').count()).toBe(0);
});

test('by itself the banner comes for every third visitor or so, not for all and not for none', async () => {
  await portals.control.habits('alpine', { cookieBanner: 'sometimes' });
  let seen = 0;
  for (let visitor = 0; visitor < 9; visitor++) seen += (await portals.guest('alpine').visitor.get('/login')).text.includes('id="cookie-banner"') ? 1 : 0;
  expect(seen).toBe(3);
});

test('a locked account reads so', async () => {
  await portals.control.habits('alpine', { cookieBanner: 'never' });
  await open();
  for (let tries = 0; tries < 3; tries++) await signIn('wrong');
  expect(await page.getByRole('alert').textContent()).toBe('Your account is locked because of too many failed sign-in attempts. Try again in 15 minutes.');
});

test('when the connection is cut after the change, Chromium sends the post again and is told that the current password is wrong', async () => {
  await portals.control.seed({ portal: 'alpine', username: 'anna', password: 'Alpine-First-1' });
  await open();
  await page.getByLabel('User name').fill('anna');
  await page.getByLabel('Password').fill('Alpine-First-1');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Change password' }).click();
  await portals.control.fault('alpine', 'drop_after_commit', { count: 1 });
  await page.getByLabel('Current password').fill('Alpine-First-1');
  await page.getByLabel('New password', { exact: true }).fill('Alpine-Second-2');
  await page.getByLabel('Repeat new password').fill('Alpine-Second-2');
  await page.getByRole('button', { name: 'Change password' }).click();
  expect(await page.getByRole('alert').textContent()).toBe('Your current password is not correct.');
  expect(await portals.control.account('alpine', 'anna')).toMatchObject({ passwordsChanged: 1, changesRefused: 1 });
});

test('an expired password leads to a page that asks for a new one and for nothing else, and then the person is in', async () => {
  await portals.control.seed({ portal: 'alpine', username: 'late', password: 'Alpine-First-1' });
  await portals.control.expire('alpine', 'late');
  await open();
  const signInAs = async (password: string): Promise<void> => {
    await page.getByLabel('User name').fill('late');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  await signInAs('Alpine-Second-2');
  expect(await page.getByRole('alert').textContent()).toBe('The user name or password is incorrect.');
  await signInAs('Alpine-First-1');
  expect(await page.locator('#password-expired').textContent()).toBe('Your password has expired. Choose a new one to go on.');
  expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
  await page.goto('/claims');
  const change = async (next: string): Promise<void> => {
    await page.getByLabel('New password', { exact: true }).fill(next);
    await page.getByLabel('Repeat new password').fill(next);
    await page.getByRole('button', { name: 'Save and go on' }).click();
  };
  await change('short');
  expect(await page.getByRole('alert').textContent()).toBe('Your new password is too short.');
  await change('Alpine-Second-2');
  expect(await page.getByRole('status').textContent()).toBe('Your password has been changed.');
  await page.getByRole('link', { name: 'Claims' }).click();
  expect(await page.locator('h1').textContent()).toBe('Claims');
});

test('a lock that only support lifts reads so', async () => {
  await portals.control.seed({ portal: 'alpine', username: 'stuck', password: 'Alpine-First-1' });
  await portals.control.habits('alpine', { lockout: { counts: 'until_unlocked', threshold: 1, windowMs: null, lastsMs: null, countsCodes: true } });
  await portals.control.mistype('alpine', 'stuck');
  await open();
  await page.getByLabel('User name').fill('stuck');
  await page.getByLabel('Password').fill('Alpine-First-1');
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(await page.getByRole('alert').textContent()).toBe(
    'Your account is locked because of too many failed sign-in attempts. Call provider support to have it unlocked.',
  );
  await portals.control.habits('alpine', { lockout: null });
});
