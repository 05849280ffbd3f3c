import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshDatabase } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { Prisma } from '../generated/client.ts';
import { applyMigrations } from './apply.ts';
import { readMigrations } from './files.ts';

const SHIPPED = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));
const directory = await mkdtemp(join(tmpdir(), 'rcm-migrations-'));
let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: pg.Pool;

beforeEach(async () => {
  database = await freshDatabase({ migrate: async () => {}, template: 'empty' });
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
});
afterEach(async () => {
  await pool.end();
  await database.drop();
});
afterAll(() => rm(directory, { recursive: true }));

const history = async () => (await pool.query('SELECT * FROM _prisma_migrations ORDER BY started_at')).rows as Record<string, unknown>[];
async function folder(migrations: Readonly<Record<string, string>>): Promise<string> {
  const made = await mkdtemp(join(directory, 'some-'));
  for (const [name, sql] of Object.entries(migrations)) {
    await mkdir(join(made, name));
    await writeFile(join(made, name, 'migration.sql'), sql);
  }
  return made;
}
const ONE = { '20260101000000_one': 'CREATE TABLE one (a int)' };

test('applies everything once, in order, and records it as Prisma does', async () => {
  const files = await readMigrations(SHIPPED);
  expect(await applyMigrations({ url: database.url })).toEqual(files.map((file) => file.name));
  expect(await applyMigrations({ url: database.url })).toEqual([]);
  expect(await history()).toEqual(
    files.map((file) => ({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      checksum: file.checksum,
      migration_name: file.name,
      finished_at: expect.any(Date),
      started_at: expect.any(Date),
      logs: null,
      rolled_back_at: null,
      applied_steps_count: 1,
    })),
  );
});

test('six processes at once apply each migration once', async () => {
  const applied = await Promise.all(Array.from({ length: 6 }, () => applyMigrations({ url: database.url })));
  expect(applied.flat().sort()).toEqual((await readMigrations(SHIPPED)).map((file) => file.name));
});

test('a migration that fails leaves nothing of itself, and can be mended', async () => {
  const broken = await folder({ ...ONE, '20260102000000_two': 'CREATE TABLE two (a int); SELECT 1/0' });
  await expect(applyMigrations({ url: database.url, directory: broken })).rejects.toMatchObject({ code: 'input_invalid' });
  expect((await history()).map((row) => row.migration_name)).toEqual(['20260101000000_one']);
  await writeFile(join(broken, '20260102000000_two', 'migration.sql'), 'CREATE TABLE two (a int)');
  expect(await applyMigrations({ url: database.url, directory: broken })).toEqual(['20260102000000_two']);
});

test('refuses where an applied file was changed, is missing, or was left half-way by another tool', async () => {
  const made = await folder(ONE);
  await applyMigrations({ url: database.url, directory: made });
  const refused = (message: RegExp, where = made) =>
    expect(applyMigrations({ url: database.url, directory: where })).rejects.toMatchObject({
      code: 'state_conflict',
      message: expect.stringMatching(message),
    });
  await writeFile(join(made, '20260101000000_one', 'migration.sql'), 'CREATE TABLE one (a int) ');
  await refused(/20260101000000_one was changed/);
  await refused(/does not/, await folder({ '20260101000000_other': 'SELECT 1' }));
  await pool.query('UPDATE _prisma_migrations SET finished_at = NULL');
  await refused(/begun and not finished/);
  await pool.query('UPDATE _prisma_migrations SET rolled_back_at = now()');
  await expect(applyMigrations({ url: database.url, directory: await folder({ '20260101000000_other': 'SELECT 1' }) })).resolves.toHaveLength(1);
});

test('a folder that is missing or empty is said so', async () => {
  await expect(applyMigrations({ url: database.url, directory: join(directory, 'nowhere') })).rejects.toMatchObject({ code: 'config_invalid' });
  await expect(applyMigrations({ url: database.url, directory: await folder({}) })).rejects.toMatchObject({ code: 'config_invalid' });
});

test('waits for whoever holds Prisma’s own migration lock', async () => {
  const holder = await pool.connect();
  await holder.query('SELECT pg_advisory_lock(72707369)');
  const made = await folder(ONE);
  await cp(made, `${made}-copy`, { recursive: true });
  let done = false;
  const applying = applyMigrations({ url: database.url, directory: made }).then(() => (done = true));
  await holder.query('SELECT pg_sleep(0.3)');
  expect(done).toBe(false);
  await holder.query('SELECT pg_advisory_unlock(72707369)');
  await applying;
  holder.release();
});

test('the client’s schema names the tables and columns that the migrations make, and all of them', async () => {
  await applyMigrations({ url: database.url });
  const { rows } = await pool.query<{ name: string; nullable: boolean }>(
    `SELECT table_name || '.' || column_name AS name, is_nullable = 'YES' AS nullable FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations' ORDER BY 1`,
  );
  const { models } = JSON.parse(await schemaModels()) as { models: { table: string; columns: { column: string; nullable: boolean }[] }[] };
  const modelled = models.flatMap(({ table, columns }) => columns.map(({ column, nullable }) => ({ name: `${table}.${column}`, nullable })));
  expect(modelled.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(rows.sort((a, b) => (a.name < b.name ? -1 : 1)));
  expect(Object.keys(Prisma.ModelName)).toHaveLength(models.length);
});

/** Tables and columns of schema.prisma. Its grammar is line by line, so no parser is needed for these. */
async function schemaModels(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(fileURLToPath(new URL('../../../../prisma/schema.prisma', import.meta.url)), 'utf8');
  const blocks = [...text.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)];
  const names = new Set(blocks.map((block) => block[1]));
  const models = blocks.map(([, , body = '']) => ({
    table: /@@map\("(\w+)"\)/.exec(body)?.[1],
    columns: body.split('\n').flatMap((line) => {
      const field = /^ {2}(\w+)\s+(\w+)(\?|\[\])?/.exec(line);
      if (!field || names.has(field[2] ?? '')) return [];
      return [{ column: /@map\("(\w+)"\)/.exec(line)?.[1] ?? field[1], nullable: field[3] === '?' }];
    }),
  }));
  return JSON.stringify({ models });
}
