import type { Page, Request } from 'playwright';

/** What a page has asked for, and what came of it. */
export interface Asked {
  /** Something is not answered yet. */
  readonly waiting: boolean;
  readonly answered: boolean;
  /** The network failed, or the status is 400 or more. */
  readonly failed: boolean;
}

/** What can bring rows, or what leads to more of them. */
const BRINGING: readonly string[] = ['document', 'script', 'xhr', 'fetch'];

/** Given up by the page itself, or kept out by the request gate: no failure of the portal. */
const HARMLESS = /ERR_ABORTED|ERR_BLOCKED_BY_CLIENT/;

/** Counts what the page's document and its scripts have asked for, beside `earlier`. */
export async function askedBy(page: Page, earlier: ReadonlySet<Request>): Promise<Asked> {
  const requests = await page.requests();
  // What an older document still waited for never comes, and not every such request is told to have failed.
  const document = requests.findLastIndex((one) => one.isNavigationRequest() && one.existingResponse() !== null && one.frame() === page.mainFrame());
  const counted = requests.slice(Math.max(0, document)).filter((one) => BRINGING.includes(one.resourceType()) && !earlier.has(one));
  return {
    waiting: counted.some((one) => one.existingResponse() === null && one.failure() === null),
    answered: counted.some((one) => one.existingResponse() !== null),
    failed: counted.some((one) => (one.existingResponse()?.status() ?? 0) >= 400 || !HARMLESS.test(one.failure()?.errorText ?? 'ERR_ABORTED')),
  };
}
