import { RcmError } from '@rcm/telemetry';
import type { Request } from 'playwright';
import type { PageRecord } from '../contract/page-record.ts';
import type { TaskValue } from '../outcome.ts';
import type { RowsRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { askedBy } from './asked.ts';
import { type Extent, isWhole } from './extent.ts';
import { locate } from './locate.ts';
import type { Worded } from './outcome-watch.ts';
import { type PageRows, readPage } from './page-rows.ts';
import { type Reading, settled } from './settled.ts';
import { mismatch, toldCount } from './told-count.ts';
import { isBroken, typedValue } from './typed-value.ts';

/** The rows that a page shows. */
interface Shown {
  readonly rows: readonly PageRecord[];
  readonly extent: Extent;
  /** No page comes after it. */
  readonly last: boolean;
}

/** What was read before a page. */
interface Before {
  /** Rows of the page before. */
  readonly rows: readonly PageRecord[];
  /** How many were read of the pages whose rows this page's do not repeat. */
  readonly count: number;
  /** Of the pages whose rows this page's do not repeat. */
  readonly extents: readonly Extent[];
  /** What had been asked for when the page was turned. */
  readonly asked: ReadonlySet<Request>;
}

/**
 * Reads the rows of every page. Fails with `portal_unexpected` where a column is missing, or is not what the recipe says, or
 * cannot be counted, where the table has rows that it does not show or says that there are more or fewer than were read, or there are more pages than the recipe allows: what is
 * returned is never a part that looks like the whole.
 */
export async function readRows<W extends Worded>(act: Act<W>, recipe: RowsRecipe): Promise<readonly PageRecord[]> {
  const all: PageRecord[] = [];
  let before: Before = { rows: [], count: 0, extents: [], asked: new Set() };
  for (let page = 1; page <= recipe.max_pages; page += 1) {
    const { rows, extent, last } = await settled(act, 'The table of results', () => look(act, recipe, before));
    if (recipe.grows) all.length = 0;
    all.push(...rows);
    if (last) return all;
    before = {
      rows,
      count: recipe.grows ? 0 : all.length,
      extents: recipe.grows ? [] : [...before.extents, extent],
      asked: new Set(await act.watch.page.requests()),
    };
    await turnPage(act, recipe);
  }
  throw new RcmError('portal_unexpected', `The portal shows more than ${recipe.max_pages} pages of rows.`);
}

async function look<W extends Worded>(act: Act<W>, recipe: RowsRecipe, before: Before): Promise<Reading<Shown>> {
  const [page, next] = await Promise.all([readPage(locate(act.watch.page, recipe.each), recipe.columns), nextPage(act, recipe)]);
  const typed = typedRows(page, recipe.columns);
  if ('problem' in typed) return typed;
  const { rows } = typed;
  if (rows.length === 0) return null;
  const same = isSame(rows, before.rows);
  // Where rows take the place of others, the same rows are those that still stand.
  if (same && !(recipe.grows && next !== 'there')) return null;
  if (recipe.grows && !isSame(rows.slice(0, before.rows.length), before.rows))
    return { problem: 'Rows that stood in the table of results are gone since it grew.' };
  const told = recipe.total ? await toldCount(act, recipe.total) : null;
  if (told && 'problem' in told) return told;
  // A list that says that all of it was read is not asked for more.
  const last = next !== 'there' || told?.total === before.count + rows.length;
  const wrong = told && mismatch(told, { before: before.count, now: rows.length, last });
  if (wrong) return { problem: wrong };
  const shown: Shown = { rows, extent: page.extent, last };
  if (!shown.last) return { value: shown, final: page.final };
  if (!isWhole([...before.extents, page.extent])) return { problem: 'The table of results has more rows than it shows.' };
  if (!recipe.next_page || page.final) return { value: shown, final: page.final };
  const asked = await askedBy(act.watch.page, before.asked);
  if (asked.waiting) return { problem: 'The page of results still waits for an answer, so nobody can tell whether more rows come.' };
  if (same && asked.failed) return { problem: 'More rows were asked for, and the portal’s answer was an error.' };
  // A button may be disabled just while it works.
  if (same && next === 'disabled' && !asked.answered) return null;
  return { value: shown, doubtful: true };
}

const isSame = (one: readonly PageRecord[], other: readonly PageRecord[]): boolean => JSON.stringify(one) === JSON.stringify(other);

function typedRows(
  { raw, spanned, spannedHeadings, repeatedHeadings }: PageRows,
  columns: RowsRecipe['columns'],
): { readonly rows: readonly PageRecord[] } | { readonly problem: string } {
  const rows: PageRecord[] = [];
  const [shifted] = spannedHeadings;
  if (shifted !== undefined)
    return { problem: `The heading of "${shifted}" in the table of results, or one before it, spans several columns: find it by css.` };
  const [twice] = repeatedHeadings;
  if (twice !== undefined) return { problem: `The table of results has several columns with the heading of "${twice}": find it by css.` };
  for (const [index, words] of raw.entries()) {
    const values: Record<string, TaskValue> = {};
    const seen: Record<string, string | null> = {};
    for (const [name, column] of Object.entries(columns)) {
      if (column.css === undefined && spanned[index])
        return { problem: `In row ${index + 1} of the table of results a cell spans several: find "${name}" by css.` };
      const found = words[name] ?? (column.may_be_empty ? { text: '', pieces: 0 } : null);
      if (found === null && raw.every((row) => row[name] === null)) return { problem: `The table of results has no column "${name}".` };
      if (found === null) return { problem: `In row ${index + 1} of the table of results there is no "${name}".` };
      if (isBroken(found, column))
        return { problem: `In row ${index + 1} of the table of results, "${name}" is no one ${column.type ?? ''}: it stands in several pieces.` };
      const value = typedValue(found.text, column);
      if (value === undefined)
        return { problem: `In row ${index + 1} of the table of results, "${name}" is no ${column.type ?? 'text'} as the recipe describes it.` };
      values[name] = value;
      seen[name] = words[name]?.text ?? null;
    }
    rows.push({ values, words: seen });
  }
  return { rows };
}

/** What leads to the next page, as it is now. */
async function nextPage<W extends Worded>(act: Act<W>, recipe: RowsRecipe): Promise<'there' | 'disabled' | 'gone'> {
  if (!recipe.next_page) return 'gone';
  const next = locate(act.watch.page, recipe.next_page);
  if ((await next.count()) === 0) return 'gone';
  return (await next.first().isDisabled({ timeout: 1_000 })) ? 'disabled' : 'there';
}

async function turnPage<W extends Worded>(act: Act<W>, recipe: RowsRecipe): Promise<void> {
  if (!recipe.next_page) return;
  const next = locate(act.watch.page, recipe.next_page);
  await next.first().click({ timeout: act.time.stepMs(act.stepDeadlineMs), signal: act.time.signal });
}
