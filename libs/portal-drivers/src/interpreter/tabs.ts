import type { Page } from 'playwright-core';
import { type PageWatch, watchPage } from './page-watch.ts';

/** The page that is worked with, and those it was opened from. */
export interface Tabs extends PageWatch {
  /** Path of the portal's base URL without its last slash: empty for a portal at the root of its host. */
  readonly basePath: string;
  /** Works with a new page from now on. */
  enter(page: Page): void;
  /** Closes the page that was entered last; the one before it is worked with again. The first page stays. */
  leave(): Promise<void>;
}

/** Begins with one page. A page that was entered and closes by itself is left by itself. */
export function createTabs(first: Page, base: URL): Tabs {
  const entered: PageWatch[] = [watchPage(first)];

  function current(): PageWatch {
    while (entered.length > 1 && entered.at(-1)?.page.isClosed()) entered.pop();
    return entered.at(-1) ?? watchPage(first);
  }

  return {
    basePath: base.pathname.replace(/\/$/, ''),
    get page() {
      return current().page;
    },
    documents: () => current().documents(),
    status: () => current().status(),
    trouble: () => current().trouble(),
    dialogs: () => current().dialogs(),
    responses: () => current().responses(),
    expectDialog: (answer) => current().expectDialog(answer),
    forget: () => current().forget(),
    gone: () => current().gone(),
    enter: (page) => void entered.push(watchPage(page)),
    async leave() {
      const { page } = current();
      if (entered.length > 1) await page.close();
      current();
    },
  };
}
