import type { Page } from 'playwright';
import type { ToldDate } from '../recipe/told-date.ts';
import { locate } from './locate.ts';
import { parseDate, parseSpan } from './written-dates.ts';

const READ_MS = 1_000;
const MINUTE_MS = 60_000;

/** The moment that a portal tells; `null` where it is not there or cannot be read: a date must not fail a login. `now` is for spans. */
export async function readDate(page: Page, told: ToldDate, now: Date = new Date()): Promise<Date | null> {
  const after = (ms: number | null): Date | null => (ms === null ? null : new Date(now.getTime() + ms));
  if (told.minutes !== undefined) return after(told.minutes * MINUTE_MS);
  try {
    for (const words of await writtenWords(page, told)) {
      const found = told.words === undefined ? parseDate(words, told.format ?? '', told.zone) : after(parseSpan(words, told.words));
      if (found) return found;
    }
  } catch {
    // The secret has been sent by now: whatever a page or a recipe holds that cannot be read, the login's end is known.
  }
  return null;
}

async function writtenWords(page: Page, told: ToldDate): Promise<string[]> {
  if (told.in) return [(await locate(page, told.in).first().innerText({ timeout: READ_MS })) ?? ''];
  return await Promise.all(
    page.frames().map((frame) =>
      frame
        .locator('body')
        .innerText({ timeout: READ_MS })
        .catch(() => ''),
    ),
  );
}
