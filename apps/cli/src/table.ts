import { printable } from '@rcm/telemetry';
import type { Style, View } from './terminal.ts';

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

export interface Column {
  readonly title: string;
  /** It gives way first where the terminal is narrow; default: it does not. */
  readonly shrinks?: boolean;
}

const GAP = '  ';
const LEAST = 8;

/**
 * Aligned lines under their titles, none wider than the terminal: columns that may, shrink; then whole columns go from the right, for a line that wraps is
 * read by nobody. `--json` has everything.
 */
export function table(view: View, columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const clean = rows.map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })));
  const widths = columns.map((column, i) => Math.max(column.title.length, ...clean.map((row) => row[i]?.text.length ?? 0)));
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
  for (const [i, column] of columns.entries())
    if (column.shrinks && total() > view.width) widths[i] = Math.max(LEAST, (widths[i] ?? 0) - (total() - view.width));
  while (widths.length > 1 && total() > view.width) widths.pop();
  const line = (cells: readonly Cell[]): string =>
    widths
      .map((width, i) => {
        const cell = cells[i] ?? { text: '' };
        const text = cut(cell.text, width);
        const padded = i === widths.length - 1 ? text : text.padEnd(width);
        return cell.style ? view.paint(cell.style, padded) : padded;
      })
      .join(GAP)
      .trimEnd();
  return [line(columns.map(({ title }) => ({ text: title, style: 'dim' }))), ...clean.map(line)];
}

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`);

type Pairs = readonly (readonly [name: string, value: string | null])[];

/** What has a value, and how wide its names are. */
function said(pairs: Pairs): readonly [shown: readonly (readonly [name: string, value: string])[], width: number] {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null && pair[1] !== '');
  return [shown, Math.max(0, ...shown.map(([name]) => name.length))];
}

/** `name  value` lines, the names in one column; what has no value is left out. */
export function facts(view: View, pairs: Pairs): string[] {
  const [shown, width] = said(pairs);
  return shown.map(
    ([name, value]) => `${view.paint('dim', name.padEnd(width))}${GAP}${cut(printable(value), Math.max(LEAST, view.width - width - GAP.length))}`,
  );
}

/** Before what goes on from the line above, so that no part of a long text passes for a line of its own. */
const GOES_ON = '> ';

/** A text to its end, on as many lines as that takes. */
export function whole(view: View, text: string): string[] {
  const [clean, width] = [printable(text), view.width - GOES_ON.length];
  return Array.from({ length: Math.ceil(clean.length / width) }, (_, i) => `${i === 0 ? '' : GOES_ON}${clean.slice(i * width, (i + 1) * width)}`);
}

/** `name  value` lines as `facts` has them, and each value to its end: for what somebody decides by. */
export function wholeFacts(view: View, pairs: Pairs): string[] {
  const [shown, width] = said(pairs);
  return shown.flatMap(([name, value]) => {
    const [first = '', ...rest] = whole(view, `${name.padEnd(width)}${GAP}${value}`);
    return [`${view.paint('dim', first.slice(0, width))}${first.slice(width)}`, ...rest];
  });
}
