import type { PooledContext } from '@rcm/portal-drivers';

export type Page = Awaited<ReturnType<PooledContext['context']['newPage']>>;

/** A portal's pages as somebody would write them in plain Playwright code, by what a person sees there; nothing waits longer than a step may take. */
export interface PlainPortal {
  signIn(page: Page, baseUrl: string, login: { readonly username: string; readonly password: string }): Promise<void>;
  changePassword(page: Page, baseUrl: string, change: { readonly current: string; readonly next: string }): Promise<void>;
  signOut(page: Page, baseUrl: string): Promise<void>;
}

const alpine: PlainPortal = {
  async signIn(page, baseUrl, { username, password }) {
    await page.goto(`${baseUrl}/login`, { waitUntil: 'domcontentloaded' });
    const userName = page.getByLabel('User name', { exact: true });
    const cookies = page.getByRole('dialog', { name: 'Cookies', exact: true });
    await userName.or(cookies).first().waitFor();
    if (await cookies.isVisible()) await page.getByRole('button', { name: 'Only necessary', exact: true }).click();
    await userName.fill(username);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
  },
  async changePassword(page, baseUrl, { current, next }) {
    await page.goto(`${baseUrl}/password`, { waitUntil: 'domcontentloaded' });
    await page.getByLabel('Current password', { exact: true }).fill(current);
    await page.getByLabel('New password', { exact: true }).fill(next);
    await page.getByLabel('Repeat new password', { exact: true }).fill(next);
    await page.getByRole('button', { name: 'Change password', exact: true }).click();
    await page.getByText('Your password has been changed.').waitFor();
  },
  // The button is on every page of a session.
  async signOut(page) {
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByLabel('User name', { exact: true }).waitFor();
  },
};

const frame = (page: Page, name: string) => page.frameLocator(`frame[name=${name}]`);

const cascade: PlainPortal = {
  async signIn(page, baseUrl, { username, password }) {
    await page.goto(baseUrl, { waitUntil: 'domcontentloaded' });
    const main = frame(page, 'main');
    await main.locator('[name=USRID]').fill(username);
    await main.locator('[name=PWD]').fill(password);
    await main.getByRole('button', { name: 'SIGN ON', exact: true }).click();
    await main.locator('#USR').waitFor();
  },
  async changePassword(page, _, { current, next }) {
    const main = frame(page, 'main');
    await frame(page, 'nav').getByRole('link', { name: 'CHANGE PASSWORD', exact: true }).click();
    await main.locator('[name=OLDPWD]').fill(current);
    await main.locator('[name=NEWPWD]').fill(next);
    await main.locator('[name=NEWPWD2]').fill(next);
    page.once('dialog', (dialog) => void dialog.accept());
    await main.getByRole('button', { name: 'CHANGE', exact: true }).click();
    await main.getByText('(INF-003)').waitFor();
  },
  async signOut(page) {
    await frame(page, 'nav').getByRole('link', { name: 'SIGN OFF', exact: true }).click();
    await frame(page, 'main').getByText('(INF-002)').waitFor();
  },
};

/** Of the two portals that ask for no code. */
export const PLAIN_PORTALS = { alpine, cascade } as const;
