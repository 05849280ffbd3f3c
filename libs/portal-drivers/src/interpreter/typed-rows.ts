import type { PageRecord } from '../contract/page-record.ts';
import type { TaskValue } from '../outcome.ts';
import type { ColumnRecipe, RowsRecipe } from '../recipe/task.ts';
import type { PageRows } from './page-rows.ts';
import { isBroken, typedValue } from './typed-value.ts';

interface Problem {
  readonly problem: string;
}

/**
 * The rows of a page with each value of its column's type; words for why nobody can tell them: a cell that is not what the recipe says, or that may stand
 * under another heading.
 */
export function typedRows(page: PageRows, columns: RowsRecipe['columns']): { readonly rows: readonly PageRecord[] } | Problem {
  const wrong = headingProblem(page);
  if (wrong) return wrong;
  const rows: PageRecord[] = [];
  for (const index of page.raw.keys()) {
    const row = typedRow(page, index, columns);
    if ('problem' in row) return row;
    rows.push(row);
  }
  return { rows };
}

function headingProblem({ spannedHeadings: [shifted], repeatedHeadings: [twice] }: PageRows): Problem | null {
  if (shifted !== undefined)
    return { problem: `The heading of "${shifted}" in the table of results, or one before it, spans several columns: find it by css.` };
  if (twice !== undefined) return { problem: `The table of results has several columns with the heading of "${twice}": find it by css.` };
  return null;
}

function typedRow(page: PageRows, index: number, columns: RowsRecipe['columns']): PageRecord | Problem {
  if (page.isInside[index]) return { problem: `Row ${index + 1} of the table of results lies inside of another row: let "each" match the outer ones alone.` };
  if (page.isHeading[index]) return { problem: `Row ${index + 1} of the table of results is one of headings: let "each" match none.` };
  const values: Record<string, TaskValue> = {};
  const seen: Record<string, string | null> = {};
  for (const [name, column] of Object.entries(columns)) {
    const cell = placeProblem(page, index, { name, column }) ?? typedCell(page, index, { name, column });
    if ('problem' in cell) return cell;
    values[name] = cell.value;
    seen[name] = page.raw[index]?.[name]?.text ?? null;
  }
  return { values, words: seen };
}

interface Column {
  readonly name: string;
  readonly column: ColumnRecipe;
}

/** Why nobody can tell which cell of a row is the column's. */
function placeProblem({ spanned, uneven }: PageRows, index: number, { name, column }: Column): Problem | null {
  if (column.css === undefined && spanned[index])
    return { problem: `In row ${index + 1} of the table of results a cell spans several: find "${name}" by css.` };
  if (column.header !== undefined && uneven[index])
    return { problem: `The cells of row ${index + 1} of the table of results are not those of the headings: find "${name}" by css.` };
  return null;
}

function typedCell({ raw }: PageRows, index: number, { name, column }: Column): { readonly value: TaskValue } | Problem {
  const found = raw[index]?.[name] ?? (column.may_be_empty ? { text: '', pieces: 0 } : null);
  if (found === null && raw.every((row) => row[name] === null)) return { problem: `The table of results has no column "${name}".` };
  if (found === null) return { problem: `In row ${index + 1} of the table of results there is no "${name}".` };
  if (isBroken(found, column))
    return { problem: `In row ${index + 1} of the table of results, "${name}" is no one ${column.type ?? ''}: it stands in several pieces.` };
  const value = typedValue(found.text, column);
  if (value === undefined)
    return { problem: `In row ${index + 1} of the table of results, "${name}" is no ${column.type ?? 'text'} as the recipe describes it.` };
  return { value };
}
