import { RcmError } from '@rcm/telemetry';
import type { Request } from 'playwright';
import type { PageRecord } from '../contract/page-record.ts';
import type { RowsRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { type Asked, askedBy } from './asked.ts';
import { type Extent, isWhole } from './extent.ts';
import { locate } from './locate.ts';
import type { Worded } from './outcome-watch.ts';
import { type PageRows, readPage } from './page-rows.ts';
import { readScrolledRows } from './scrolled-rows.ts';
import { type Reading, stableReading } from './stable-reading.ts';
import { mismatch, toldCount } from './told-count.ts';
import { typedRows } from './typed-rows.ts';

/** The rows that a page shows. */
interface Shown {
  readonly rows: readonly PageRecord[];
  readonly extent: Extent;
  /** No page comes after it. */
  readonly last: boolean;
}

/** Whether something leads to the next page, and can be pressed. */
type Next = 'there' | 'disabled' | 'gone';

interface Problem {
  readonly problem: string;
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
  if (recipe.scroll) return readScrolledRows(act, recipe, recipe.scroll);
  const all: PageRecord[] = [];
  let before: Before = { rows: [], count: 0, extents: [], asked: new Set() };
  for (let page = 1; page <= recipe.max_pages; page += 1) {
    const { rows, extent, last } = await stableReading(act, 'The table of results', () => look(act, recipe, before));
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
  const [page, next] = await Promise.all([readPage(act.watch.page, recipe.each, recipe.columns), nextPage(act, recipe)]);
  const turned = turnedTo(recipe, page, next, before);
  if (!turned || 'problem' in turned) return turned;
  const { rows, same } = turned;
  const counted = await countedRows(act, recipe, { before: before.count, now: rows.length, next });
  if ('problem' in counted) return counted;
  const { isTold, last } = counted;
  const asked = recipe.next_page && !page.final ? await askedBy(act.watch.page, before.asked) : NOTHING_ASKED;
  // Rows may come in several answers.
  if (asked.waiting) return { problem: 'The page of results still waits for an answer, so nobody can tell whether more rows come.' };
  const shown: Shown = { rows, extent: page.extent, last };
  if (!last) return { value: shown, final: page.final };
  if (!isWhole([...before.extents, page.extent])) return { problem: 'The table of results has more rows than it shows.' };
  if (!recipe.next_page || page.final) return { value: shown, final: page.final };
  return lastOfPages(shown, { same, isFirst: before.rows.length === 0, isTold, next, asked });
}

interface Turned {
  readonly rows: readonly PageRecord[];
  /** They are those that were read before. */
  readonly same: boolean;
}

/** The rows of a page to which the one before was turned; `null`: that one still stands. */
function turnedTo(recipe: RowsRecipe, page: PageRows, next: Next, before: Before): Turned | Problem | null {
  const typed = typedRows(page, recipe.columns);
  if ('problem' in typed) return typed;
  const { rows } = typed;
  if (rows.length === 0) return null;
  const same = isSame(rows, before.rows);
  // Where rows take the place of others, the same rows are those that still stand.
  if (same && !(recipe.grows && next !== 'there')) return null;
  if (recipe.grows && !isSame(rows.slice(0, before.rows.length), before.rows))
    return { problem: 'Rows that stood in the table of results are gone since it grew.' };
  return { rows, same };
}

interface Read {
  /** How many rows were read of the pages before, and of this one. */
  readonly before: number;
  readonly now: number;
  readonly next: Next;
}

/** Whether the page says how many rows there are, and whether this is the last that has some. */
async function countedRows<W extends Worded>(
  act: Act<W>,
  recipe: RowsRecipe,
  { before, now, next }: Read,
): Promise<{ readonly isTold: boolean; readonly last: boolean } | Problem> {
  const told = recipe.total ? await toldCount(act, recipe.total) : null;
  if (told && 'problem' in told) return told;
  // A list that says that all of it was read is not asked for more.
  const last = next !== 'there' || told?.total === before + now;
  const wrong = told && mismatch(told, { before, now, last });
  return wrong ? { problem: wrong } : { isTold: told !== null, last };
}

interface AtLast extends Pick<Turned, 'same'> {
  readonly isFirst: boolean;
  readonly isTold: boolean;
  readonly next: Next;
  readonly asked: Asked;
}

/** Whether a page that seems to be the last of several is it. */
function lastOfPages(shown: Shown, { same, isFirst, isTold, next, asked }: AtLast): Reading<Shown> {
  // Whatever answer failed, a list that has as many rows as it says is whole.
  if (asked.failed && (same || (!isFirst && !isTold))) return { problem: 'More rows were asked for, and the portal’s answer was an error.' };
  // A button may be disabled just while it works.
  if (same && next === 'disabled' && !asked.answered) return null;
  return { value: shown, doubtful: true };
}

const NOTHING_ASKED: Asked = { waiting: false, answered: false, failed: false };

const isSame = (one: readonly PageRecord[], other: readonly PageRecord[]): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What leads to the next page, as it is now. */
async function nextPage<W extends Worded>(act: Act<W>, recipe: RowsRecipe): Promise<Next> {
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
