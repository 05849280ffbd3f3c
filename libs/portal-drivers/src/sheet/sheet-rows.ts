import type { PageRecord } from '../contract/page-record.ts';
import { typedValue } from '../interpreter/typed-value.ts';
import type { TaskValue } from '../outcome.ts';
import type { SheetRecipe } from '../recipe/task.ts';
import type { TypedText } from '../recipe/typed-text.ts';
import { type Cell, EMPTY, type SheetRow } from './cell.ts';
import { sheetProblem } from './problem.ts';

type Columns = SheetRecipe['columns'];

/**
 * The records of a file's rows below its headings. Fails with `portal_unexpected` where a heading is not there or there twice, a row is empty, has cells beyond the
 * headings, or one that is not what the recipe says.
 */
export function sheetRecords(rows: readonly SheetRow[], { columns, heading_row: at, format }: SheetRecipe): PageRecord[] {
  const heading = rows.find(({ number }) => number === at);
  if (!heading) throw sheetProblem(`has no row ${at}, where its headings should be`);
  const names = heading.cells.map((cell) => (cell.kind === 'text' ? tidy(cell.text) : ''));
  const places = placesOf(names, columns);
  const below = rows.filter(({ number }) => number > at);
  while (isEmpty(below.at(-1))) below.pop();
  return below.map((row, index) => {
    // A workbook leaves empty rows out.
    if (isEmpty(row) || row.number !== at + index + 1) throw sheetProblem('is empty, and there are rows below it', row.number);
    if (format === 'csv' && row.cells.length !== names.length)
      throw sheetProblem(`has ${row.cells.length} cells, and there are ${names.length} headings`, row.number);
    if (row.cells.slice(names.length).some((cell) => !isBlank(cell))) throw sheetProblem('has cells beside the headings', row.number);
    return recordOf(row, columns, places);
  });
}

const tidy = (text: string): string => text.replace(/\s+/g, ' ').trim();

const isBlank = (cell: Cell): boolean => cell.kind === 'text' && tidy(cell.text) === '';

const isEmpty = (row: SheetRow | undefined): boolean => row !== undefined && row.cells.every(isBlank);

/** Where each column stands, from 0. */
function placesOf(names: readonly string[], columns: Columns): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [name, { header, cell }] of Object.entries(columns)) {
    if (cell !== undefined) places.set(name, cell - 1);
    if (header === undefined) continue;
    const place = names.indexOf(header);
    if (place < 0) throw sheetProblem(`has no heading of the column "${name}"`);
    if (names.includes(header, place + 1)) throw sheetProblem(`has several columns with the heading of "${name}"`);
    places.set(name, place);
  }
  return places;
}

function recordOf({ number, cells }: SheetRow, columns: Columns, places: ReadonlyMap<string, number>): PageRecord {
  const values: Record<string, TaskValue> = {};
  const words: Record<string, string | null> = {};
  for (const [name, column] of Object.entries(columns)) {
    const cell = cells[places.get(name) ?? -1] ?? EMPTY;
    if (cell.kind === 'unknown') throw sheetProblem(`has no "${name}" that can be read: the cell ${cell.why}`, number);
    const read = valueOf(cell, column);
    if (read === undefined) throw sheetProblem(`has a "${name}" that is no ${column.type ?? 'text'} as the recipe describes it`, number);
    values[name] = read.value;
    words[name] = read.words;
  }
  return { values, words };
}

/** More digits are shown as a power of ten. */
const MOST_DIGITS = 11;

/** `undefined`: nobody can tell, as the cell is shown otherwise than it is kept. */
function valueOf(cell: Exclude<Cell, { kind: 'unknown' }>, column: TypedText): { readonly value: TaskValue; readonly words: string } | undefined {
  const { type = 'text' } = column;
  if (cell.kind === 'date') return type === 'date' ? { value: cell.day, words: cell.day } : undefined;
  if (cell.kind === 'number') {
    const isText = type === 'text' && cell.shown === 'plain' && /^\d+$/.test(cell.number) && cell.number.length <= MOST_DIGITS;
    if (type === 'date' || (type === 'text' && !isText)) return undefined;
    return written(cell.number, isText ? column : { ...column, decimal: '.' });
  }
  return written(tidy(cell.text), column);
}

function written(words: string, column: TypedText): { readonly value: TaskValue; readonly words: string } | undefined {
  const value = typedValue(words, column);
  return value === undefined ? undefined : { value, words };
}
