import type { Page } from 'playwright';
import type { Target } from '../recipe/target.ts';
import { locate } from './locate.ts';

/** What runs in the page on the elements that were found. Only its source is sent: it uses nothing from outside itself. */
export type OnElements<E, A, R> = (elements: E[], argument: A) => R;

/**
 * Runs `act` in the page on the visible elements that a target means, in one call. For that Playwright sends its engine into the page's own world, 330 kB that
 * every document compiles anew (30 to 40 ms of the browser). Where a selector alone says what is meant, the browser finds it without.
 */
export async function onMatched<E, A, R>(page: Page, target: Target, act: OnElements<E, A, R>, argument: A): Promise<R> {
  const plainly = await onPlainlyMatched(page, target, act, argument);
  if (plainly !== null) return plainly.value;
  return locate(page, target).evaluateAll(act as OnElements<unknown, unknown, R>, argument);
}

/** The same without Playwright's engine; `null` where it might find other elements than the browser does. */
export async function onPlainlyMatched<E, A, R>(page: Page, target: Target, act: OnElements<E, A, R>, argument: A): Promise<{ readonly value: R } | null> {
  const selector = plainSelector(target);
  if (selector === null) return null;
  const source = `({ selector, argument }) => { const found = (${visibleMatches.toString()})(selector); return found && { value: (${act.toString()})(found, argument) }; }`;
  const inPage = Object.assign((_given: unknown): { readonly value: R } | null => null, { toString: () => source });
  return page.evaluate(inPage as (given: unknown) => { readonly value: R } | null, { selector, argument } as unknown);
}

/** A selector that means the same to the browser and to Playwright, which has pseudo-classes and chains of its own. */
function plainSelector({ css, nth, within, frame }: Target): string | null {
  if (css === undefined || nth !== undefined || within !== undefined || frame !== undefined) return null;
  return /[:\\]|>\s*>/.test(css) ? null : css;
}

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement {
  readonly shadowRoot: unknown;
  checkVisibility(): boolean;
  getBoundingClientRect(): { readonly width: number; readonly height: number };
}
interface PageDocument {
  readonly defaultView: { getComputedStyle(element: PageElement): { readonly display: string; readonly visibility: string } };
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/**
 * Runs inside the page; `null` where Playwright looks further than a selector does, or the page has put something else in the place of what is asked here. Its work grows with the number of the
 * page's elements.
 */
function visibleMatches(selector: string): PageElement[] | null {
  const { document } = globalThis as unknown as { readonly document: PageDocument };
  try {
    const view = document.defaultView;
    // Playwright looks into what draws its own inside.
    for (const { shadowRoot } of document.querySelectorAll('*')) if (shadowRoot) return null;
    const matched = [...document.querySelectorAll(selector)];
    // An element without a box is seen where what is in it is.
    if (matched.some((element) => view.getComputedStyle(element).display === 'contents')) return null;
    return matched.filter((element) => {
      if (!element.checkVisibility() || view.getComputedStyle(element).visibility !== 'visible') return false;
      const { width, height } = element.getBoundingClientRect();
      return width > 0 && height > 0;
    });
  } catch {
    return null;
  }
}
