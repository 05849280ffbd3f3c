import type { Cell, SheetRow } from './cell.ts';
import { sheetProblem } from './problem.ts';

export type CsvEncoding = 'utf-8' | 'utf-16' | 'windows-1252';

/** More of them are no table. */
const MOST_CELLS = 500;

/**
 * Reads comma-separated values strictly (RFC 4180), each letter once: a quote that opens or closes nothing, a file that ends inside of quotes, a row with another
 * number of cells than the first are errors, so that a file which was cut, or is none, is never a short list. Fails with `portal_unexpected`.
 */
export function readCsv(
  bytes: Uint8Array,
  options: { readonly encoding?: CsvEncoding | undefined; readonly separator: string; readonly maxRows: number },
): SheetRow[] {
  const text = decoded(bytes, options.encoding);
  const rows: SheetRow[] = [];
  let at = 0;
  while (at < text.length) {
    const number = rows.length + 1;
    if (number > options.maxRows) throw sheetProblem(`has more than ${options.maxRows} rows`);
    const row = readRow(text, at, { separator: options.separator, number });
    rows.push({ number, cells: row.cells.map((cell) => cellOf(cell)) });
    at = row.end;
  }
  return rows;
}

interface Place {
  readonly separator: string;
  readonly number: number;
}

/** The cells of one row, and where the next begins. */
function readRow(text: string, from: number, place: Place): { readonly cells: string[]; readonly end: number } {
  const cells: string[] = [];
  let at = from;
  for (;;) {
    if (cells.length >= MOST_CELLS) throw sheetProblem(`has more than ${MOST_CELLS} cells`, place.number);
    const cell = readCell(text, at, place);
    cells.push(cell.text);
    at = cell.end;
    if (text[at] !== place.separator) break;
    at += 1;
  }
  if (text.startsWith('\r\n', at)) return { cells, end: at + 2 };
  if (text[at] === '\n' || text[at] === '\r') return { cells, end: at + 1 };
  return { cells, end: text.length };
}

function readCell(text: string, at: number, place: Place): { readonly text: string; readonly end: number } {
  // What Excel writes so that digits stay words: ="00123".
  if (text.startsWith('="', at)) {
    const quoted = readQuoted(text, at + 1, place);
    return { text: `="${quoted.text}"`, end: quoted.end };
  }
  if (text[at] === '"') return readQuoted(text, at, place);
  let end = at;
  while (end < text.length && text[end] !== place.separator && text[end] !== '\n' && text[end] !== '\r') {
    if (text[end] === '"') throw sheetProblem('has a quote in the middle of a cell', place.number);
    end += 1;
  }
  return { text: text.slice(at, end), end };
}

/** From an opening quote to what follows the closing one; doubled quotes stand for one. */
function readQuoted(text: string, at: number, place: Place): { readonly text: string; readonly end: number } {
  const parts: string[] = [];
  let from = at + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) throw sheetProblem('has a quote that is never closed: the file may have been cut', place.number);
    parts.push(text.slice(from, quote));
    if (text[quote + 1] !== '"') {
      const next = text[quote + 1];
      if (next !== undefined && next !== place.separator && next !== '\n' && next !== '\r')
        throw sheetProblem('has words behind a closing quote', place.number);
      return { text: parts.join('"'), end: quote + 1 };
    }
    from = quote + 2;
  }
}

/** A spreadsheet shows what a formula comes to, which stands nowhere in the file. */
function cellOf(text: string): Cell {
  const words = /^="((?:[^"]|"")*)"$/.exec(text)?.[1];
  if (words !== undefined) return { kind: 'text', text: words.replaceAll('""', '"') };
  if (/^(=|[+\-@][A-Za-z]\w*\()/.test(text)) return { kind: 'unknown', why: 'is a formula' };
  return { kind: 'text', text };
}

const MARKS: readonly { readonly bytes: readonly number[]; readonly encoding: CsvEncoding; readonly label: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8', label: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16', label: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16', label: 'utf-16be' },
];
const LABELS: Readonly<Record<CsvEncoding, string>> = { 'utf-8': 'utf-8', 'utf-16': 'utf-16le', 'windows-1252': 'windows-1252' };
/** What no table holds; in files of another encoding such letters are common. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/;

/** By the mark at its beginning, else as the recipe says, else UTF-8. What does not fit is an error, not a letter that stands for it. */
function decoded(bytes: Uint8Array, said: CsvEncoding | undefined): string {
  const mark = MARKS.find((one) => one.bytes.every((byte, index) => bytes[index] === byte));
  if (mark && said !== undefined && mark.encoding !== said) throw sheetProblem(`begins with the mark of ${mark.encoding}, and the recipe says ${said}`);
  let text: string;
  try {
    text = new TextDecoder(mark?.label ?? LABELS[said ?? 'utf-8'], { fatal: true }).decode(bytes);
  } catch {
    throw sheetProblem(`is no ${said ?? mark?.encoding ?? 'utf-8'}: say in which encoding the portal writes it`);
  }
  if (CONTROL.test(text)) throw sheetProblem('holds letters that no table has: it is of another encoding, or no CSV');
  return text;
}
