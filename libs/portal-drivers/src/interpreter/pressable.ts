import type { Locator } from 'playwright';
import { registerEngine } from '../selector-engine.ts';
import type { TypingLimits } from './typing.ts';

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement {
  scrollIntoViewIfNeeded(): void;
  getBoundingClientRect(): { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  getRootNode(): { elementFromPoint(x: number, y: number): PageElement | null };
  closest(selector: string): PageElement | null;
  contains(other: PageElement | null): boolean;
}

const NAME = 'takes-press';

/** Finds the element itself, where a press on its middle would reach it now. Runs inside the page. */
function pressEngine() {
  return {
    queryAll(element: PageElement): PageElement[] {
      if (element.closest(':disabled, [aria-disabled=true]') !== null) return [];
      element.scrollIntoViewIfNeeded();
      const { x, y, width, height } = element.getBoundingClientRect();
      const hit = element.getRootNode().elementFromPoint(x + width / 2, y + height / 2);
      return element.contains(hit) ? [element] : [];
    },
  };
}

export const registerPressEngine = (): Promise<void> => registerEngine(NAME, pressEngine);

/**
 * Waits until an element can be pressed: visible, enabled, nothing over it. A trial press waits for two frames in which the page
 * stands still, as the press itself will; so the page is asked first, and only what it does not clearly answer with yes is tried.
 */
export async function untilPressable(locator: Locator, limits: TypingLimits): Promise<void> {
  const counts = await Promise.all([locator, locator.locator(`${NAME}=now`)].map((one) => one.count())).catch(() => []);
  const clearly = counts.length > 0 && counts.every((count) => count === 1);
  if (!clearly) await locator.click({ ...limits, trial: true });
}
