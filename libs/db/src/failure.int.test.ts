import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from './open-database.ts';
import { getEndpoint } from './endpoints/read.ts';
import { Prisma } from './generated/client.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase } from './testing.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const unavailable = (reason: string) => ({ code: 'database_unavailable', retryable: true, message: `Postgres cannot be used right now: ${reason}.` });
const LOST = unavailable('the connection was lost');
const NOBODY = unavailable('nobody answers at its address');

test('nobody listens: database_unavailable, at once', async () => {
  const db = openDatabase({ url: 'postgresql://nobody@127.0.0.1:1/none', applicationName: 'x' });
  await expect(db.ping()).rejects.toMatchObject(NOBODY);
  await expect(getEndpoint(db, { orgId: 'a', endpointId: 'b' })).rejects.toMatchObject(NOBODY);
  await expect(db.transaction('no tenant', (tx) => tx.organization.count())).rejects.toMatchObject(NOBODY);
  await db.close();
});

test('a server that takes the connection and says nothing: database_unavailable within the connect time-out', { timeout: 40_000 }, async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const db = openDatabase({ url: `postgresql://nobody@127.0.0.1:${(silent.address() as AddressInfo).port}/none`, applicationName: 'x' });
  const began = Date.now();
  await expect(db.ping()).rejects.toMatchObject(unavailable('it did not answer in time'));
  expect(Date.now() - began).toBeLessThan(20_000);
  await db.close();
  silent.close();
});

test('a connection that is cut in the middle of a transaction or a statement, and the next operation works', async () => {
  const cut = () => t.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'`);
  const db = openDatabase({ url: t.url, applicationName: 'cut', maxConnections: 1 });
  const within = db.transaction('no tenant', async (tx) => {
    await tx.organization.count();
    await cut();
    await delay(100);
    return tx.organization.count();
  });
  await expect(within).rejects.toMatchObject(LOST);
  const asleep = db.transaction('no tenant', (tx) => tx.$queryRaw`SELECT pg_sleep(10)::text`);
  const failed = expect(asleep).rejects.toMatchObject(LOST);
  await expect
    .poll(() => t.sql(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'cut' AND query LIKE '%pg_sleep%' AND state = 'active'`), { timeout: 20_000 })
    .toHaveLength(1);
  await cut();
  await failed;
  await db.ping();
  await db.close();
});

test('a statement that is cancelled by its time-out', async () => {
  await expect(
    t.db.transaction('no tenant', async (tx) => {
      await tx.$executeRaw`SET LOCAL statement_timeout = 50`;
      await tx.$queryRaw`SELECT pg_sleep(10)::text`;
    }),
  ).rejects.toMatchObject(unavailable('it took too long'));
});

test('a server that only reads, as one that another has taken over from: not now, and whoever connects anew finds the one that writes', async () => {
  const { orgId } = await makeEndpoint(t.db);
  const onlyReads = (value: string) =>
    t.sql(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ${value}', current_database()); END $$`);
  const db = openDatabase({ url: t.url, applicationName: 'only reads', maxConnections: 1 });
  const rename = `UPDATE organization SET name = name WHERE id = '${orgId}'`;
  const byPrisma = () => db.transaction({ tenant: orgId }, (tx) => tx.$executeRawUnsafe(rename));
  const raw = () => db.rawTransaction({ tenant: orgId }, (tx) => tx.$executeRaw(Prisma.raw(rename)));
  try {
    for (const write of [byPrisma, raw]) {
      await onlyReads('on');
      await expect(write()).rejects.toMatchObject(unavailable('it only reads now: it follows another server, or was told to'));
      await onlyReads('off');
      expect(await write()).toBe(1);
      // Of the connection that writes nobody connects anew.
      await onlyReads('on');
      expect(await write()).toBe(1);
      await t.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'only reads'`);
      await expect.poll(() => t.sql(`SELECT FROM pg_stat_activity WHERE application_name = 'only reads'`), { timeout: 20_000 }).toEqual([]);
    }
  } finally {
    await onlyReads('off');
    await db.close();
  }
});

test('a mistake in a statement is a failure of ours, never retried, with Postgres’s sentence about names', async () => {
  const failed = t.db.transaction('no tenant', (tx) => tx.$queryRaw`SELECT nothing FROM organization`);
  await expect(failed).rejects.toMatchObject({
    code: 'database_failed',
    retryable: false,
    message: expect.stringContaining('column "nothing" does not exist'),
  });
});

test('every connection has its time-outs', async () => {
  const [row] = await t.db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<object[]>`SELECT current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle`,
  );
  expect(row).toEqual({ statement: '30s', idle: '30s' });
});

test('too many connections, no such database', async () => {
  const role = `limited_${Date.now()}`;
  await t.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'x' CONNECTION LIMIT 1`);
  const url = new URL(t.url);
  [url.username, url.password] = [role, 'x'];
  const first = new pg.Client({ connectionString: url.href });
  await first.connect();
  const second = openDatabase({ url: url.href, applicationName: 'second' });
  await expect(second.ping()).rejects.toMatchObject(unavailable('it takes no more connections'));
  await second.close();
  await first.end();
  await t.sql(`DROP ROLE ${role}`);
  const nowhere = openDatabase({ url: Object.assign(new URL(t.url), { pathname: '/nowhere' }).href, applicationName: 'x' });
  await expect(nowhere.ping()).rejects.toMatchObject(unavailable('the database does not exist'));
  await nowhere.close();
});

test('what Postgres refuses comes as a sentence without the row it quoted', async () => {
  const { endpointId, orgId } = await makeEndpoint(t.db);
  await t.sql(`UPDATE integration_endpoint SET config = '{"credentials": {"password": "MARKER-pw"}}' WHERE id = $1`, [endpointId]);
  const refused = await t.db
    .transaction({ tenant: orgId }, (tx) => tx.$executeRaw`UPDATE integration_endpoint SET rotation_status = 'odd' WHERE id = ${endpointId}`)
    .catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'input_invalid', details: { sqlState: '23514', constraint: 'integration_endpoint_rotation_status_check' } });
  const viaModel = await t.db
    .transaction({ tenant: orgId }, (tx) =>
      tx.integrationEndpoint.update({ where: { id: endpointId }, data: { rotationStatus: 'odd', config: { password: 'MARKER-pw' } } }),
    )
    .catch((error: unknown) => error);
  const wrongCall = await t.db
    .transaction({ tenant: orgId }, (tx) => tx.integrationEndpoint.update({ where: { id: endpointId }, data: { nothing: 'MARKER-pw' } as never }))
    .catch((error: unknown) => error);
  for (const error of [refused, viaModel, wrongCall]) {
    const everything = `${String(error)} ${JSON.stringify(error, Object.getOwnPropertyNames(error))}`;
    expect(everything).not.toContain('MARKER');
  }
});
