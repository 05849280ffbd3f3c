import type { Path, Report } from './report.ts';
import { nearestWord } from './suggestion.ts';
import type { TaskRecipe } from './task.ts';

type Lists = Pick<TaskRecipe, 'rows' | 'sheet'>;

/** Checks what of a task's list excludes each other, and that its key is made of its columns. */
export function checkList({ rows, sheet }: Lists, path: Path, report: Report): void {
  if (rows && sheet) report([...path, 'sheet'], 'is not possible beside rows: a task gives one list');
  if (!rows?.scroll) return;
  const at = [...path, 'rows'];
  for (const key of ['next_page', 'grows'] as const) if (rows[key] !== undefined) report([...at, key], 'is not possible beside scroll');
  const columns = Object.keys(rows.columns);
  const keys = typeof rows.scroll.key === 'string' ? [rows.scroll.key] : rows.scroll.key;
  for (const key of keys) if (!columns.includes(key)) report([...at, 'scroll', 'key'], `names no column: ${key}`, nearestWord(key, columns));
  if (rows.total && /\{(from|to)\}/.test(rows.total.format))
    report([...at, 'total', 'format'], 'may hold {total} alone beside scroll: what is in sight is not what was read');
}
