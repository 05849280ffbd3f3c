import type { PooledContext } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import type { PracticeAccount } from './practice-portal.ts';

type Page = Awaited<ReturnType<PooledContext['context']['newPage']>>;

const STEP_MS = 10_000;

/**
 * The recipe's login and its task as somebody would write them in plain Playwright code: the same pages, the same elements found the same
 * way, the same words waited for. It has no outcomes to tell apart, no gate, no trace.
 */
export async function plainVisit(page: Page, baseUrl: string, account: PracticeAccount): Promise<void> {
  page.setDefaultTimeout(STEP_MS);
  await page.goto(`${baseUrl}/login`, { waitUntil: 'domcontentloaded' });
  const userName = page.getByLabel('User name', { exact: true });
  const cookies = page.getByRole('dialog', { name: 'Cookies', exact: true });
  await userName.or(cookies).first().waitFor();
  if (await cookies.isVisible()) await page.getByRole('button', { name: 'Only necessary', exact: true }).click();
  await userName.fill(account.username);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();

  await page.goto(`${baseUrl}/claims`, { waitUntil: 'domcontentloaded' });
  await page.getByLabel('Claim number', { exact: true }).fill('CLM-1007');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  const rows = page.locator('#claims tbody tr');
  await rows.first().waitFor();
  const texts = await rows.allTextContents();
  if (texts.length !== 1) throw new RcmError('portal_unexpected', `Plain code found ${texts.length} claims.`);
}
