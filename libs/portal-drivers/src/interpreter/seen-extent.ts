import type { Extent } from './extent.ts';
import type { PageElement, PageTables } from './page-tables.ts';

/** What the table of the rows that were read says of how many it has. Runs inside the page and uses nothing from outside itself. */
export function seenExtent(rows: readonly PageElement[], { ROW }: Pick<PageTables, 'ROW'>): Extent {
  const numberIn = (element: PageElement | null | undefined, attribute: string): number => Number(element?.getAttribute(attribute) ?? 0) || 0;
  const numbersOf = (list: readonly PageElement[]): number[] => list.map((row) => numberIn(row, 'aria-rowindex')).filter((number) => number > 0);
  const table = rows[0]?.closest('table:not([role=presentation], [role=none]), [role=table], [role=grid], [role=treegrid]');
  const read = new Set(rows);
  const around = table ? [...table.querySelectorAll(ROW)] : [];
  const others = around.filter((row) => !read.has(row) && row.getClientRects().length > 0 && !rows.some((one) => one.contains(row) || row.contains(one)));
  const otherNumbers = numbersOf(others);
  return {
    declared: Math.max(0, numberIn(table, 'aria-rowcount')),
    rows: rows.length,
    numbers: numbersOf(rows),
    otherNumbers,
    unnumbered: others.length - otherNumbers.length,
  };
}
