import { printable } from '@rcm/telemetry';
import type { Style, View } from './terminal.ts';

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

export interface Column {
  readonly title: string;
  /** It gives way where the terminal is narrow; default: it does not. The first column names the row, and never does beside others. */
  readonly shrinks?: boolean;
}

const GAP = '  ';
const LEAST = 8;

/**
 * Aligned lines under their titles, none wider than the terminal: as many whole columns as there is room for, from the left, for a line that wraps is read by
 * nobody; of these, columns that may, shrink, the last one first. What the first column says is typed into the next command. `--json` has everything.
 */
export function table(view: View, columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const clean = rows.map((row) => row.map((cell) => ({ ...cell, text: printable(cell.text) })));
  const widths = columns.map((column, i) => Math.max(column.title.length, ...clean.map((row) => row[i]?.text.length ?? 0)));
  const least = widths.map((width, i) => (i > 0 && columns[i]?.shrinks ? Math.min(LEAST, width) : width));
  const across = (each: readonly number[]) => each.reduce((sum, width) => sum + width, 0) + GAP.length * (each.length - 1);
  while (widths.length > 1 && across(least.slice(0, widths.length)) > view.width) widths.pop();
  for (let i = widths.length - 1; i >= 0; i--) widths[i] = Math.max(i === 0 ? 1 : (least[i] ?? 0), (widths[i] ?? 0) - Math.max(0, across(widths) - view.width));
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

/** Before what goes on from the line above, so that no part of a long text passes for a line of its own. */
const GOES_ON = '> ';

/** A text to its end, on as many lines as that takes. */
export function whole(view: View, text: string): string[] {
  const [clean, width] = [printable(text), view.width - GOES_ON.length];
  return Array.from({ length: Math.ceil(clean.length / width) }, (_, i) => `${i === 0 ? '' : GOES_ON}${clean.slice(i * width, (i + 1) * width)}`);
}

/** `name  value` lines, the names in one column and each value to its end, as somebody decides by it; what has no value is left out. */
export function facts(view: View, pairs: Pairs): string[] {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null && pair[1] !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.flatMap(([name, value]) => {
    const [first = '', ...rest] = whole(view, `${name.padEnd(width)}${GAP}${value}`);
    return [`${view.paint('dim', first.slice(0, width))}${first.slice(width)}`, ...rest];
  });
}
