import type { SeenNode } from './page-node.ts';

/** As much of a page's element as the reading of its rows uses; this project's own types know no page. */
export interface PageElement extends SeenNode {
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

/**
 * The rows, cells and headings of a page's tables. Those that scripts draw are often made of other elements, which only their roles make rows and cells.
 * Runs inside the page and uses nothing from outside itself.
 */
export class PageTables {
  readonly ROW = 'tr, [role=row]';
  readonly #TABLE = 'table, [role=table], [role=grid], [role=treegrid]';
  readonly #headings = new Map<PageElement | null, PageElement | null>();

  cellsOf(row: PageElement): PageElement[] {
    if (row.tagName === 'TR') return [...row.children];
    const cells = [...row.querySelectorAll('[role=cell], [role=gridcell], [role=rowheader], [role=columnheader]')];
    const own = cells.filter((cell) => cell.closest(this.ROW) === row);
    return own.length > 0 ? own : [...row.children];
  }

  /** The row of headings of the table that a row is in. */
  headingOf(row: PageElement): PageElement | null {
    const table = row.closest(this.#TABLE);
    if (!this.#headings.has(table)) this.#headings.set(table, table ? this.#headingOfTable(table) : null);
    return this.#headings.get(table) ?? null;
  }

  /** Whether every cell of a row is a heading. */
  isOfHeadings(row: PageElement): boolean {
    const cells = this.cellsOf(row);
    return cells.length > 0 && cells.every((cell) => cell.tagName === 'TH' || cell.getAttribute('role') === 'columnheader');
  }

  /** A cell may hold a table of its own, with headings of its own. */
  #headingOfTable(table: PageElement): PageElement | null {
    const own = (selector: string): PageElement | null => [...table.querySelectorAll(selector)].find((one) => one.closest(this.#TABLE) === table) ?? null;
    return own('thead tr') ?? own('[role=columnheader]')?.closest(this.ROW) ?? own(this.ROW);
  }
}
