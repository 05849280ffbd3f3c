import { setTimeout as pause } from 'node:timers/promises';
import { RcmError } from '@rcm/telemetry';
import type { Locator, Request } from 'playwright';
import type { PageRecord } from '../contract/page-record.ts';
import type { RowsRecipe, ScrollRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { askedBy } from './asked.ts';
import { isWhole } from './extent.ts';
import { locate } from './locate.ts';
import type { Worded } from './outcome-watch.ts';
import { type PageRows, readPage } from './page-rows.ts';
import { ScrolledList } from './scrolled-list.ts';
import { type Reading, stableReading } from './stable-reading.ts';
import { toldCount } from './told-count.ts';
import { typedRows } from './typed-rows.ts';

/** What a page shows of a list at one place of its scroll bar. */
interface Shown {
  readonly rows: readonly PageRecord[];
  readonly page: Pick<PageRows, 'extent' | 'tops'>;
  /** How many rows the page says that there are; `null`: the recipe does not say where. */
  readonly told: number | null;
}

/**
 * Reads a list that shows more rows while it is scrolled, also one whose rows leave the document when they are out of sight: row by row by their key, from the
 * top to the end. Fails with `portal_unexpected` where nothing says how many rows there are, where what was read is not that many, where a key is empty or there
 * twice, where a row reads otherwise than before, and where there are more rows than the recipe allows: what is returned is all of it or nothing.
 */
export async function readScrolledRows<W extends Worded>(act: Act<W>, recipe: RowsRecipe, scroll: ScrollRecipe): Promise<readonly PageRecord[]> {
  const list = new ScrolledList(scroll);
  await scrollTo(act, scroll, 'top');
  let isAtEnd = false;
  for (;;) {
    const shown = await stableReading(act, 'The table of results', () => look(act, recipe, { list, isAtEnd }));
    list.add(shown.rows, shown.page);
    if (isAll(list, shown)) return list.rows();
    // Where it stands at its end already, the rows that came there made room for further ones.
    isAtEnd = (await scrollTo(act, scroll, 'on')) === 'stays';
  }
}

/** A list that says how many rows it has is read once they are there; one that numbers its rows, once no number is missing up to its end. */
function isAll(list: ScrolledList, { told }: Shown): boolean {
  if (told !== null && list.size > told) throw new RcmError('portal_unexpected', `The page says that there are ${told} rows, and ${list.size} were read.`);
  const extent = list.extent();
  if (told === null) return extent.declared > 0 && isWhole([extent]);
  return list.size === told && (extent.declared === 0 || isWhole([extent]));
}

interface Before {
  readonly list: ScrolledList;
  /** Nothing is left to scroll, so a row that is new must come. */
  readonly isAtEnd: boolean;
}

async function look<W extends Worded>(act: Act<W>, recipe: RowsRecipe, { list, isAtEnd }: Before): Promise<Reading<Shown>> {
  const page = await readPage(act.watch.page, recipe.each, recipe.columns);
  const typed = typedRows(page, recipe.columns);
  if ('problem' in typed) return typed;
  if (typed.rows.length === 0) return null;
  const problem = list.problemOf(typed.rows);
  if (problem !== null) return { problem };
  const told = recipe.total ? await toldCount(act, recipe.total) : null;
  if (told && 'problem' in told) return told;
  if ((await askedBy(act.watch.page, NOTHING)).waiting)
    return { problem: 'The page of results still waits for an answer, so nobody can tell whether more rows come.' };
  const shown: Shown = { rows: typed.rows, page: { extent: page.extent, tops: page.tops }, told: told?.total ?? null };
  if (isAtEnd && !list.holdsNew(typed.rows)) return { problem: endWords(list, shown) };
  return { value: shown };
}

const NOTHING: ReadonlySet<Request> = new Set();

function endWords(list: ScrolledList, { told }: Shown): string {
  if (told !== null) return `The page says that there are ${told} rows, and ${list.size} were read.`;
  const { declared } = list.extent();
  if (declared === 0) return 'Nothing says how many rows the table of results has: say where the page does (rows.total).';
  return 'The table of results has more rows than it shows.';
}

/** As much of a page's element as is used here; this project's own types know no page. */
interface Scrollable {
  readonly clientHeight: number;
  readonly scrollHeight: number;
  readonly scrollTop: number;
  scrollTo(to: { readonly top: number; readonly behavior: 'instant' }): void;
  readonly ownerDocument: { readonly scrollingElement: Scrollable | null; readonly defaultView: Frames };
}

interface Frames {
  requestAnimationFrame(drawn: () => void): void;
}

/** In ms: a part of a page that is out of sight may draw no frame, and a page may never say that it did. */
const MOST_FOR_A_FRAME = 2_000;

/** Less than what is in sight, so that no row is passed over. */
const SHARE = 0.7;

/**
 * Scrolls; `stays`: it was at its end already. A page is told of the new place when it draws its next frame, which on a busy machine comes after what it shows has stood
 * still for a while: that frame is waited for, or rows would be passed over. Fails with `portal_unexpected` where there is nothing to scroll, or more
 * than one thing.
 */
async function scrollTo<W extends Worded>(act: Act<W>, { in: place }: ScrollRecipe, where: 'top' | 'on'): Promise<'moved' | 'stays'> {
  const found: Locator = place ? locate(act.watch.page, place) : act.watch.page.locator(':root');
  if ((await found.count()) !== 1) throw new RcmError('portal_unexpected', 'What is scrolled to see more rows is not on the page once.');
  const limits = { timeout: act.time.stepMs(act.stepDeadlineMs), signal: act.time.signal };
  const end = await found.evaluate(
    (node: unknown, { share, toTop, isPage }) => {
      const found = node as Scrollable;
      const box = (isPage ? found.ownerDocument.scrollingElement : null) ?? found;
      const before = box.scrollTop;
      box.scrollTo({ top: toTop ? 0 : before + Math.max(1, Math.floor(box.clientHeight * share)), behavior: 'instant' });
      return box.scrollTop === before ? 'stays' : 'moved';
    },
    { share: SHARE, toTop: where === 'top', isPage: place === undefined },
    limits,
  );
  await nextFrame(found, act.time.signal);
  return end;
}

/** Bounded by a clock of ours: what the page calls its own may never come. */
async function nextFrame(found: Locator, signal: AbortSignal): Promise<void> {
  const drawn = new AbortController();
  const frame = found.evaluate(
    (node: unknown) => new Promise<null>((done) => (node as Scrollable).ownerDocument.defaultView.requestAnimationFrame(() => done(null))),
    undefined,
    { timeout: MOST_FOR_A_FRAME, signal },
  );
  const most = pause(MOST_FOR_A_FRAME, null, { signal: AbortSignal.any([signal, drawn.signal]) });
  await Promise.race([frame.catch(() => null), most.catch(() => null)]);
  drawn.abort();
}
