import type { Locator } from 'playwright-core';
import type { TaskRow, TaskValue } from '../outcome.ts';
import type { FieldsRecipe } from '../recipe/task.ts';
import type { Act } from './act.ts';
import { locate } from './locate.ts';
import type { Worded } from './outcome-watch.ts';
import { settled } from './settled.ts';
import { typedValue } from './typed-value.ts';

/** Reads the fields of one record. Fails with `portal_unexpected` where one is not there, is there twice, or is not what the recipe says. */
export function readFields<W extends Worded>(act: Act<W>, fields: FieldsRecipe): Promise<TaskRow> {
  return settled<TaskRow, W>(act, 'The fields of the result', async () => {
    const record: Record<string, TaskValue> = {};
    for (const [name, field] of Object.entries(fields)) {
      const found = await locate(act.watch.page, field.in).all();
      const [element] = found;
      if (found.length > 1) return { problem: `The field "${name}" is on the page ${found.length} times.` };
      if (!element && !field.may_be_empty) return { problem: `The field "${name}" is not on the page.` };
      const value = typedValue(element ? await wordsOf(element, field.attribute) : '', field);
      if (value === undefined) return { problem: `The field "${name}" is no ${field.type ?? 'text'} as the recipe describes it.` };
      record[name] = value;
    }
    return { value: record };
  });
}

/** As much of a page's element as is used here; this project's own types know no page. */
interface PageElement {
  readonly textContent: string | null;
  readonly value?: unknown;
  readonly selectedOptions?: ArrayLike<PageElement>;
  getAttribute(name: string): string | null;
}

/** The words of an element: an attribute, the chosen option of a select, the value of a field, else its text. */
function wordsOf(element: Locator, attribute: string | undefined): Promise<string> {
  return element.evaluate((node: PageElement, wanted) => {
    const option = node.selectedOptions?.[0];
    const field = option ? option.textContent : typeof node.value === 'string' ? node.value : node.textContent;
    return ((wanted === undefined ? field : node.getAttribute(wanted)) ?? '').replace(/\s+/g, ' ').trim();
  }, attribute);
}
