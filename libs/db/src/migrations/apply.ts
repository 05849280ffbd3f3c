import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { RcmError } from '@rcm/telemetry';
import { connectionOf } from '../connection.ts';
import { translated } from '../failure.ts';
import { TIMEOUTS } from '../pool.ts';
import { readMigrations, type MigrationFile } from './files.ts';

/** The number that Prisma's own `migrate` locks, so that it and this applier keep out of each other's way. */
const MIGRATE_LOCK = 72_707_369;
/** Longest wait for another process that is migrating, or for a lock that a migration needs. */
const LOCK_MS = 120_000;

const HISTORY = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

export interface MigrationFilesOptions {
  /** Of a role that may create tables. Direct or pooled: nothing here outlives its transaction. */
  readonly url: string;
  /** Default: `prisma/migrations` of this repository. */
  readonly directory?: string;
}

/**
 * Brings a database up to the newest migration; returns the names of those it applied. Safe to repeat and to run in several
 * processes at once. Each migration and its line in `_prisma_migrations` are one transaction: a crash or an error leaves
 * the migration either applied and recorded, or neither. The table is Prisma's own (docs/adr/0001).
 * Fails with `state_conflict`: an applied migration's file was changed or is missing, or one failed half-way under another tool;
 * `database_unavailable`; `database_failed` (the SQL of a migration).
 */
export async function applyMigrationFiles({
  url,
  directory = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url)),
}: MigrationFilesOptions): Promise<readonly string[]> {
  const files = await readMigrations(directory);
  const client = new pg.Client({ ...connectionOf(url), application_name: 'rcm migrations', connectionTimeoutMillis: TIMEOUTS.connect });
  client.on('error', () => {});
  return translated(async () => {
    const applied: string[] = [];
    try {
      await client.connect();
      for (let next = await applyNext(client, files); next !== null; next = await applyNext(client, files)) applied.push(next);
      return applied;
    } finally {
      await client.end().catch(() => {});
    }
  });
}

/** Applies the first migration that is missing; `null`: none is. The history is read anew each time, under the lock. */
async function applyNext(client: pg.Client, files: readonly MigrationFile[]): Promise<string | null> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = ${LOCK_MS}; SELECT pg_advisory_xact_lock(${MIGRATE_LOCK}); ${HISTORY}`);
    const { rows } = await client.query<HistoryRow>(
      'SELECT migration_name AS name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
    );
    const next = nextMigration(files, rows);
    if (next) {
      const id = randomUUID();
      await client.query('INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, clock_timestamp())', [
        id,
        next.checksum,
        next.name,
      ]);
      await client.query(next.sql);
      await client.query('UPDATE _prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE id = $1', [id]);
    }
    await client.query('COMMIT');
    return next?.name ?? null;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

interface HistoryRow {
  readonly name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/** Compares files with history; fails with `state_conflict` where they do not belong together. */
export function nextMigration(files: readonly MigrationFile[], history: readonly HistoryRow[]): MigrationFile | null {
  for (const row of history) {
    if (row.finished_at === null)
      throw new RcmError('state_conflict', `Migration ${row.name} was begun and not finished; see docs/adr/0001 for what to do.`, {
        details: { migration: row.name },
      });
    const file = files.find((candidate) => candidate.name === row.name);
    if (!file)
      throw new RcmError('state_conflict', `The database has migration ${row.name}, which this version does not: it is older than the database.`, {
        details: { migration: row.name },
      });
    if (file.checksum !== row.checksum)
      throw new RcmError('state_conflict', `Migration ${row.name} was changed after it had been applied; add a new one instead.`, {
        details: { migration: row.name },
      });
  }
  const applied = new Set(history.map((row) => row.name));
  return files.find((file) => !applied.has(file.name)) ?? null;
}
