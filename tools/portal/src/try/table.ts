import type { TaskReport } from './report.ts';

type Rows = Extract<TaskReport, { readonly kind: 'found' }>['rows'];

/** A cell is no wider than this, so that a row stays a line. */
const WIDEST = 40;

/** Rows as a table with its headings, to be held beside the page; at most `most` of them, and how many more there are. */
export function tableLines(rows: Rows, most: number): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (names.length === 0) return [];
  const lines = [names, ...rows.slice(0, most).map((row) => names.map((name) => written(row[name])))];
  const widths = names.map((_name, column) => Math.max(...lines.map((line) => [...(line[column] ?? '')].length)));
  const drawn = lines.map((line) => `  ${line.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length)).join('  ')}`.trimEnd());
  const more = rows.length - most;
  return more > 0 ? [...drawn, `  … and ${more} more (--json prints all)`] : drawn;
}

/** What is empty is told from a dash that the page shows. */
function written(value: unknown): string {
  if (value === null || value === undefined) return '(empty)';
  // A line break or a control character in a cell would draw another table.
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/[\s\p{Cc}]+/gu, ' ');
  const letters = [...text];
  return letters.length > WIDEST ? `${letters.slice(0, WIDEST - 1).join('')}…` : text;
}
