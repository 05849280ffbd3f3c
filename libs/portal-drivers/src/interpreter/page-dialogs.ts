import type { Dialog, Page } from 'playwright';
import type { Step } from '../recipe/step.ts';

export type DialogAnswer = NonNullable<Step['dialog']>;

/** A page's native dialogs from now on. The one that a step expects gets its answer; every other one is dismissed, but who leaves a page may leave it. */
export class PageDialogs {
  #words: string[] = [];
  #expected: DialogAnswer | null = null;

  constructor(page: Page) {
    page.on('dialog', (dialog: Dialog) => this.#answer(dialog));
  }

  /** What they said since the last `forget`. */
  get words(): readonly string[] {
    return this.#words;
  }

  /** Answer for the next dialog that fits. `null`: expect none. */
  expect(answer: DialogAnswer | null): void {
    this.#expected = answer;
  }

  forget(): void {
    this.#words = [];
  }

  #answer(dialog: Dialog): void {
    const words = dialog.message();
    this.#words.push(words);
    const expected = this.#expected;
    const fits = expected !== null && (expected.text === undefined || sameWords(words, expected.text));
    const accept = dialog.type() === 'beforeunload' || (fits && expected.answer === 'accept');
    if (fits) this.#expected = null;
    (accept ? dialog.accept() : dialog.dismiss()).catch(() => undefined);
  }
}

/** Whether `words` contain `sought`; case and spacing do not matter. */
export const sameWords = (words: string, sought: string): boolean => plain(words).includes(plain(sought));

const plain = (text: string): string => text.replace(/\s+/g, ' ').trim().toLowerCase();
