import type { PageRecord } from '../contract/page-record.ts';
import type { TaskValue } from '../outcome.ts';
import type { FieldsRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { onMatched } from './on-matched.ts';
import type { Worded } from './outcome-watch.ts';
import { stableReading } from './stable-reading.ts';
import { type SeenNode, type SeenWords, withSeenWords } from './seen-words.ts';
import { isBroken, typedValue } from './typed-value.ts';

/** Reads the fields of one record. Fails with `portal_unexpected` where one is not there, is there twice, or is not what the recipe says. */
export function readFields<W extends Worded>(act: Act<W>, fields: FieldsRecipe): Promise<PageRecord> {
  return stableReading<PageRecord, W>(act, 'The fields of the result', async () => {
    const values: Record<string, TaskValue> = {};
    const seen: Record<string, string | null> = {};
    for (const [name, field] of Object.entries(fields)) {
      const found = await onMatched(act.watch.page, field.in, withSeenWords(readInPage), field.attribute);
      if (found.count > 1) return { problem: `The field "${name}" is on the page ${found.count} times.` };
      if (!found.words && !field.may_be_empty) return { problem: `The field "${name}" is not on the page.` };
      const words = found.words ?? { text: '', pieces: 0 };
      if (isBroken(words, field)) return { problem: `The field "${name}" is no one ${field.type ?? ''}: it stands in several pieces.` };
      const value = typedValue(words.text, field);
      if (value === undefined) return { problem: `The field "${name}" is no ${field.type ?? 'text'} as the recipe describes it.` };
      values[name] = value;
      seen[name] = found.words ? words.text : null;
    }
    return { value: { values, words: seen } };
  });
}

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement extends SeenNode {
  getAttribute(name: string): string | null;
}

interface Found {
  readonly count: number;
  /** An attribute of the first one, or what a person sees of it: of a field what is typed, of a select what is chosen. */
  readonly words: SeenWords | null;
}

/** Runs inside the page. */
function readInPage([first, ...others]: PageElement[], attribute: string | undefined, seen: (node: SeenNode) => SeenWords): Found {
  if (!first) return { count: 0, words: null };
  const words = attribute === undefined ? seen(first) : { text: (first.getAttribute(attribute) ?? '').replace(/\s+/g, ' ').trim(), pieces: 1 };
  return { count: 1 + others.length, words };
}
