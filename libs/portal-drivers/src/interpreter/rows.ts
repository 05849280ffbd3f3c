import { RcmError } from '@rcm/telemetry';
import type { Locator } from 'playwright-core';
import type { TaskRow, TaskValue } from '../outcome.ts';
import type { ColumnRecipe, RowsRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { locate } from './locate.ts';
import type { Worded } from './outcome-watch.ts';
import { type Reading, settled } from './settled.ts';
import { typedValue } from './typed-value.ts';

/** Words of one row's columns; `null` where a column is not there. */
type RawRow = Readonly<Record<string, string | null>>;

interface PageRows {
  readonly raw: readonly RawRow[];
  /** The document is loaded and has no script that could draw more. */
  readonly final: boolean;
}

/**
 * Reads the rows of every page. Fails with `portal_unexpected` where a column is missing, or is not what the recipe says, or
 * there are more pages than it allows: what is returned is never a part that looks like the whole.
 */
export async function readRows<W extends Worded>(act: Act<W>, recipe: RowsRecipe): Promise<readonly TaskRow[]> {
  const all: TaskRow[] = [];
  let seen = '';
  for (let page = 1; page <= recipe.max_pages; page += 1) {
    const each = locate(act.watch.page, recipe.each);
    const rows = await settled(act, 'The table of results', seen, async () => readingOf(await readPage(each, recipe.columns), recipe.columns));
    if (recipe.grows) all.length = 0;
    all.push(...rows);
    seen = JSON.stringify(rows);
    if (!(await turnPage(act, recipe))) return all;
  }
  throw new RcmError('portal_unexpected', `The portal shows more than ${recipe.max_pages} pages of rows.`);
}

function readingOf({ raw, final }: PageRows, columns: RowsRecipe['columns']): Reading<readonly TaskRow[]> {
  const rows: TaskRow[] = [];
  for (const [index, words] of raw.entries()) {
    const row: Record<string, TaskValue> = {};
    for (const [name, column] of Object.entries(columns)) {
      const found = words[name] ?? (column.may_be_empty ? '' : null);
      if (found === null && raw.every((row) => row[name] === null)) return { problem: `The table of results has no column "${name}".` };
      if (found === null) return { problem: `In row ${index + 1} of the table of results there is no "${name}".` };
      const value = typedValue(found, column);
      if (value === undefined)
        return { problem: `In row ${index + 1} of the table of results, "${name}" is no ${column.type ?? 'text'} as the recipe describes it.` };
      row[name] = value;
    }
    rows.push(row);
  }
  return rows.length === 0 ? null : { value: rows, final };
}

/** Presses what leads to the next page; `false` where there is none. */
async function turnPage<W extends Worded>(act: Act<W>, recipe: RowsRecipe): Promise<boolean> {
  if (!recipe.next_page) return false;
  const next = locate(act.watch.page, recipe.next_page);
  if ((await next.count()) === 0 || (await next.first().isDisabled())) return false;
  await next.first().click({ timeout: act.time.stepMs(act.stepDeadlineMs), signal: act.time.signal });
  return true;
}

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement {
  readonly tagName: string;
  readonly textContent: string | null;
  readonly children: ArrayLike<PageElement> & Iterable<PageElement>;
  closest(selector: string): PageElement | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  getAttribute(name: string): string | null;
  readonly ownerDocument: { readonly readyState: string; querySelector(selector: string): PageElement | null };
}

/** Reads a page's rows in one call into the browser. */
function readPage(each: Locator, columns: Readonly<Record<string, ColumnRecipe>>): Promise<PageRows> {
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
    return { raw, final };
  }, columns);
}
