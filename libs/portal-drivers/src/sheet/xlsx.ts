import { Archive } from './archive.ts';
import { type Cell, EMPTY, type SheetRow } from './cell.ts';
import { dayOf, decimalOf, type NumberFormat } from './number-format.ts';
import { sheetProblem } from './problem.ts';
import { needed, readWorkbook, type Workbook } from './workbook.ts';
import { readXml } from './xml.ts';

const MOST_CELLS = 500;

export interface XlsxOptions {
  /** Name of the sheet. Default: the only one. */
  readonly tab?: string | undefined;
  readonly maxRows: number;
}

/**
 * Reads a sheet of an Excel workbook (ECMA-376), bounded in what it unpacks to. What a person would see otherwise than it is kept, or not at all, is an error, or a
 * cell that is unknown: formulas, cells that are merged, rows and columns that are hidden. Fails with `portal_unexpected`.
 */
export function readXlsx(bytes: Uint8Array, { tab, maxRows }: XlsxOptions): SheetRow[] {
  const archive = new Archive(bytes);
  const workbook = readWorkbook(archive, tab);
  const sheet = new Sheet(workbook, maxRows);
  readXml(needed(archive, workbook.part), sheet);
  return sheet.rows;
}

/** A cell while it is read. */
interface Open {
  readonly column: number;
  readonly type: string;
  readonly style: number;
  hasFormula: boolean;
  readonly words: string[];
}

class Sheet {
  readonly rows: SheetRow[] = [];
  readonly #workbook: Workbook;
  readonly #maxRows: number;
  readonly #path: string[] = [];
  #number = 0;
  #cells: Cell[] = [];
  #open: Open | null = null;

  constructor(workbook: Workbook, maxRows: number) {
    this.#workbook = workbook;
    this.#maxRows = maxRows;
  }

  open({ name, attributes }: { readonly name: string; readonly attributes: Readonly<Record<string, string>> }): void {
    this.#path.push(name);
    if (name === 'row') this.#beginRow(attributes);
    if (name === 'c') this.#open = this.#beginCell(attributes);
    if (name === 'f' && this.#open) this.#open.hasFormula = true;
    if (name === 'col' && isTrue(attributes.hidden)) throw sheetProblem('hides columns: a person who opens it does not see them');
    if (name === 'mergeCell') throw sheetProblem('has cells that are merged');
  }

  text(words: string): void {
    const [around, inner] = this.#path.slice(-2);
    if (!this.#open || this.#path.includes('rPh')) return;
    if (inner === 'v' || (inner === 't' && (around === 'is' || around === 'r'))) this.#open.words.push(words);
  }

  close(name: string): void {
    this.#path.pop();
    if (name === 'c' && this.#open) {
      while (this.#cells.length < this.#open.column) this.#cells.push(EMPTY);
      this.#cells.push(cellOf(this.#open, this.#workbook));
      this.#open = null;
    }
    if (name === 'row') this.rows.push({ number: this.#number, cells: this.#cells });
  }

  #beginRow(attributes: Readonly<Record<string, string>>): void {
    const number = attributes.r === undefined ? this.#number + 1 : Number(attributes.r);
    if (!Number.isInteger(number) || number <= this.#number) throw sheetProblem('is damaged: its rows are not in order');
    if (this.rows.length >= this.#maxRows) throw sheetProblem(`has more than ${this.#maxRows} rows`);
    if (isTrue(attributes.hidden)) throw sheetProblem('is hidden: a person who opens the file does not see it', number);
    this.#number = number;
    this.#cells = [];
  }

  #beginCell(attributes: Readonly<Record<string, string>>): Open {
    const column = attributes.r === undefined ? this.#cells.length : columnOf(attributes.r);
    if (column < this.#cells.length || column >= MOST_CELLS) throw sheetProblem('has cells that are not in order, or too many', this.#number);
    return { column, type: attributes.t ?? 'n', style: Number(attributes.s ?? 0), hasFormula: false, words: [] };
  }
}

const isTrue = (value: string | undefined): boolean => value === '1' || value === 'true';

/** `B12` is column 1. */
function columnOf(reference: string): number {
  const letters = /^([A-Z]{1,3})\d+$/.exec(reference)?.[1] ?? '';
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** By its type (ECMA-376, 18.18.11): whatever has none of these is a number. */
function cellOf({ type, style, hasFormula, words }: Open, { strings, formats, calendar }: Workbook): Cell {
  if (hasFormula) return unknown('is a formula');
  const text = words.join('');
  switch (type) {
    case 's':
      return sharedText(strings[Number(text)]);
    case 'str':
    case 'inlineStr':
      return { kind: 'text', text };
    case 'b':
      return { kind: 'text', text: text === '1' ? 'TRUE' : 'FALSE' };
    case 'e':
      return unknown('is an error');
    case 'd':
      return unknown('is kept in a way that is not read here');
    default: {
      if (text === '') return EMPTY;
      const format = formats[style] ?? 'plain';
      return format === 'date' ? dateCell(text, calendar) : numberCell(text, format);
    }
  }
}

const unknown = (why: string): Cell => ({ kind: 'unknown', why });
const SHOWN_ITS_OWN_WAY = unknown('is a number that is shown in a way of its own');

const sharedText = (text: string | undefined): Cell => (text === undefined ? unknown('has words that the file does not hold') : { kind: 'text', text });

function dateCell(text: string, calendar: Workbook['calendar']): Cell {
  const day = dayOf(text, calendar);
  return day === null ? SHOWN_ITS_OWN_WAY : { kind: 'date', day };
}

function numberCell(text: string, format: Exclude<NumberFormat, 'date'>): Cell {
  const number = decimalOf(text);
  if (number === null || format === 'unknown') return SHOWN_ITS_OWN_WAY;
  const most = format === 'plain' ? Infinity : format === 'whole' ? 0 : format.decimals;
  if ((number.split('.')[1]?.length ?? 0) > most) return unknown('is a number that is shown rounded');
  return { kind: 'number', number, shown: typeof format === 'string' ? 'plain' : 'formatted' };
}
