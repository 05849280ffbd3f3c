/**
 * A cell of a file: words, as in CSV; or of a workbook a number as it is kept (decimal text), and what is known of how a person sees it. `plain`: digit by digit.
 * `date`: as that day. `formatted`: in a way of its own.
 */
export type Cell =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: string; readonly shown: 'plain' | 'formatted' }
  | { readonly kind: 'date'; readonly day: string }
  /** Nobody can tell what a person would see: a formula, an error. */
  | { readonly kind: 'unknown'; readonly why: string };

export const EMPTY: Cell = { kind: 'text', text: '' };

/** A row of a file, with its number there, from 1. */
export interface SheetRow {
  readonly number: number;
  readonly cells: readonly Cell[];
}
