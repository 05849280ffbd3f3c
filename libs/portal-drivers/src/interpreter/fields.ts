import type { Locator } from 'playwright';
import type { PageRecord } from '../contract/page-record.ts';
import type { TaskValue } from '../outcome.ts';
import type { FieldsRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { locate } from './locate.ts';
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
      const found = await locate(act.watch.page, field.in).all();
      const [element] = found;
      if (found.length > 1) return { problem: `The field "${name}" is on the page ${found.length} times.` };
      if (!element && !field.may_be_empty) return { problem: `The field "${name}" is not on the page.` };
      const words = element ? await wordsOf(element, field.attribute) : { text: '', pieces: 0 };
      if (isBroken(words, field)) return { problem: `The field "${name}" is no one ${field.type ?? ''}: it stands in several pieces.` };
      const value = typedValue(words.text, field);
      if (value === undefined) return { problem: `The field "${name}" is no ${field.type ?? 'text'} as the recipe describes it.` };
      values[name] = value;
      seen[name] = element ? words.text : null;
    }
    return { value: { values, words: seen } };
  });
}

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement extends SeenNode {
  getAttribute(name: string): string | null;
}

/** An attribute of an element, or what a person sees of it: of a field what is typed, of a select what is chosen. */
function wordsOf(element: Locator, attribute: string | undefined): Promise<SeenWords> {
  return element.evaluate(withSeenWords(readInPage), attribute);
}

/** Runs inside the page. */
function readInPage(node: PageElement, attribute: string | undefined, seen: (node: SeenNode) => SeenWords): SeenWords {
  return attribute === undefined ? seen(node) : { text: (node.getAttribute(attribute) ?? '').replace(/\s+/g, ' ').trim(), pieces: 1 };
}
