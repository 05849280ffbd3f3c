import { readFileSync } from 'node:fs';
import { freshDatabase, isLongForm } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMigrations, SHIPPED } from './files.ts';
import { lost, relied, type Relied } from './relied-on.fixture.ts';
import { BESIDE_FROM, REFUSES, TAKES_AWAY } from './stop-first.ts';

const PAGE = readFileSync(new URL('../../../../docs/upgrade.md', import.meta.url), 'utf8');
/** Rows of a table of the page: a migration and what is said of it. */
const rowsBelow = (title: string): readonly string[] =>
  (PAGE.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
const rowsOf = (listed: typeof TAKES_AWAY): readonly string[] =>
  Object.entries(listed).map(([name, { goes, stop }]) => `| \`${name}\` | ${goes} | ${stop ?? 'none'} |`);

/** Of so many each is looked at by itself, whatever is said of it. */
const NEWEST = 10;
const isSaid = (name: string): boolean => name in TAKES_AWAY || name in REFUSES || name === BESIDE_FROM;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let client: pg.Client;
/** By processes of this version. */
let now: Relied;
const steps: { readonly name: string; readonly takenAway: readonly string[]; readonly newlyRefused: readonly string[] }[] = [];

beforeAll(async () => {
  database = await freshDatabase({ migrate: async () => {}, template: 'empty' });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  now = await relied(client);
  const migrations = await readMigrations(SHIPPED);
  for (const [place, { name, sql }] of migrations.entries()) {
    await client.query(`BEGIN; ${sql}; COMMIT`);
    // In the short form older ones of which nothing is said count as one with the next, up to one of which something is.
    const isLooked = isLongForm() || place >= migrations.length - NEWEST || isSaid(name) || isSaid(migrations[place + 1]?.name ?? name);
    if (!isLooked) continue;
    const before = now;
    now = await relied(client);
    steps.push({ name, ...lost(before, now) });
  }
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** What processes of this version would lose by a statement, which is not kept. */
async function lostBy(sql: string): Promise<ReturnType<typeof lost>> {
  try {
    await client.query(`BEGIN; ${sql}`);
    return lost(now, await relied(client));
  } finally {
    await client.query('ROLLBACK');
  }
}

test('what the version before reads, writes or calls is taken away by those migrations alone of which it is said', () => {
  expect(steps.filter(({ takenAway }) => takenAway.length > 0).map(({ name }) => name)).toEqual(Object.keys(TAKES_AWAY));
});

test('from the first version on that may work beside the next, what a migration refuses in a table of before is said, too', () => {
  expect(steps.map(({ name }) => name)).toContain(BESIDE_FROM);
  const later = steps.filter(({ name, newlyRefused }) => name > BESIDE_FROM && newlyRefused.length > 0);
  expect(later.filter(({ name }) => !(name in REFUSES))).toEqual([]);
  expect(Object.keys(REFUSES)).toEqual(later.map(({ name }) => name));
});

test('docs/upgrade.md says the same', () => {
  expect(PAGE).toContain(`From migration \`${BESIDE_FROM}\` on`);
  expect(rowsBelow('Migrations that take something away')).toEqual(rowsOf(TAKES_AWAY));
  expect(rowsBelow('Migrations that refuse something new')).toEqual(rowsOf(REFUSES));
});

describe('is seen', () => {
  test.each([
    ['a column that goes', 'ALTER TABLE portal_task DROP COLUMN worker', /^column portal_task\.worker text$/, null],
    ['a column with another type', 'ALTER TABLE notice_delivery ALTER COLUMN tries TYPE bigint', /^column notice_delivery\.tries integer$/, null],
    ['a column with another name', 'ALTER TABLE portal_task RENAME COLUMN worker TO process', /^rcm_agent: UPDATE portal_task\.worker$/, null],
    ['a right that goes', 'REVOKE UPDATE ON portal_task FROM rcm_agent', /^rcm_agent: UPDATE portal_task\.worker$/, null],
    ['a right to remove', 'REVOKE DELETE ON login_lease FROM rcm_agent', /^rcm_agent: DELETE login_lease$/, null],
    ['a function that goes', 'DROP FUNCTION rcm_next_task', /^function rcm_next_task\(text, interval\) gives task_id uuid$/, null],
    [
      'a function that may be called no more',
      'REVOKE EXECUTE ON FUNCTION rcm_next_task FROM rcm_agent',
      /^rcm_agent: EXECUTE rcm_next_task\(text, interval\)$/,
      null,
    ],
    [
      'a default that goes',
      'ALTER TABLE portal_task ALTER COLUMN tries DROP DEFAULT',
      /^an insert without portal_task\.tries$/,
      /^portal_task: required tries$/,
    ],
    [
      'a new column that must be named',
      'DELETE FROM organization; ALTER TABLE organization ADD COLUMN city text NOT NULL',
      null,
      /^organization: required city$/,
    ],
    ['a check', `ALTER TABLE organization ADD CONSTRAINT short CHECK (length(name) < 9) NOT VALID`, null, /^organization: constraint short /],
    ['a key', 'CREATE UNIQUE INDEX one_name ON organization (name)', null, /^organization: unique CREATE UNIQUE INDEX one_name /],
    ['a policy', 'CREATE POLICY nobody ON organization AS RESTRICTIVE USING (false)', null, /^organization: policy nobody /],
    ['a policy with other words', 'ALTER POLICY one_tenant ON organization USING (false)', null, /^organization: policy one_tenant /],
    ['a trigger', 'CREATE TRIGGER no BEFORE INSERT ON organization EXECUTE FUNCTION rcm_refuse_change()', null, /^organization: trigger no /],
    ['a table that goes', 'DROP TABLE portal_task CASCADE', /^column portal_task\.id uuid$/, null],
  ])('%s', async (_title, sql, takenAway, newlyRefused) => {
    const found = await lostBy(sql);
    expect([found.takenAway.some((line) => takenAway?.test(line)), found.takenAway.length > 0]).toEqual([takenAway !== null, takenAway !== null]);
    expect([found.newlyRefused.some((line) => newlyRefused?.test(line)), found.newlyRefused.length > 0]).toEqual([
      newlyRefused !== null,
      newlyRefused !== null,
    ]);
  });

  test.each([
    ['a new table with whatever it refuses', 'CREATE TABLE more (id int PRIMARY KEY CHECK (id > 0))'],
    ['a new column that may be left out', 'ALTER TABLE organization ADD COLUMN city text'],
    ['a new right', 'GRANT SELECT ON audit_event TO rcm_agent'],
    ['a new function', 'CREATE FUNCTION rcm_more() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$'],
  ])('%s is no loss', async (_title, sql) => {
    const found = await lostBy(sql);
    expect(found).toEqual({ takenAway: [], newlyRefused: [] });
  });
});
