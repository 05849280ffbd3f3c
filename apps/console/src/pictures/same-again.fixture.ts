import type { Page } from 'playwright';

/** The day on which every picture was taken, as far as it shows. */
const SHOWN_DAY = '2026-12-01';
const DAY_MS = 86_400_000;

/** What differs each time that a page is made: days, ids, ports and seconds. A picture shows the same ones always. */
export async function makeSameAgain(page: Page): Promise<void> {
  const shift = Date.parse(SHOWN_DAY) - Math.floor(Date.now() / DAY_MS) * DAY_MS;
  await page.evaluate(rewrite, shift);
}

/** Runs in the browser. */
function rewrite(shift: number): void {
  const day = (text: string): string => new Date(Date.parse(text) + shift).toISOString().slice(0, 10);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const isTime = node.parentElement?.tagName === 'TIME';
    node.nodeValue = (node.nodeValue ?? '')
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '0d9c2f6e-5f1b-4f0c-9a55-3b7f0f4c1e21')
      // Days of the years from 2030 on are the demo's own, and the same always.
      .replace(/\b202\d-\d\d-\d\d(?![\d-])/g, (found) => (Number.isNaN(Date.parse(found)) ? found : day(found)))
      .replace(/--within \d+d/g, '--within 30d')
      .replace(/http:\/\/localhost:\d+/g, 'https://id.example')
      .replace(/^(in \d+ s|\d+ s ago)$/, (found) => (isTime ? 'now' : found));
  }
}
