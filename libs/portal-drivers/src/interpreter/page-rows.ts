import type { Locator } from 'playwright-core';
import type { ColumnRecipe } from '../recipe/task.ts';
import type { Extent } from './extent.ts';

export interface PageRows {
  /** Words of each row's columns; `null` where a column is not there. */
  readonly raw: readonly Readonly<Record<string, string | null>>[];
  /** Whether a cell of the row, or of one above it, spans several, so that the row's cells cannot be counted. */
  readonly spanned: readonly boolean[];
  /** Columns of which the heading, or one before it, spans several. */
  readonly spannedHeadings: readonly string[];
  readonly extent: Extent;
  /** The document is loaded and has no script that could draw more. */
  readonly final: boolean;
}

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement {
  readonly tagName: string;
  readonly textContent: string | null;
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
  readonly ownerDocument: { readonly readyState: string; querySelector(selector: string): PageElement | null };
}

/** Reads a page's rows in one call into the browser. */
export function readPage(each: Locator, columns: Readonly<Record<string, ColumnRecipe>>): Promise<PageRows> {
  return each.evaluateAll((rows: PageElement[], wanted): PageRows => {
    const tidy = (text: string | null): string => (text ?? '').replace(/\s+/g, ' ').trim();
    // Tables that scripts draw are often made of other elements, which only their roles make rows and cells.
    const ROW = 'tr, [role=row]';
    const cellsOf = (row: PageElement): PageElement[] => {
      if (row.tagName === 'TR') return [...row.children];
      const cells = [...row.querySelectorAll('[role=cell], [role=gridcell], [role=rowheader], [role=columnheader]')];
      const own = cells.filter((cell) => cell.closest(ROW) === row);
      return own.length > 0 ? own : [...row.children];
    };
    const headingOf = (row: PageElement): PageElement | null => {
      const table = row.closest('table, [role=table], [role=grid], [role=treegrid]');
      return table?.querySelector('thead tr') ?? table?.querySelector('[role=columnheader]')?.closest(ROW) ?? table?.querySelector(ROW) ?? null;
    };
    const cellUnder = (header: string, row: PageElement): PageElement | null => {
      const heading = headingOf(row);
      const headers = heading ? cellsOf(heading) : [];
      const index = headers.findIndex((cell) => tidy(cell.textContent) === header);
      // Where columns are numbered, some may be left out of the page while they are out of sight.
      const number = headers[index]?.getAttribute('aria-colindex') ?? null;
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

    const hasSpannedHeading = (header: string | undefined): boolean => {
      const heading = header === undefined || !rows[0] ? null : headingOf(rows[0]);
      const headers = heading ? cellsOf(heading) : [];
      const index = headers.findIndex((cell) => tidy(cell.textContent) === header);
      return headers.slice(0, index + 1).some((cell) => span(cell, 'col') > 1);
    };

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
      const record: Record<string, string | null> = {};
      for (const [name, column] of Object.entries(wanted)) {
        const inside = (css: string): PageElement | null => (css === ':scope' ? row : row.querySelector(css));
        const counted = column.cell === undefined ? null : (cellsOf(row)[column.cell - 1] ?? null);
        const element = column.css !== undefined ? inside(column.css) : column.header !== undefined ? cellUnder(column.header, row) : counted;
        record[name] = element === null ? null : tidy(column.attribute === undefined ? element.textContent : element.getAttribute(column.attribute));
      }
      return record;
    });
    const spannedHeadings = Object.entries(wanted).flatMap(([name, column]) => (hasSpannedHeading(column.header) ? [name] : []));
    return { raw, spanned: rows.map(isSpanned), spannedHeadings, extent: extentOf(rows[0]), final };
  }, columns);
}
