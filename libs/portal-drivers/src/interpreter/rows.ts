import { RcmError } from '@rcm/telemetry';
import type { Locator } from 'playwright-core';
import type { ColumnRecipe, RowsRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { locate } from './locate.ts';
import type { Worded } from './outcome-watch.ts';

type Row = Readonly<Record<string, string>>;
/** Rows of one page; `null` where a column is not there, so that the page may just be half drawn. */
type PageRows = { readonly rows: readonly Row[] } | { readonly missing: string };

/**
 * Reads the rows of every page. Fails with `portal_unexpected` where a column is missing or there are more pages than the
 * recipe allows: what is returned is never a part that looks like the whole.
 */
export async function readRows<W extends Worded>(act: Act<W>, recipe: RowsRecipe): Promise<readonly Row[]> {
  const all: Row[] = [];
  let seen = '';
  for (let page = 1; page <= recipe.max_pages; page += 1) {
    const rows = await settledRows(act, recipe, seen);
    all.push(...rows);
    seen = JSON.stringify(rows);
    if (!(await turnPage(act, recipe))) return all;
  }
  throw new RcmError('portal_unexpected', `The portal shows more than ${recipe.max_pages} pages of rows.`);
}

/** Milliseconds for which rows must stay the same: scripts that draw row by row pause for a frame or an answer, not longer. */
const SETTLED_MS = 150;

/** Rows that differ from the page before and stay as they are: a page that is drawn bit by bit is not read halfway. */
async function settledRows<W extends Worded>(act: Act<W>, recipe: RowsRecipe, before: string): Promise<readonly Row[]> {
  const each = locate(act.watch.page, recipe.each);
  let last = { text: '', since: 0 };
  let missing: string | null = null;
  try {
    return await act.time.until('The table of results', act.time.stepMs(act.stepDeadlineMs), async () => {
      const read = await readPage(each, recipe.columns).catch(() => null);
      missing = read && 'missing' in read ? read.missing : null;
      if (!read || 'missing' in read || read.rows.length === 0) return null;
      const text = JSON.stringify(read.rows);
      if (text === before) return null;
      if (text !== last.text) last = { text, since: performance.now() };
      return performance.now() - last.since >= SETTLED_MS ? read.rows : null;
    });
  } catch (error) {
    throw missing === null ? error : new RcmError('portal_unexpected', `The table of results has no column "${missing}".`);
  }
}

/** Presses what leads to the next page; `false` where there is none. */
async function turnPage<W extends Worded>(act: Act<W>, recipe: RowsRecipe): Promise<boolean> {
  if (!recipe.next_page) return false;
  const next = locate(act.watch.page, recipe.next_page).filter({ visible: true });
  if ((await next.count()) === 0 || (await next.first().isDisabled())) return false;
  await next.first().click({ timeout: act.time.stepMs(act.stepDeadlineMs), signal: act.time.signal });
  return true;
}

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement {
  readonly textContent: string | null;
  readonly children: ArrayLike<PageElement> & Iterable<PageElement>;
  closest(selector: string): PageElement | null;
  querySelector(selector: string): PageElement | null;
}

/** Reads a page's rows in one call into the browser. */
function readPage(each: Locator, columns: Readonly<Record<string, ColumnRecipe>>): Promise<PageRows> {
  return each.evaluateAll((rows: PageElement[], wanted): PageRows => {
    const wordsOf = (element: PageElement): string => (element.textContent ?? '').replace(/\s+/g, ' ').trim();
    const headersOf = (row: PageElement): string[] => {
      const table = row.closest('table');
      const heading = table?.querySelector('thead tr') ?? table?.querySelector('tr');
      return heading ? [...heading.children].map(wordsOf) : [];
    };
    const read: Record<string, string>[] = [];
    for (const row of rows) {
      const record: Record<string, string> = {};
      for (const [name, column] of Object.entries(wanted)) {
        const index = column.cell !== undefined ? column.cell - 1 : column.header !== undefined ? headersOf(row).indexOf(column.header) : -1;
        const element = column.css !== undefined ? row.querySelector(column.css) : (row.children[index] ?? null);
        if (!element) return { missing: name };
        record[name] = wordsOf(element);
      }
      read.push(record);
    }
    return { rows: read };
  }, columns);
}
