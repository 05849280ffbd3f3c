import pg from 'pg';
import { expect, test } from 'vitest';
import { freshDatabase } from './fresh.ts';
import { ownClock } from './own-clock.ts';

const DAY_S = 86_400;
const FUNCTION = 'LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp';
const ATOMIC = 'CREATE FUNCTION atomic() RETURNS timestamptz LANGUAGE sql BEGIN ATOMIC SELECT clock_timestamp(); END';

/** Every way in which a database asks for the time. */
async function migrate(url: string): Promise<void> {
  await using client = await session(url);
  for (const statement of [
    'CREATE TABLE note (id int, at timestamptz DEFAULT now(), by timestamptz DEFAULT clock_timestamp())',
    `CREATE FUNCTION of_transaction() RETURNS timestamptz ${FUNCTION} AS $$ BEGIN RETURN transaction_timestamp(); END $$`,
    `CREATE FUNCTION of_now() RETURNS timestamptz ${FUNCTION} AS $$ DECLARE at timestamptz := now(); BEGIN RETURN at; END $$`,
    ATOMIC,
  ])
    await client.query(statement);
}

async function session(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

type Session = Awaited<ReturnType<typeof session>>;

/** Whole days that each way of asking is before the machine's clock. */
async function daysAhead(client: Session): Promise<readonly number[]> {
  await client.query('DELETE FROM note');
  await client.query('INSERT INTO note (id) VALUES (1)');
  const { rows } = await client.query<Record<string, Date>>(
    'SELECT now() AS a, clock_timestamp() AS b, transaction_timestamp() AS c, of_now() AS d, of_transaction() AS e, atomic() AS f, at AS g, by AS h FROM note',
  );
  return Object.values(rows[0] ?? {}).map((at) => Math.floor((at.getTime() - Date.now()) / (DAY_S * 1000) + 0.5));
}

const everyWay = (days: number): readonly number[] => Array.from({ length: 8 }, () => days);

test('every way to ask for the time goes by it, in sessions that have asked before, and in no other database', async () => {
  await using opened = new AsyncDisposableStack();
  const [one, other] = [await freshDatabase({ migrate }), await freshDatabase({ migrate })];
  opened.defer(() => one.drop());
  opened.defer(() => other.drop());
  const clock = await ownClock(one.url);
  const [client, elsewhere] = [opened.use(await session(one.url)), opened.use(await session(other.url))];
  expect(await daysAhead(client)).toEqual(everyWay(0));
  for (const days of [400, 800]) {
    await clock.setAhead(days * DAY_S);
    // Twice and more: plans are kept.
    for (let times = 0; times < 8; times += 1) expect(await daysAhead(client)).toEqual(everyWay(days));
  }
  expect(await daysAhead(elsewhere)).toEqual(everyWay(0));
});

test('the time is used as Postgres’s own is: by an index, and once for a statement where it is of the transaction', async () => {
  await using opened = new AsyncDisposableStack();
  const database = await freshDatabase({ migrate });
  opened.defer(() => database.drop());
  await (await ownClock(database.url)).setAhead(DAY_S);
  const client = opened.use(await session(database.url));
  await client.query('CREATE INDEX note_at ON note (at)');
  await client.query('SET enable_seqscan = off');
  const { rows } = await client.query<{ 'QUERY PLAN': string }>("EXPLAIN SELECT FROM note WHERE at <= now() - interval '3 days'");
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('Index Cond: (at <= ((rcm_test_real_now()');
});

test('a database that asks in a way that cannot be set is refused, by name', async () => {
  await using opened = new AsyncDisposableStack();
  const database = await freshDatabase({ migrate });
  opened.defer(() => database.drop());
  {
    await using client = await session(database.url);
    await client.query('CREATE TABLE late (at timestamptz DEFAULT CURRENT_TIMESTAMP)');
  }
  await expect(ownClock(database.url)).rejects.toThrow('a clock that cannot be set: late');
});
