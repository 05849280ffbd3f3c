import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { DemoPortalsError } from '../error.ts';
import { SCHEMA, SCHEMA_VERSION, UPGRADES } from './schema.ts';

export type Records = DatabaseSync;

/** How long a start waits for a process that is just ending to let go of the file. */
const BUSY_TIMEOUT_MS = 2000;

/**
 * Opens (or makes) the portals' records. Each statement or transaction is with the operating system before it returns, so a
 * SIGKILL right after an answer loses nothing (a power failure may: `synchronous=NORMAL`). The file is held exclusively: two
 * processes counting tries for one account would each count wrong.
 * Without a file the records live in memory. Fails with `data_file_unusable`.
 */
export function openRecords(dataFile: string | undefined): Records {
  let records: Records | null = null;
  try {
    records = new DatabaseSync(dataFile ?? ':memory:', { timeout: BUSY_TIMEOUT_MS });
    records.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304;');
    prepareSchema(records);
    return records;
  } catch (cause) {
    records?.close();
    if (cause instanceof DemoPortalsError) throw cause;
    throw new DemoPortalsError('data_file_unusable', `The data file ${dataFile ?? 'in memory'} cannot be used: ${reasonOf(cause)}.`, { cause });
  }
}

function prepareSchema(records: Records): void {
  inTransaction(records, () => {
    const version = Number(one<{ user_version: number }>(records, 'PRAGMA user_version')?.user_version);
    if (version === SCHEMA_VERSION) return;
    const steps = version === 0 ? SCHEMA : UPGRADES[version];
    if (steps === undefined)
      throw new DemoPortalsError(
        'data_file_unusable',
        `The data file was written by another version of the demo portals (${version}, this is ${SCHEMA_VERSION}); remove it.`,
      );
    records.exec(steps);
    records.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** SQLite's primary result codes in words. */
const REASONS: Readonly<Record<number, string>> = {
  5: 'another process holds it',
  8: 'it is read-only',
  10: 'reading or writing failed',
  13: 'the disk is full',
  14: 'it cannot be opened or made there',
  26: 'it is not a data file of the demo portals',
};

function reasonOf(cause: unknown): string {
  const code = (cause as { errcode?: unknown }).errcode;
  return (typeof code === 'number' ? REASONS[code & 0xff] : undefined) ?? (cause as Error).message;
}

/** Runs `act` in one transaction: everything it wrote is there, or nothing. `act` is synchronous, so no other request runs between. */
export function inTransaction<T>(records: Records, act: () => T): T {
  records.exec('BEGIN IMMEDIATE');
  try {
    const result = act();
    records.exec('COMMIT');
    return result;
  } catch (error) {
    if (records.isTransaction) records.exec('ROLLBACK');
    throw error;
  }
}

/** The first row, or null. The caller names the row's shape, which is the schema's. */
export const one = <Row>(records: Records, sql: string, ...values: readonly SQLInputValue[]): Row | null =>
  (records.prepare(sql).get(...values) as Row | undefined) ?? null;

export const many = <Row>(records: Records, sql: string, ...values: readonly SQLInputValue[]): readonly Row[] => records.prepare(sql).all(...values) as Row[];

/** Runs a statement; the number of rows it changed. */
export const run = (records: Records, sql: string, ...values: readonly SQLInputValue[]): number => Number(records.prepare(sql).run(...values).changes);
