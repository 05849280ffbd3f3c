import type { Page } from 'playwright';
import type { Target } from '../recipe/target.ts';
import type { ColumnRecipe } from '../recipe/task.ts';
import type { Extent } from './extent.ts';
import { onMatched } from './on-matched.ts';
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

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement extends SeenNode {
  readonly tagName: string;
  readonly children: ArrayLike<PageElement> & Iterable<PageElement>;
  readonly parentElement: PageElement | null;
  /** Of a table's cell; 0 is as far as the table goes. */
  readonly rowSpan?: number;
  readonly colSpan?: number;
  closest(selector: string): PageElement | null;
  contains(other: PageElement): boolean;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  getAttribute(name: string): string | null;
  getClientRects(): { readonly length: number };
  readonly ownerDocument: SeenNode['ownerDocument'] & { readonly readyState: string; querySelector(selector: string): PageElement | null };
}

/** Reads a page's rows in one call into the browser. */
export function readPage(page: Page, each: Target, columns: Readonly<Record<string, ColumnRecipe>>): Promise<PageRows> {
  return onMatched(page, each, withSeenWords(readInPage), columns);
}

/** Runs inside the page. */
function readInPage(matched: PageElement[], wanted: Readonly<Record<string, ColumnRecipe>>, seen: (node: SeenNode) => SeenWords): PageRows {
  const rows = matched.filter((row) => row.getClientRects().length > 0 || [...row.children].some((child) => child.getClientRects().length > 0));
  const tidy = (text: string | null): string => (text ?? '').replace(/\s+/g, ' ').trim();
  // Tables that scripts draw are often made of other elements, which only their roles make rows and cells.
  const ROW = 'tr, [role=row]';
  const cellsOf = (row: PageElement): PageElement[] => {
    if (row.tagName === 'TR') return [...row.children];
    const cells = [...row.querySelectorAll('[role=cell], [role=gridcell], [role=rowheader], [role=columnheader]')];
    const own = cells.filter((cell) => cell.closest(ROW) === row);
    return own.length > 0 ? own : [...row.children];
  };
  const TABLE = 'table, [role=table], [role=grid], [role=treegrid]';
  const headingOf = (row: PageElement): PageElement | null => {
    const table = row.closest(TABLE);
    if (!tables.has(table)) tables.set(table, table ? headingOfTable(table) : null);
    return tables.get(table) ?? null;
  };
  /** A cell may hold a table of its own, with headings of its own. */
  const headingOfTable = (table: PageElement): PageElement | null => {
    const own = (selector: string): PageElement | null => [...table.querySelectorAll(selector)].find((one) => one.closest(TABLE) === table) ?? null;
    return own('thead tr') ?? own('[role=columnheader]')?.closest(ROW) ?? own(ROW);
  };
  const tables = new Map<PageElement | null, PageElement | null>();
  /** The cells of a heading row, each with its names: what is seen of it, what it is called for who does not see it, and all that is written in it. */
  const headersOf = (heading: PageElement | null): { readonly cell: PageElement; readonly names: readonly string[] }[] => {
    const known = headings.get(heading);
    if (known) return known;
    const read = (heading ? cellsOf(heading) : []).map((cell) => ({
      cell,
      names: [seen(cell).text, tidy(cell.getAttribute('aria-label')), tidy(cell.textContent)].filter((name) => name !== ''),
    }));
    headings.set(heading, read);
    return read;
  };
  const headings = new Map<PageElement | null, ReturnType<typeof headersOf>>();
  const cellUnder = (header: string, row: PageElement): PageElement | null => {
    const headers = headersOf(headingOf(row));
    const index = headers.findIndex(({ names }) => names.includes(header));
    // Where columns are numbered, some may be left out of the page while they are out of sight.
    const number = headers[index]?.cell.getAttribute('aria-colindex') ?? null;
    const cells = cellsOf(row);
    return (number === null ? undefined : cells.find((cell) => cell.getAttribute('aria-colindex') === number)) ?? cells[index] ?? null;
  };

  const numberIn = (element: PageElement | null, attribute: string): number => Number(element?.getAttribute(attribute) ?? 0) || 0;
  const span = (cell: PageElement, way: 'row' | 'col'): number => cell[`${way}Span`] ?? (numberIn(cell, `aria-${way}span`) || 1);
  /** Rows of which a cell is wider than one, or of which a cell comes from a row above. */
  const spannedIn = (section: PageElement): Set<PageElement> => {
    const found = new Set<PageElement>();
    let reach = 0;
    for (const [index, row] of [...section.children].entries()) {
      for (const cell of cellsOf(row)) {
        const down = span(cell, 'row');
        if (down !== 1) reach = Math.max(reach, down === 0 ? Infinity : index + down);
        if (span(cell, 'col') > 1) found.add(row);
      }
      if (index < reach) found.add(row);
    }
    return found;
  };
  const sections = new Map<PageElement | null, Set<PageElement>>();
  const isSpanned = (row: PageElement): boolean => {
    const section = row.parentElement;
    if (section && !sections.has(section)) sections.set(section, spannedIn(section));
    return sections.get(section)?.has(row) ?? false;
  };

  const isDrawn = (element: PageElement): boolean => element.getClientRects().length > 0;
  const isNumbered = (cells: readonly PageElement[]): boolean => cells.some((cell) => cell.getAttribute('aria-colindex') !== null);
  const isUneven = (row: PageElement): boolean => {
    // HTML has no cell that spans more columns than a thousand.
    const heads = headersOf(headingOf(row)).flatMap(({ cell }) => Array.from({ length: Math.min(span(cell, 'col'), 1_000) }, () => cell));
    const cells = cellsOf(row);
    if (heads.length === 0 || isNumbered(heads)) return false;
    if (heads.length !== cells.length) return true;
    return heads.some(isDrawn) && heads.some((head, index) => isDrawn(head) !== isDrawn(cells[index] as PageElement));
  };
  const isOfHeadings = (row: PageElement): boolean => {
    const cells = cellsOf(row);
    return cells.length > 0 && cells.every((cell) => cell.tagName === 'TH' || cell.getAttribute('role') === 'columnheader');
  };
  const byHeader = Object.values(wanted).some(({ header }) => header !== undefined);

  const everyHeading = [...new Set(rows.map(headingOf))];
  const hasSpannedHeading = (header: string | undefined): boolean =>
    header !== undefined &&
    everyHeading.some((heading) => {
      const headers = headersOf(heading);
      const index = headers.findIndex(({ names }) => names.includes(header));
      return headers.slice(0, index + 1).some(({ cell }) => span(cell, 'col') > 1);
    });

  const extentOf = (first: PageElement | undefined): Extent => {
    const table = first?.closest('table:not([role=presentation], [role=none]), [role=table], [role=grid], [role=treegrid]');
    const read = new Set(rows);
    const around = table ? [...table.querySelectorAll(ROW)] : [];
    const others = around.filter((row) => !read.has(row) && row.getClientRects().length > 0 && !rows.some((one) => one.contains(row) || row.contains(one)));
    const numbersOf = (list: readonly PageElement[]): number[] => list.map((row) => numberIn(row, 'aria-rowindex')).filter((number) => number > 0);
    const otherNumbers = numbersOf(others);
    return {
      declared: Math.max(0, numberIn(table ?? null, 'aria-rowcount')),
      rows: rows.length,
      numbers: numbersOf(rows),
      otherNumbers,
      unnumbered: others.length - otherNumbers.length,
    };
  };

  const document = rows[0]?.ownerDocument;
  const final = document?.readyState === 'complete' && document.querySelector('script, [onload], [onerror], meta[http-equiv=refresh]') === null;
  const raw = rows.map((row) => {
    const record: Record<string, SeenWords | null> = {};
    for (const [name, column] of Object.entries(wanted)) {
      const inside = (css: string): PageElement | null => (css === ':scope' ? row : row.querySelector(css));
      const counted = column.cell === undefined ? null : (cellsOf(row)[column.cell - 1] ?? null);
      const element = column.css !== undefined ? inside(column.css) : column.header !== undefined ? cellUnder(column.header, row) : counted;
      const words = (): SeenWords =>
        column.attribute === undefined ? seen(element as PageElement) : { text: tidy((element as PageElement).getAttribute(column.attribute)), pieces: 1 };
      record[name] = element === null ? null : words();
    }
    return record;
  });
  const spannedHeadings = Object.entries(wanted).flatMap(([name, column]) => (hasSpannedHeading(column.header) ? [name] : []));
  const isRepeated = (header: string): boolean => everyHeading.some((heading) => headersOf(heading).filter(({ names }) => names.includes(header)).length > 1);
  const repeatedHeadings = Object.entries(wanted).flatMap(([name, { header }]) => (header !== undefined && isRepeated(header) ? [name] : []));
  const matchedRows = new Set(rows);
  const isInside = rows.map((row) => {
    for (let around = row.parentElement; around; around = around.parentElement) if (matchedRows.has(around)) return true;
    return false;
  });
  return {
    raw,
    spanned: rows.map(isSpanned),
    uneven: rows.map((row) => byHeader && isUneven(row)),
    isHeading: rows.map((row) => isOfHeadings(row) || (byHeader && headingOf(row) === row)),
    isInside,
    spannedHeadings,
    repeatedHeadings,
    extent: extentOf(rows[0]),
    tops: rows.map((row) => row.getBoundingClientRect?.().top ?? 0),
    final,
  };
}
