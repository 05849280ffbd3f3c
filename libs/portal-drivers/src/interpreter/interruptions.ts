import type { Locator, Page } from 'playwright';
import type { Interruption } from '../recipe/interruption.ts';
import { isShown } from './conditions.ts';
import { describeTarget, locate } from './locate.ts';

/** One thing that was put away, or could not be. */
interface PutAway {
  /** In the recipe's words. */
  readonly step: string;
  readonly ms: number;
  readonly outcome: 'done' | 'failed';
}

/** What may lie over any page at any time, and is put away whenever a step meets it. */
export interface Interruptions {
  /** From now on, whatever is done on this page is done after they were put away, also where one comes up in the middle. */
  guard(page: Page): void;
  /** Puts away what shows now, for a step that waits for what is behind it. */
  clear(page: Page): Promise<void>;
  /** What was put away since the last call. */
  told(): readonly PutAway[];
}

export function createInterruptions(entries: readonly Interruption[], deadlineMs: number): Interruptions {
  let putAway: PutAway[] = [];

  /** Whether it could be pressed; the step that it stands in the way of fails by its own deadline. */
  async function press(page: Page, entry: Interruption): Promise<boolean> {
    const start = performance.now();
    const pressed = await locate(page, entry.press)
      .click({ timeout: deadlineMs })
      .then(
        () => true,
        () => false,
      );
    putAway.push({ step: `interruption ${describeTarget(entry.shows)}`, ms: Math.round(performance.now() - start), outcome: pressed ? 'done' : 'failed' });
    return pressed;
  }

  const shownOn = (page: Page, entry: Interruption): Locator => locate(page, entry.shows).first();

  function guardFrom(page: Page, entry: Interruption): void {
    // Nothing is done on a page that is already gone, so there is nothing to guard.
    page.addLocatorHandler(shownOn(page, entry), async () => void (await press(page, entry))).catch(() => undefined);
  }

  return {
    guard(page) {
      for (const entry of entries) guardFrom(page, entry);
    },
    async clear(page) {
      for (const entry of entries) {
        const shown = shownOn(page, entry);
        if (!(await isShown(shown).catch(() => false))) continue;
        // The guard would put it away before this press, and leave nothing to press.
        await page.removeLocatorHandler(shown).catch(() => undefined);
        // While it fades it must not be pressed again; what could not be pressed is not waited for a second time. One that stays is in
        // the way of the step, which then fails by its own deadline.
        if (await press(page, entry)) await shown.waitFor({ state: 'hidden', timeout: deadlineMs }).catch(() => undefined);
        guardFrom(page, entry);
      }
    },
    told() {
      const told = putAway;
      putAway = [];
      return told;
    },
  };
}
