import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabase, type FreshDatabase } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyMigrations } from './apply.ts';

let directory: string;
let database: FreshDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rcm-migrations-'));
  database = await freshDatabase({ migrate: async () => {}, template: 'empty' });
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
  await rm(directory, { recursive: true });
});

async function migration(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name));
  await writeFile(join(directory, name, 'migration.sql'), sql);
}

/** Whether a migration stands in line for a table. */
const waits = async (): Promise<boolean> =>
  (
    await pool.query(
      `SELECT FROM pg_locks WHERE relation = 'worked_on'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND NOT granted`,
    )
  ).rows.length > 0;

test('work goes on while a migration waits for whoever reads a table for long, as a dump does', async () => {
  await migration('20260101000000_table', 'CREATE TABLE worked_on (a int)');
  await applyMigrations({ url: database.url, directory });
  const dump = await pool.connect();
  await dump.query('BEGIN; LOCK TABLE worked_on IN ACCESS SHARE MODE');
  await migration('20260102000000_column', 'ALTER TABLE worked_on ADD COLUMN b int');
  const applied = applyMigrations({ url: database.url, directory });
  // The dump goes on until the work is done: whoever stood behind the migration for as long would never be.
  while (!(await waits())) await new Promise((resolve) => setTimeout(resolve, 5));
  await pool.query('INSERT INTO worked_on VALUES (1)');
  await dump.query('COMMIT');
  dump.release();
  expect(await applied).toEqual(['20260102000000_column']);
  expect((await pool.query('SELECT * FROM worked_on')).rows).toEqual([{ a: 1, b: null }]);
});
