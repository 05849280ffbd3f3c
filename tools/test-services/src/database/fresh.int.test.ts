import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from './fresh.ts';

const made: FreshDatabase[] = [];
const migrate = async (url: string): Promise<void> => {
  await query(url, 'CREATE TABLE note (text text NOT NULL)');
};

afterEach(async () => {
  for (const database of made.splice(0)) await database.drop();
});

async function fresh(): Promise<FreshDatabase> {
  const database = await freshDatabase({ migrate });
  made.push(database);
  return database;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('two clones of one template do not see each other', async () => {
  const [one, two] = await Promise.all([fresh(), fresh()]);
  await query(one.url, "INSERT INTO note VALUES ('mine')");
  expect(await query(one.url, 'SELECT * FROM note')).toEqual([{ text: 'mine' }]);
  expect(await query(two.url, 'SELECT * FROM note')).toEqual([]);
});

test('the template is migrated once for many clones at a time', async () => {
  let runs = 0;
  const counted = async (url: string) => {
    runs += 1;
    await migrate(url);
  };
  made.push(...(await Promise.all(Array.from({ length: 5 }, () => freshDatabase({ migrate: counted, template: 'counted' })))));
  expect(runs).toBe(1);
});

test('a migration that fails leaves no template behind', async () => {
  const broken = async (url: string) => {
    await query(url, 'CREATE TABLE half (a int)');
    throw new Error('half-way');
  };
  await expect(freshDatabase({ migrate: broken, template: 'mended' })).rejects.toThrow('half-way');
  const database = await freshDatabase({ migrate, template: 'mended' });
  made.push(database);
  await expect(query(database.url, 'SELECT * FROM half')).rejects.toThrow('does not exist');
});

test('drop names the connection that a test forgot, and removes the database all the same', async () => {
  const database = await freshDatabase({ migrate });
  const client = new pg.Client({ connectionString: database.url, application_name: 'forgotten' });
  client.on('error', () => undefined);
  await client.connect();
  await expect(database.drop()).rejects.toThrow('forgotten');
  await expect(query(database.url, 'SELECT 1')).rejects.toThrow('does not exist');
});
