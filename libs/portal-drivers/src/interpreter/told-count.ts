import type { Act } from './act.ts';
import { onMatched } from './on-matched.ts';
import type { Worded } from './outcome-watch.ts';
import { type SeenNode, type SeenWords, withSeenWords } from './seen-words.ts';
import type { RowsRecipe } from '../recipe/task.ts';

/** What a page says of how many rows there are: `Showing 51 to 100 of 120`. */
export interface ToldCount {
  readonly from?: number;
  readonly to?: number;
  readonly total: number;
}

type Total = NonNullable<RowsRecipe['total']>;

/** Words beyond this are no count, and are not searched. */
const LONGEST = 500;
/** Blanks group nothing here: `page 5 100 claims` is not 5,100. */
const COUNT = "(\\d{1,3}(?:[,.’']\\d{3})+|\\d+)";

/** Reads the count where the recipe says that it stands; words for why it cannot be. */
export async function toldCount<W extends Worded>(act: Act<W>, { in: place, format }: Total): Promise<ToldCount | { readonly problem: string }> {
  const { count, words } = await onMatched(act.watch.page, place, withSeenWords(readInPage), undefined);
  if (count !== 1 || !words) return { problem: `What says how many rows there are is on the page ${count} times.` };
  return countIn(words.text, format) ?? { problem: 'The page does not say how many rows there are as the recipe describes it.' };
}

/** Runs inside the page. */
function readInPage(found: SeenNode[], _none: undefined, seen: (node: SeenNode) => SeenWords): { readonly count: number; readonly words: SeenWords | null } {
  return { count: found.length, words: found[0] ? seen(found[0]) : null };
}

/** The count that stands in the words as `format` writes it; `null`: none does, or several. */
export function countIn(words: string, format: string): ToldCount | null {
  const names: string[] = [];
  const pattern = format
    .trim()
    .split(/(\{(?:from|to|total)\})/)
    .map((part) => {
      const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
      if (name === undefined) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\s+/g, '\\s+');
      names.push(name);
      return COUNT;
    })
    .join('');
  const [match, ...more] = words.slice(0, LONGEST).matchAll(new RegExp(`(?<![\\d,.])${pattern}(?!\\d)`, 'g'));
  if (!match || more.length > 0) return null;
  const told = Object.fromEntries(names.map((name, index) => [name, Number((match[index + 1] ?? '').replaceAll(/\D/g, ''))]));
  return told as unknown as ToldCount;
}

/** What does not fit between what the page says and what was read of it, in words; `null`: nothing. */
export function mismatch(told: ToldCount, read: { readonly before: number; readonly now: number; readonly last: boolean }): string | null {
  const end = read.before + read.now;
  if (told.from !== undefined && told.from !== read.before + 1)
    return `The page says that its rows begin with number ${told.from}, and ${read.before} were read before.`;
  if (told.to !== undefined && told.to !== end) return `The page says that its rows end with number ${told.to}, and ${end} were read.`;
  if (end > told.total || (read.last && end !== told.total)) return `The page says that there are ${told.total} rows, and ${end} were read.`;
  return null;
}
