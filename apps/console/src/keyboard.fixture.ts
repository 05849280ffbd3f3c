import type { Page } from 'playwright';

/** What has the focus, as somebody sees or hears it who has no mouse. */
export interface Focused {
  readonly tag: string;
  readonly text: string;
  readonly name: string;
  /** Where its link leads. */
  readonly href: string;
  /** Of the form that it is of, or that it opens. */
  readonly action: string;
  readonly label: string;
  /** Of the line of a table that it stands in. */
  readonly line: string;
  /** It, or an outline around it, is to be seen. */
  readonly seen: boolean;
}

/** More than any page has: whoever has come so far goes in a circle. */
const MOST_STEPS = 400;

/** A person who has no mouse. */
export class Keyboard {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  focused = (): Promise<Focused> => this.#page.evaluate(describe);

  /** From where the focus is, with Tab alone, to the first that is meant. Fails where there is none. */
  async to(what: string, isMeant: (focused: Focused) => boolean): Promise<void> {
    for (let steps = 0; steps < MOST_STEPS; steps += 1) {
      const focused = await this.focused();
      if (isMeant(focused)) {
        if (!focused.seen) throw new Error(`nobody sees that the focus is on ${what}`);
        return;
      }
      await this.#page.keyboard.press('Tab');
    }
    throw new Error(`Tab never comes to ${what} at ${this.#page.url()}`);
  }

  press = (key: string): Promise<void> => this.#page.keyboard.press(key);
  type = (text: string): Promise<void> => this.#page.keyboard.type(text);

  /** Enter, and the page that it leads to. */
  async enter(): Promise<void> {
    await Promise.all([this.#page.waitForNavigation(), this.#page.keyboard.press('Enter')]);
  }
}

/** Runs in the browser. */
function describe(): Focused {
  const element = document.activeElement ?? document.body;
  const form = element.closest('form') ?? element.closest('details')?.querySelector('form');
  return {
    tag: element.tagName,
    text: (element.textContent ?? '').trim(),
    name: element.getAttribute('name') ?? '',
    href: element.getAttribute('href') ?? '',
    action: form?.getAttribute('action') ?? '',
    label: element.getAttribute('aria-label') ?? '',
    line: element.closest('tr')?.textContent ?? '',
    seen: getComputedStyle(element).outlineStyle !== 'none' && element.getBoundingClientRect().left >= 0,
  };
}
