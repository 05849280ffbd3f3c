import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { parseJsonExactly } from '@rcm/credentials';
import { isFields } from '@rcm/credentials/legacy';
import { LONGEST_CELL, type SourceColumn } from '@rcm/db/migration';
import { Secret } from '@rcm/telemetry';
import type { Role } from './mapping.ts';
import { openOwn, type OwnFile, refused } from './own-file.ts';
import type { Cells, Rows, SourceRow } from './rows.ts';

export interface RowFile {
  readonly form: 'csv' | 'jsonl';
  readonly path: string;
  readonly roles: ReadonlyMap<Role, SourceColumn>;
}

const PAGE_SIZE = 200;
/** Characters of one row. */
const LONGEST_ROW = 16 * LONGEST_CELL;

/** Rows of a file, which is read to its end once before the first is given, so that nothing is done with one that is broken further on; that very file, as it was then. Fails with `input_invalid`, by line. */
export async function rowsOfFile(file: RowFile): Promise<Rows> {
  for (const [, { in: table, column }] of file.roles)
    if (table !== 'row') throw refused(`--${file.form}`, `is one table, and the mapping looks ${column} up in another`);
  const own = await openOwn(`--${file.form}`, file.path);
  try {
    let total = 0;
    for await (const _ of rowsIn(own, file)) total += 1;
    return { total, counts: 'line', close: () => own.close(), pages: () => paged(rowsIn(own, file)) };
  } catch (error) {
    await own.close();
    throw error;
  }
}

const rowsIn = (own: OwnFile, { form, roles }: RowFile): AsyncGenerator<SourceRow> => (form === 'csv' ? csvRows(own, roles) : jsonRows(own, roles));

async function* paged(rows: AsyncIterable<SourceRow>): AsyncGenerator<readonly SourceRow[]> {
  let page: SourceRow[] = [];
  for await (const row of rows) {
    page.push(row);
    if (page.length < PAGE_SIZE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** RFC 4180, names in the first line. */
async function* csvRows(own: OwnFile, roles: RowFile['roles']): AsyncGenerator<SourceRow> {
  const parser = Readable.from(own.text()).compose(
    parse({ info: true, record_delimiter: ['\r\n', '\n'], max_record_size: LONGEST_ROW, skip_empty_lines: true, relax_column_count: true }),
  ) as AsyncIterable<unknown>;
  let places: ReadonlyMap<Role, number> | null = null;
  let width = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (places === null) {
        places = placesOf(record, roles);
        width = record.length;
        continue;
      }
      if (record.length !== width) throw refused('--csv', `has ${record.length} fields in the row that ends on line ${info.lines}, and ${width} in its first`);
      yield { number: info.lines, cells: new Secret(new Map([...places].map(([role, place]) => [role, record[place] || null]))) };
    }
  } catch (error) {
    const { code, lines } = error as Partial<CsvError> & { lines?: number };
    // What the parser says quotes the field.
    if (typeof code === 'string' && code.startsWith('CSV_')) throw refused('--csv', `is no CSV at line ${lines ?? '?'} (${code})`);
    throw error;
  }
  if (places === null) throw refused('--csv', 'is empty; its first line names the columns');
}

function placesOf(head: readonly string[], roles: ReadonlyMap<Role, SourceColumn>): ReadonlyMap<Role, number> {
  return new Map(
    [...roles].map(([role, { column }]) => {
      const place = head.indexOf(column);
      if (place < 0) throw refused('--csv', `has no column ${column} in its first line`);
      if (head.lastIndexOf(column) !== place) throw refused('--csv', `has the column ${column} twice`);
      return [role, place];
    }),
  );
}

/** One object a line. */
async function* jsonRows(own: OwnFile, roles: RowFile['roles']): AsyncGenerator<SourceRow> {
  let number = 0;
  for await (const line of linesOf(own)) {
    number += 1;
    if (line.trim() === '') continue;
    yield { number, cells: new Secret(cellsOf(line, number, roles)) };
  }
}

function cellsOf(line: string, number: number, roles: ReadonlyMap<Role, SourceColumn>): Cells {
  let object: unknown;
  try {
    object = parseJsonExactly(line);
  } catch {
    object = null;
  }
  if (!isFields(object)) throw refused('--jsonl', `has no JSON object on line ${number}`);
  const fields = new Map(Object.entries(object));
  return new Map([...roles].map(([role, { column }]) => [role, textOfValue(fields.get(column) ?? null)]));
}

/** As a database would give it as text. */
function textOfValue(value: unknown): string | null {
  if (value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function* linesOf(own: OwnFile): AsyncGenerator<string> {
  let rest = '';
  for await (const text of own.text()) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_ROW) throw refused('--jsonl', `has a line of more than ${LONGEST_ROW} characters`);
    yield* lines;
  }
  if (rest !== '') yield rest;
}
