import type { Page } from 'playwright';

/** What Chromium gives up a connection with when an address of this machine came or went: a container beside it, a VPN. */
const OWN_NETWORK_CHANGED = 'net::ERR_NETWORK_CHANGED';
const MOST_TIMES = 3;

type Limits = NonNullable<Parameters<Page['goto']>[1]>;

/**
 * Opens an address in the page. Where this machine's own network changed meanwhile it is opened again, twice at most and each time
 * within the limits: the portal has no part in it, and what is asked for is a page, so that a portal that was asked twice did nothing
 * twice. Every other failure is Playwright's own, and thrown.
 */
export async function load(page: Pick<Page, 'goto'>, address: string, limits: Limits): Promise<void> {
  for (let time = 1; ; time += 1) {
    try {
      await page.goto(address, limits);
      return;
    } catch (error) {
      if (time === MOST_TIMES || !(error instanceof Error) || !error.message.includes(OWN_NETWORK_CHANGED)) throw error;
    }
  }
}
