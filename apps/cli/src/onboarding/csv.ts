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
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let [line, began] = [1, 1];
  const endCell = () => {
    cells.push(cell);
    [cell, state] = ['', 'start'];
  };
  const endRow = () => {
    endCell();
    // An empty line is none.
    if (cells.length > 1 || cells[0] !== '') rows.push({ cells, line: began });
    [cells, began] = [[], line + 1];
  };
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? '';
    if (state === 'quoted') {
      if (character === '\n') line += 1;
      if (character !== '"') cell += character;
      else if (text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else state = 'closed';
    } else if (character === ',') endCell();
    else if (character === '\n') {
      endRow();
      line += 1;
    } else if (character === '\r' && text[i + 1] === '\n') continue;
    else if (character === '"' && state === 'start') state = 'quoted';
    else if (state === 'closed' || character === '"') throw refused(`line ${line} has a quote in a field that is not quoted as a whole`);
    else [cell, state] = [cell + character, 'plain'];
  }
  if (state === 'quoted') throw refused(`the quote that line ${began} opens is never closed`);
  if (cell !== '' || cells.length > 0) endRow();
  return rows;
}

const refused = (what: string): RcmError => new RcmError('input_invalid', `The CSV cannot be used: ${what}. Nothing was done.`);
