import { RcmError } from '@rcm/telemetry';
import { type Page, PLAIN_PORTALS } from '../rotation/plain-portals.ts';
import type { PracticeAccount } from './practice-portal.ts';

const STEP_MS = 10_000;

/**
 * The recipe's login and its task as somebody would write them in plain Playwright code: the same pages, the same elements found the same
 * way, the same words waited for. It has no outcomes to tell apart, no gate, no trace.
 */
export async function plainVisit(page: Page, baseUrl: string, account: PracticeAccount): Promise<void> {
  page.setDefaultTimeout(STEP_MS);
  await PLAIN_PORTALS.alpine.signIn(page, baseUrl, account);
  await page.goto(`${baseUrl}/claims`, { waitUntil: 'domcontentloaded' });
  await page.getByLabel('Claim number', { exact: true }).fill('CLM-1007');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  const rows = page.locator('#claims tbody tr');
  await rows.first().waitFor();
  const texts = await rows.allTextContents();
  if (texts.length !== 1) throw new RcmError('portal_unexpected', `Plain code found ${texts.length} claims.`);
}
