import type { PageRecord } from '../contract/page-record.ts';
import type { TaskValue } from '../outcome.ts';
import type { RowsRecipe } from '../recipe/task.ts';
import type { PageRows } from './page-rows.ts';
import { isBroken, typedValue } from './typed-value.ts';

/**
 * The rows of a page with each value of its column's type; words for why nobody can tell them: a cell that is not what the recipe says, or that may stand
 * under another heading.
 */
export function typedRows(
  { raw, spanned, uneven, isHeading, isInside, spannedHeadings, repeatedHeadings }: PageRows,
  columns: RowsRecipe['columns'],
): { readonly rows: readonly PageRecord[] } | { readonly problem: string } {
  const rows: PageRecord[] = [];
  const [shifted] = spannedHeadings;
  if (shifted !== undefined)
    return { problem: `The heading of "${shifted}" in the table of results, or one before it, spans several columns: find it by css.` };
  const [twice] = repeatedHeadings;
  if (twice !== undefined) return { problem: `The table of results has several columns with the heading of "${twice}": find it by css.` };
  for (const [index, words] of raw.entries()) {
    if (isInside[index]) return { problem: `Row ${index + 1} of the table of results lies inside of another row: let "each" match the outer ones alone.` };
    if (isHeading[index]) return { problem: `Row ${index + 1} of the table of results is one of headings: let "each" match none.` };
    const values: Record<string, TaskValue> = {};
    const seen: Record<string, string | null> = {};
    for (const [name, column] of Object.entries(columns)) {
      if (column.css === undefined && spanned[index])
        return { problem: `In row ${index + 1} of the table of results a cell spans several: find "${name}" by css.` };
      if (column.header !== undefined && uneven[index])
        return { problem: `The cells of row ${index + 1} of the table of results are not those of the headings: find "${name}" by css.` };
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
