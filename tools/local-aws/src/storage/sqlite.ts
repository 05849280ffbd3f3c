import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/** SQLite, one statement at a time, in this process's own thread: calls are serial by construction. */
export interface Database {
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | null;
  /** Rows changed and, for an insert, the row id. */
  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number; readonly rowId: number };
  /** Commits (and reaches the disk) before it returns; anything thrown rolls back. */
  transaction<T>(act: () => T): T;
  close(): void;
}

/** How long a file that another process is just letting go of is waited for at start, in milliseconds. */
export const BUSY_WAIT_MS = 3_000;

/** A commit that was answered survives the process and the machine. */
export const WRITE_THROUGH = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;';

export const pragma = (sqlite: DatabaseSync, name: string): unknown => Object.values(sqlite.prepare(`PRAGMA ${name}`).get() ?? {})[0];

export const isEmpty = (sqlite: DatabaseSync): boolean => sqlite.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables === 0;

export function wrap(sqlite: DatabaseSync): Database {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = sqlite.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    all: <Row>(sql: string, ...values: SQLInputValue[]) => prepared(sql).all(...values) as Row[],
    get: <Row>(sql: string, ...values: SQLInputValue[]) => (prepared(sql).get(...values) ?? null) as Row | null,
    run(sql, ...values) {
      const { changes, lastInsertRowid } = prepared(sql).run(...values);
      return { changes: Number(changes), rowId: Number(lastInsertRowid) };
    },
    transaction(act) {
      sqlite.exec('BEGIN IMMEDIATE');
      try {
        const result = act();
        sqlite.exec('COMMIT');
        return result;
      } catch (error) {
        if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => sqlite.close(),
  };
}
