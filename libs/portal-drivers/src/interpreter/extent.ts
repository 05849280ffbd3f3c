/** What one page's table says of how many rows it has (WAI-ARIA 1.2: `aria-rowcount`, `aria-rowindex`), and what of them is there. */
export interface Extent {
  /** All rows that it has, headings often among them; 0 where it does not say. */
  readonly declared: number;
  /** The rows that were read. */
  readonly rows: number;
  /** Their numbers, where they have some. */
  readonly numbers: readonly number[];
  /** Numbers of the rows beside them: headings, sums. */
  readonly otherNumbers: readonly number[];
  /** How many rows beside them have no number. */
  readonly unnumbered: number;
}

/**
 * Whether the pages together have every row that they say there are. Grids draw only the rows in sight; what is out of sight is
 * told by these numbers alone. Some tables count the rows of a page, some those of all pages.
 */
export function isWhole(pages: readonly Extent[]): boolean {
  const all = together(pages);
  return pages.every(isWholeTable) || (isWholeTable(all) && (all.declared === 0 || all.rows <= all.declared));
}

function isWholeTable({ declared, rows, numbers, otherNumbers, unnumbered }: Extent): boolean {
  if (numbers.length === 0) return declared <= rows + otherNumbers.length + unnumbered;
  const known = [...new Set([...numbers, ...otherNumbers])];
  const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
  const between = known.filter((number) => number >= first && number <= last).length;
  // Before the first row and after the last one, a heading or a sum without a number may stand for one.
  return between === last - first + 1 && Math.max(declared, last) - known.length <= unnumbered;
}

const together = (pages: readonly Extent[]): Extent => ({
  declared: pages.at(-1)?.declared ?? 0,
  rows: pages.reduce((sum, page) => sum + page.rows, 0),
  numbers: pages.flatMap((page) => page.numbers),
  otherNumbers: pages.flatMap((page) => page.otherNumbers),
  unnumbered: Math.max(0, ...pages.map((page) => page.unnumbered)),
});
