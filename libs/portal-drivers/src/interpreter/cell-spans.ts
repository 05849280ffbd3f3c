import type { PageElement, PageTables } from './page-tables.ts';

/** How many rows and columns the cells of a page's tables span. Runs inside the page and uses nothing from outside itself. */
export class CellSpans {
  readonly #tables: Pick<PageTables, 'cellsOf'>;
  readonly #sections = new Map<PageElement, Set<PageElement>>();

  constructor(tables: Pick<PageTables, 'cellsOf'>) {
    this.#tables = tables;
  }

  of(cell: PageElement, way: 'row' | 'col'): number {
    return cell[`${way}Span`] ?? (Number(cell.getAttribute(`aria-${way}span`) ?? 0) || 1);
  }

  /** Whether a cell of the row is wider than one, or comes from a row above. */
  isSpanned(row: PageElement): boolean {
    const section = row.parentElement;
    if (!section) return false;
    const known = this.#sections.get(section) ?? this.#spannedIn(section);
    this.#sections.set(section, known);
    return known.has(row);
  }

  #spannedIn(section: PageElement): Set<PageElement> {
    const found = new Set<PageElement>();
    let reach = 0;
    for (const [index, row] of [...section.children].entries()) {
      for (const cell of this.#tables.cellsOf(row)) {
        const down = this.of(cell, 'row');
        if (down !== 1) reach = Math.max(reach, down === 0 ? Infinity : index + down);
        if (this.of(cell, 'col') > 1) found.add(row);
      }
      if (index < reach) found.add(row);
    }
    return found;
  }
}
