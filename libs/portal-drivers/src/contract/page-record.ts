import type { PageWords, TaskRow } from '../outcome.ts';

/** What was read of a page under the recipe's names: as values of their types, and as a person sees it. */
export interface PageRecord {
  readonly values: TaskRow;
  readonly words: PageWords;
}
