import type { Page } from 'playwright';
import type { Target } from '../recipe/target.ts';
import type { ColumnRecipe } from '../recipe/task.ts';
import { withParts } from '../page-source.ts';
import { CellSpans } from './cell-spans.ts';
import { ColumnHeadings } from './column-headings.ts';
import type { Extent } from './extent.ts';
import { onMatched } from './on-matched.ts';
import { type PageElement, PageTables } from './page-tables.ts';
import { seenExtent } from './seen-extent.ts';
import { type SeenNode, type SeenWords, withSeenWords } from './seen-words.ts';

export interface PageRows {
  /** What a person sees in each row's columns, or an attribute of theirs; `null` where a column is not there. Rows that nobody sees are none. */
  readonly raw: readonly Readonly<Record<string, SeenWords | null>>[];
  /** Whether a cell of the row, or of one above it, spans several, so that the row's cells cannot be counted. */
  readonly spanned: readonly boolean[];
  /** Whether a row's cells do not stand under the headings: there are more or fewer of them, or one is hidden where its heading is seen. */
  readonly uneven: readonly boolean[];
  /** Whether a row is one of headings. */
  readonly isHeading: readonly boolean[];
  /** Whether a row lies inside of another one that was matched. */
  readonly isInside: readonly boolean[];
  /** Columns of which the heading, or one before it, spans several. */
  readonly spannedHeadings: readonly string[];
  /** Columns whose heading is there more than once. */
  readonly repeatedHeadings: readonly string[];
  readonly extent: Extent;
  /** Where each row begins on the page, in its pixels. */
  readonly tops: readonly number[];
  /** The document is loaded and has no script that could draw more. */
  readonly final: boolean;
}

/** What goes along into the page: each of them uses nothing from outside itself. */
const PARTS = { PageTables, CellSpans, ColumnHeadings, seenExtent, tidy };

/** Reads a page's rows in one call into the browser. */
export function readPage(page: Page, each: Target, columns: Readonly<Record<string, ColumnRecipe>>): Promise<PageRows> {
  return onMatched(page, each, withSeenWords(withParts(readInPage, PARTS)), columns);
}

/** Runs inside the page and uses nothing from outside itself but what it is given. */
function readInPage(
  matched: PageElement[],
  wanted: Readonly<Record<string, ColumnRecipe>>,
  seen: (node: SeenNode) => SeenWords,
  given: typeof PARTS,
): PageRows {
  const rows = matched.filter((row) => row.getClientRects().length > 0 || [...row.children].some((child) => child.getClientRects().length > 0));
  const tables = new given.PageTables();
  const spans = new given.CellSpans(tables);
  const headings = new given.ColumnHeadings({ tables, spans, seen, tidy: given.tidy });

  const elementOf = (row: PageElement, { css, header, cell }: ColumnRecipe): PageElement | null => {
    if (css !== undefined) return css === ':scope' ? row : row.querySelector(css);
    if (header !== undefined) return headings.cellUnder(header, row);
    return cell === undefined ? null : (tables.cellsOf(row)[cell - 1] ?? null);
  };
  const wordsOf = (element: PageElement, { attribute }: ColumnRecipe): SeenWords =>
    attribute === undefined ? seen(element) : { text: given.tidy(element.getAttribute(attribute)), pieces: 1 };
  const read = (row: PageElement): Record<string, SeenWords | null> => {
    const record: Record<string, SeenWords | null> = {};
    for (const [name, column] of Object.entries(wanted)) {
      const element = elementOf(row, column);
      record[name] = element === null ? null : wordsOf(element, column);
    }
    return record;
  };

  const everyHeading = [...new Set(rows.map((row) => tables.headingOf(row)))];
  const byHeader = Object.values(wanted).some(({ header }) => header !== undefined);
  /** Columns of which a heading is so in one of the tables. */
  const columnsWhere = (isSo: (header: string, heading: PageElement | null) => boolean): string[] =>
    Object.entries(wanted).flatMap(([name, { header }]) => (header !== undefined && everyHeading.some((heading) => isSo(header, heading)) ? [name] : []));

  const matchedRows = new Set(rows);
  const isInside = (row: PageElement): boolean => {
    for (let around = row.parentElement; around; around = around.parentElement) if (matchedRows.has(around)) return true;
    return false;
  };
  const document = rows[0]?.ownerDocument;
  return {
    raw: rows.map(read),
    spanned: rows.map((row) => spans.isSpanned(row)),
    uneven: rows.map((row) => byHeader && headings.isUneven(row)),
    isHeading: rows.map((row) => tables.isOfHeadings(row) || (byHeader && tables.headingOf(row) === row)),
    isInside: rows.map(isInside),
    spannedHeadings: columnsWhere((header, heading) => headings.isSpanned(header, heading)),
    repeatedHeadings: columnsWhere((header, heading) => headings.isRepeated(header, heading)),
    extent: given.seenExtent(rows, tables),
    tops: rows.map((row) => row.getBoundingClientRect?.().top ?? 0),
    final: document?.readyState === 'complete' && document.querySelector('script, [onload], [onerror], meta[http-equiv=refresh]') === null,
  };
}

function tidy(text: string | null): string {
  return (text ?? '').replace(/\s+/g, ' ').trim();
}
