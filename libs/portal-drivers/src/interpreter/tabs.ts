import type { Page } from 'playwright';
import { type PageWatch, watchPage } from './page-watch.ts';
import type { Places } from './places.ts';

/** The page that is worked with, and those it was opened from. */
export interface Tabs extends PageWatch {
  /** Whether an address is as a pattern of the recipe says. */
  readonly fits: Places['fits'];
  /** Works with a new page from now on. */
  enter(page: Page): void;
  /** Closes the page that was entered last; the one before it is worked with again. The first page stays. */
  leave(): void;
  /** The page that is worked with now is the one that a login led to: `home` comes back to it. */
  keepEntered(): void;
  /** Closes what was entered since `keepEntered`, so that no act begins in a page that another has left open. */
  home(): void;
}

/** Begins with one page. A page that was entered and closes by itself is left by itself. `guard` is told of every page that is worked with. */
export function createTabs(first: Page, { fits }: Pick<Places, 'fits'>, guard: (page: Page) => void): Tabs {
  guard(first);
  const root = watchPage(first);
  const entered: PageWatch[] = [];
  let kept = 0;

  function current(): PageWatch {
    while (entered.at(-1)?.page.isClosed()) entered.pop();
    return entered.at(-1) ?? root;
  }

  function leave(): void {
    const { page } = current();
    entered.pop();
    // Nobody waits for it: a page that hangs is gone with its context at the latest.
    if (page !== first) page.close().catch(() => undefined);
  }

  return {
    fits,
    get page() {
      return current().page;
    },
    documents: () => current().documents(),
    status: () => current().status(),
    trouble: () => current().trouble(),
    frameTrouble: () => current().frameTrouble(),
    dialogs: () => current().dialogs(),
    responses: () => current().responses(),
    expectDialog: (answer) => current().expectDialog(answer),
    forget: () => current().forget(),
    moved: () => current().moved(),
    awaitsDocument: () => current().awaitsDocument(),
    gone: () => current().gone(),
    enter(page) {
      guard(page);
      entered.push(watchPage(page));
    },
    leave,
    keepEntered() {
      current();
      kept = entered.length;
    },
    home() {
      current();
      while (entered.length > kept) leave();
    },
  };
}
