import type { Page } from 'playwright';
import type { DateNotice } from '../recipe/date-notice.ts';
import { locate } from './locate.ts';
import { parseDate, parseSpan } from './written-dates.ts';

const READ_MS = 1_000;
const MINUTE_MS = 60_000;

/** The moment that a notice tells; `null` where it is not there or cannot be read: a notice must not fail a login. `now` is for spans. */
export async function readDate(page: Page, notice: DateNotice, now: Date = new Date()): Promise<Date | null> {
  const after = (ms: number | null): Date | null => (ms === null ? null : new Date(now.getTime() + ms));
  if (notice.minutes !== undefined) return after(notice.minutes * MINUTE_MS);
  try {
    for (const words of await writtenWords(page, notice)) {
      const found = notice.words === undefined ? parseDate(words, notice.format ?? '', notice.zone) : after(parseSpan(words, notice.words));
      if (found) return found;
    }
  } catch {
    // The secret has been sent by now: whatever a page or a recipe holds that cannot be read, the login's end is known.
  }
  return null;
}

async function writtenWords(page: Page, notice: DateNotice): Promise<string[]> {
  if (notice.in) return [(await locate(page, notice.in).first().innerText({ timeout: READ_MS })) ?? ''];
  return await Promise.all(
    page.frames().map((frame) =>
      frame
        .locator('body')
        .innerText({ timeout: READ_MS })
        .catch(() => ''),
    ),
  );
}
