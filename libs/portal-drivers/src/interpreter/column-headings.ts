import type { CellSpans } from './cell-spans.ts';
import type { PageElement, PageTables } from './page-tables.ts';

/** A cell of a row of headings, with its names: what is seen of it, what it is called for who does not see it, and all that is written in it. */
interface ColumnHeading {
  readonly cell: PageElement;
  readonly names: readonly string[];
}

interface Given {
  readonly tables: Pick<PageTables, 'cellsOf' | 'headingOf'>;
  readonly spans: Pick<CellSpans, 'of'>;
  readonly seen: (cell: PageElement) => { readonly text: string };
  /** On one line, with single blanks. */
  readonly tidy: (text: string | null) => string;
}

/** What stands over the columns of a page's tables. Runs inside the page and uses nothing from outside itself. */
export class ColumnHeadings {
  readonly #given: Given;
  readonly #known = new Map<PageElement | null, readonly ColumnHeading[]>();

  constructor(given: Given) {
    this.#given = given;
  }

  /** The cell of a row that stands under a heading. */
  cellUnder(header: string, row: PageElement): PageElement | null {
    const { tables } = this.#given;
    const headings = this.#in(tables.headingOf(row));
    const index = headings.findIndex(({ names }) => names.includes(header));
    // Where columns are numbered, some may be left out of the page while they are out of sight.
    const number = headings[index]?.cell.getAttribute('aria-colindex') ?? null;
    const cells = tables.cellsOf(row);
    return (number === null ? undefined : cells.find((cell) => cell.getAttribute('aria-colindex') === number)) ?? cells[index] ?? null;
  }

  /** Whether a row's cells do not stand under the headings: there are more or fewer of them, or one is hidden where its heading is seen. */
  isUneven(row: PageElement): boolean {
    const { tables, spans } = this.#given;
    const isDrawn = (element: PageElement): boolean => element.getClientRects().length > 0;
    // HTML has no cell that spans more columns than a thousand.
    const over = ({ cell }: ColumnHeading): PageElement[] => Array.from({ length: Math.min(spans.of(cell, 'col'), 1_000) }, () => cell);
    const heads = this.#in(tables.headingOf(row)).flatMap(over);
    const cells = tables.cellsOf(row);
    const isNumbered = heads.some((cell) => cell.getAttribute('aria-colindex') !== null);
    if (heads.length === 0 || isNumbered) return false;
    if (heads.length !== cells.length) return true;
    return heads.some(isDrawn) && heads.some((head, index) => isDrawn(head) !== isDrawn(cells[index] as PageElement));
  }

  /** Whether a heading of the row, or one before it, spans several columns. */
  isSpanned(header: string, heading: PageElement | null): boolean {
    const headings = this.#in(heading);
    const index = headings.findIndex(({ names }) => names.includes(header));
    return headings.slice(0, index + 1).some(({ cell }) => this.#given.spans.of(cell, 'col') > 1);
  }

  /** Whether a heading is there more than once in the row. */
  isRepeated(header: string, heading: PageElement | null): boolean {
    return this.#in(heading).filter(({ names }) => names.includes(header)).length > 1;
  }

  #in(heading: PageElement | null): readonly ColumnHeading[] {
    const known = this.#known.get(heading);
    if (known) return known;
    const { tables, seen, tidy } = this.#given;
    const read = (heading ? tables.cellsOf(heading) : []).map((cell) => ({
      cell,
      names: [seen(cell).text, tidy(cell.getAttribute('aria-label')), tidy(cell.textContent)].filter((name) => name !== ''),
    }));
    this.#known.set(heading, read);
    return read;
  }
}
