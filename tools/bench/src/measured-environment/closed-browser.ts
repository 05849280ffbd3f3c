import type { BrowserPool } from '@rcm/portal-drivers';
import { processorSeconds } from './processor-seconds.ts';

/**
 * Closes a browser that this process has started, and says how many seconds of processors nobody can see from then on: Chromium ends without waiting for its
 * renderers, and the kernel adds to a process the times of those children alone that it has waited for. What ends meanwhile, too, is seen twice at most.
 */
export async function closeBrowser(browser: Pick<BrowserPool, 'close'>): Promise<number> {
  const before = processorSeconds(process.pid).others;
  await browser.close();
  return Math.max(0, before - processorSeconds(process.pid).others);
}
