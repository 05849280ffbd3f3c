import { withDeadline } from '@rcm/telemetry';
import type { TaskDoubt } from '../outcome.ts';
import type { RowsRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { onMatched } from './on-matched.ts';
import type { Worded } from './outcome-watch.ts';

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement {
  readonly innerText: string;
  readonly parentElement: PageElement | null;
  readonly className: unknown;
  readonly ownerDocument: { readonly body: PageElement };
  matches(selector: string): boolean;
  getAttribute(name: string): string | null;
  getClientRects(): { readonly length: number };
  querySelectorAll(selector: string): ArrayLike<PageElement>;
}

/** What a page shows beside the rows that were read. */
interface Beside {
  /** Its words, as many as are looked at. */
  readonly words: string;
  /** Something leads on to further rows, and could be pressed. */
  readonly leadsOn: boolean;
}

/** The rows are there: only a page that is busy takes so long. */
const LOOK_MS = 10_000;

/**
 * What on the page speaks against the rows being all: a count that the recipe does not name, and a pager that it does not press. No page's words are in the
 * answer. A list that the recipe holds against its own count is not doubted.
 */
export async function doubtsOf<W extends Worded>(act: Act<W>, recipe: RowsRecipe, read: number): Promise<readonly TaskDoubt[]> {
  // Without a row nothing says where on the page the list would stand.
  if (recipe.total || read === 0) return [];
  const look = (): Promise<Beside | null> => onMatched(act.watch.page, recipe.each, besideInPage, undefined);
  const beside = await withDeadline({ ms: LOOK_MS, what: 'A look beside the rows', signal: act.time.signal }, look).catch(() => null);
  if (!beside) return [];
  return [
    ...(tellsMore(beside.words, read) ? (['more_rows_told'] as const) : []),
    ...(beside.leadsOn && !recipe.next_page ? (['pager_not_pressed'] as const) : []),
  ];
}

/** `1 to 50 of 120`, `Page 1 of 3`: whether what stands before `of` is not the end, and fewer rows were read than stand behind it. */
export function tellsMore(words: string, read: number): boolean {
  for (const [, page, one = '', all = ''] of words.matchAll(/(page\s{1,3})?(?<![\d.,])(\d[\d,.]{0,11})\s{1,3}of\s{1,3}(\d[\d,.]{0,11})/gi)) {
    const [shown, told] = [numberOf(one), numberOf(all)];
    if (shown < told && (page !== undefined || told > read)) return true;
  }
  return false;
}

const numberOf = (text: string): number => Number(text.replace(/\D/g, ''));

/** Runs inside the page; `null` where the rows have left it meanwhile. */
function besideInPage([row]: PageElement[], _none: undefined): Beside | null {
  if (!row) return null;
  const [WORDS, ELEMENTS] = [200_000, 2_000];
  const NEXT = /^(next( page)?|older|more|(load|show|view) more( \w{1,20})?|»|›|>|>>|→)$/i;
  const { body } = row.ownerDocument;
  const isOff = (element: PageElement | null): boolean =>
    element !== null && (element.matches(':disabled, [aria-disabled=true]') || /(^|[\s-])disabled(\s|$)/.test(String(element.className)));
  const leadsOn = Array.from(body.querySelectorAll('a, button, [role=button], [role=link], input[type=button], input[type=submit]'))
    .slice(0, ELEMENTS)
    .some((element) => {
      const names = [element.innerText, element.getAttribute('aria-label'), element.getAttribute('title'), element.getAttribute('value')];
      const isNext = element.getAttribute('rel') === 'next' || names.some((name) => NEXT.test((name ?? '').trim()));
      return isNext && element.getClientRects().length > 0 && !isOff(element) && !isOff(element.parentElement);
    });
  return { words: body.innerText.slice(0, WORDS), leadsOn };
}
