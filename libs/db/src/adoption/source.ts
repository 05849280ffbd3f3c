import { RcmError, Secret } from '@rcm/telemetry';
import pg from 'pg';
import { connectionOf } from '../connection.ts';
import { translateFailure } from '../failure.ts';
import { TIMEOUTS } from '../pool.ts';

/** A column of the table itself, or of one that is looked up beside it. */
export interface SourceColumn {
  readonly in: 'row' | 'hospital' | 'firm';
  readonly column: string;
}

export interface SourceTable {
  /** `schema.table`, or a table of the search path. */
  readonly table: string;
  /** Tables that are looked up, each by its key. */
  readonly lookups: readonly { readonly as: 'hospital' | 'firm'; readonly table: string; readonly key: string; readonly by: SourceColumn }[];
  readonly columns: readonly SourceColumn[];
  /** The column that tells its rows apart. */
  readonly id: SourceColumn;
}

/** A row's cells as text, in the order of the columns asked for; `null` where there is none. */
export type SourceCells = readonly (string | null)[];

export interface Source {
  readonly rows: number;
  pages(): AsyncGenerator<readonly Secret<SourceCells>[]>;
  close(): Promise<void>;
}

/** Rows held in memory at once. */
const PAGE_SIZE = 200;
/** Of a cell; what is longer arrives with one more than that, so that it can be seen to be too long. */
export const LONGEST_CELL = 65_536;
/** While what was read is written elsewhere. */
const IDLE_MS = 600_000;
/** A table in another database is sorted there, or here. */
const STATEMENT_MS = 300_000;

/**
 * A table of somebody else's database, as it is at one moment: one read-only transaction, a cursor, no more than a page of it in memory. It is connected to by the
 * same rule as every database of ours. Fails with `database_unavailable`, `input_invalid` (no such table or column, or no right to it), `config_invalid`.
 */
export async function openSource(url: string, table: SourceTable): Promise<Source> {
  const client = new pg.Client({
    ...connectionOf(url),
    application_name: 'rcm-migrator adopt',
    connectionTimeoutMillis: TIMEOUTS.connect,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS + 5_000,
    idle_in_transaction_session_timeout: IDLE_MS,
    keepAlive: true,
  });
  // What it breaks is told by the statement that meets it.
  client.on('error', () => {});
  const run = <R>(act: () => Promise<R>): Promise<R> =>
    act().catch((error: unknown) => {
      throw ofSource(translateFailure(error));
    });
  try {
    const rows = await run(async () => {
      await client.connect();
      await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      await client.query(`DECLARE source_rows NO SCROLL CURSOR FOR ${selectOf(table)}`);
      const counted = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${named(table.table)}`);
      return Number(counted.rows[0]?.count ?? 0);
    });
    return { rows, pages: () => fetchAll(client, run), close: () => client.end().catch(() => undefined) };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function* fetchAll(client: pg.Client, run: <R>(act: () => Promise<R>) => Promise<R>): AsyncGenerator<readonly Secret<SourceCells>[]> {
  for (;;) {
    const page = await run(() => client.query<(string | null)[]>({ text: `FETCH ${PAGE_SIZE} FROM source_rows`, rowMode: 'array' }));
    if (page.rows.length === 0) return;
    yield page.rows.map((cells) => new Secret(cells));
  }
}

/** Every name is quoted: a mapping file names things, and says nothing else. */
function selectOf({ table, lookups, columns, id }: SourceTable): string {
  const cells = columns.map((each) => `left((${at(each)})::text, ${LONGEST_CELL + 1})`);
  const joins = lookups.map(({ as, table: other, key, by }) => `LEFT JOIN ${named(other)} AS ${quoted(as)} ON ${at({ in: as, column: key })} = ${at(by)}`);
  return `SELECT ${cells.join(', ')} FROM ${named(table)} AS "row" ${joins.join(' ')} ORDER BY (${at(id)})::text COLLATE "C"`;
}

const at = ({ in: table, column }: SourceColumn): string => `${quoted(table)}.${quoted(column)}`;
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function named(table: string): string {
  const dot = table.indexOf('.');
  return dot < 0 ? quoted(table) : `${quoted(table.slice(0, dot))}.${quoted(table.slice(dot + 1))}`;
}

/** Whose failure it is: there are two databases. What a name cannot be found by is the mapping's. */
function ofSource(error: unknown): unknown {
  if (!(error instanceof RcmError)) return error;
  const state = String(error.details.sqlState ?? '');
  if (state.startsWith('42')) {
    const said = error.message.replace(/^A database operation failed: /, '').replace(/\.$/, '');
    return new RcmError('input_invalid', `The source cannot be read as the mapping says: ${said}. Nothing more was changed.`, { details: error.details });
  }
  return new RcmError(error.code, `The source: ${error.message}`, { details: error.details });
}
