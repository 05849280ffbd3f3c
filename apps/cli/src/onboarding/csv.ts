import { RcmError } from '@rcm/telemetry';

/** Larger files are read in parts by whoever made them. */
const MOST_ROWS = 10_000;

export interface Table {
  /** Of the first line, in small letters. */
  readonly names: readonly string[];
  /** Each by these names. */
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** `readTable`, of a CSV whose columns are all known. */
export function readCsv(text: string, known: ReadonlySet<string>, needed: readonly string[]): Table['rows'] {
  const { names, rows } = readTable(text);
  const missing = needed.filter((name) => !names.includes(name));
  if (missing.length > 0) throw refused(`its first line has no ${missing.join(', ')}`);
  if (names.some((name) => !known.has(name))) throw refused(`its first line has a name that is none of ${[...known].join(', ')}`);
  return rows;
}

/** A CSV text (RFC 4180: commas, quotes doubled inside quotes). Linear in its length. Fails with `input_invalid`, naming the line and never a value. */
export function readTable(text: string): Table {
  const [head, ...rows] = cellsOf(text.replace(/^\uFEFF/, ''));
  const names = head?.cells.map((name) => name.trim().toLowerCase()) ?? [];
  if (new Set(names).size !== names.length) throw refused('its first line has a name twice');
  if (rows.length > MOST_ROWS) throw refused(`it has more than ${MOST_ROWS} rows`);
  return {
    names,
    rows: rows.map(({ cells, line }) => {
      if (cells.length !== names.length) throw refused(`line ${line} has ${cells.length} fields, and the first line ${names.length}`);
      return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']));
    }),
  };
}

interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

function cellsOf(text: string): Row[] {
  const rows: Row[] = [];
  let cells: string[] = [];
  let cell = '';
  let state: 'start' | 'plain' | 'closed' = 'start';
  let [line, began] = [1, 1];
  const endCell = () => {
    cells.push(cell);
    [cell, state] = ['', 'start'];
  };
  const endRow = () => {
    endCell();
    // An empty line is none.
    if (cells.length > 1 || cells[0] !== '') rows.push({ cells, line: began });
    line += 1;
    [cells, began] = [[], line];
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === ',') endCell();
    else if (character === '\n') endRow();
    else if (character === '\r' && text[at + 1] === '\n') continue;
    else if (character === '"' && state === 'start') {
      const end = closingQuote(text, at + 1);
      if (end < 0) throw refused(`the quote that line ${began} opens is never closed`);
      const inside = text.slice(at + 1, end);
      [cell, state] = [inside.replaceAll('""', '"'), 'closed'];
      line += inside.split('\n').length - 1;
      at = end;
    } else if (character === '"' || state === 'closed') throw refused(`line ${line} has a quote in a field that is not quoted as a whole`);
    else [cell, state] = [cell + character, 'plain'];
  }
  endRow();
  return rows;
}

/** Where the quotes end that begin before `from`: at the first one that is not doubled. Negative: nowhere. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

const refused = (what: string): RcmError => new RcmError('input_invalid', `The CSV cannot be used: ${what}. Nothing was done.`);
