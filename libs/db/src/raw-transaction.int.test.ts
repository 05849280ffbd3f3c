import { RcmError } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Prisma } from './generated/client.ts';
import { openDatabase } from './open-database.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase } from './testing.fixture.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  await t.sql('CREATE TABLE written (what text PRIMARY KEY)');
});
afterAll(() => t.close());

const written = async (): Promise<string[]> => (await t.sql<{ what: string }>('DELETE FROM written RETURNING what')).map(({ what }) => what);

describe('what is read', () => {
  test.each([
    `'text'::text`,
    `NULL::text`,
    `true`,
    `7::int`,
    `9223372036854775807::bigint`,
    `1.5::float8`,
    `ARRAY['a', 'b,"c']::text[]`,
    `ARRAY[1, NULL]::int[]`,
    `ARRAY[1, NULL]::bigint[]`,
    `'{"a": [1, null]}'::jsonb`,
    `'2026-03-01'::date`,
    `'2026-03-01 12:30:00.123'::timestamp`,
    `'2026-03-01 12:30:00.123+05'::timestamptz`,
    `'0c6f1a5e-0000-4000-8000-000000000001'::uuid`,
    `'\\x00ff'::bytea`,
    `'open'::name`,
  ])('%s is what Prisma reads', async (value) => {
    const asked = Prisma.raw(`SELECT ${value} AS value`);
    const prismas = await t.rotator.transaction('no tenant', (tx) => tx.$queryRaw<{ value: unknown }[]>(asked));
    const ours = await t.rotator.rawTransaction('no tenant', (tx) => tx.$queryRaw<{ value: unknown }[]>(asked));
    // Bytes are a Buffer here, which is a Uint8Array, too.
    expect(ours.map(plain)).toEqual(prismas.map(plain));
  });

  test('a number that either would read in another way is refused', async () => {
    await expect(t.rotator.rawTransaction('no tenant', (tx) => tx.$queryRaw`SELECT 1.1::numeric AS value`)).rejects.toThrow();
    await expect(t.rotator.rawTransaction('no tenant', (tx) => tx.$queryRaw`SELECT 1 AS one`)).resolves.toEqual([{ one: 1 }]);
  });
});

const plain = ({ value }: { readonly value: unknown }): unknown => (value instanceof Uint8Array ? [...value] : value);

test.each([
  ['a text', 'it’s'],
  ['null', null],
  ['a number', 7],
  ['a big number', 2n ** 62n],
  ['a date', new Date('2026-03-01T12:30:00.123Z')],
  ['bytes', new Uint8Array([0, 255])],
  ['texts', ['a', 'b,"c', '{}', '']],
] as const)('%s that is asked with comes as it does by Prisma', async (_, value) => {
  const type =
    { string: 'text', number: 'int', bigint: 'bigint' }[typeof value as string] ??
    (value instanceof Date ? 'timestamptz' : value instanceof Uint8Array ? 'bytea' : value ? 'text[]' : 'text');
  const asked = Prisma.sql`SELECT (${value}::${Prisma.raw(type)})::text AS said`;
  const [prismas] = await t.rotator.transaction('no tenant', (tx) => tx.$queryRaw<{ said: string | null }[]>(asked));
  expect(await t.rotator.rawTransaction('no tenant', (tx) => tx.$queryRaw(asked))).toEqual([prismas]);
});

test('statements are put together of parts', async () => {
  const part = Prisma.sql`upper(${'a'}::text)`;
  expect(await t.rotator.rawTransaction('no tenant', (tx) => tx.$queryRaw`SELECT ${part} || ${'b'}::text AS said`)).toEqual([{ said: 'Ab' }]);
});

describe('a transaction', () => {
  test('sees its tenant’s rows and no others, and the next one on the same connection its own', async () => {
    const [one, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    const seen = (orgId: string) => t.agent.rawTransaction({ tenant: orgId }, (tx) => tx.$queryRaw<{ id: string }[]>`SELECT id FROM integration_endpoint`);
    expect(await seen(one.orgId)).toEqual([{ id: one.endpointId }]);
    expect(await seen(other.orgId)).toEqual([{ id: other.endpointId }]);
    expect(await t.agent.rawTransaction('no tenant', (tx) => tx.$queryRaw`SELECT id FROM integration_endpoint`)).toEqual([]);
    await expect(seen("x' OR true --")).rejects.toMatchObject({ code: 'input_invalid' });
  });

  test('is taken back whole where its act throws', async () => {
    const failed = t.db.rawTransaction('no tenant', async (tx) => {
      expect(await tx.$executeRaw`INSERT INTO written VALUES (${'one'}), (${'two'})`).toBe(2);
      throw new RcmError('state_conflict', 'of the act');
    });
    await expect(failed).rejects.toThrow('of the act');
    expect(await written()).toEqual([]);
  });

  test('is no success where a statement failed and nobody told of it', async () => {
    const swallowed = t.db.rawTransaction('no tenant', async (tx) => {
      await tx.$executeRaw`INSERT INTO written VALUES ('one')`;
      await tx.$executeRaw`INSERT INTO written VALUES ('one')`.catch(() => undefined);
    });
    await expect(swallowed).rejects.toThrow();
    expect(await written()).toEqual([]);
  });

  test.each([true, false])('asks nothing any more once it is over, whoever has its connection next (its act failed: %s)', async (fails) => {
    const db = openDatabase({ url: t.url, applicationName: 'late', maxConnections: 1 });
    const nextBegan = Promise.withResolvers<void>();
    let late: Promise<unknown> = Promise.resolve();
    try {
      const first = db.rawTransaction('no tenant', async (tx) => {
        late = nextBegan.promise.then(() => tx.$executeRaw`INSERT INTO written VALUES ('late')`);
        if (fails) throw new RcmError('state_conflict', 'of the act');
        await tx.$queryRaw`SELECT 1 AS one`;
      });
      await (fails ? expect(first).rejects.toMatchObject({ code: 'state_conflict' }) : first);
      await db.rawTransaction('no tenant', async () => {
        nextBegan.resolve();
        await expect(late).rejects.toThrow('over');
      });
      expect(await written()).toEqual([]);
    } finally {
      await db.close();
    }
  });

  test('fails in the words of this package, and gives its connection back', async () => {
    const db = openDatabase({ url: t.url, applicationName: 'one at a time', maxConnections: 1 });
    try {
      const twice = () => db.rawTransaction('no tenant', (tx) => tx.$executeRaw`INSERT INTO written VALUES ('one'), ('one')`);
      await expect(twice()).rejects.toMatchObject({ details: { sqlState: '23505' } });
      await expect(twice()).rejects.toMatchObject({ details: { sqlState: '23505' } });
      const ended = db.rawTransaction('no tenant', (tx) => tx.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())`);
      await expect(ended).rejects.toMatchObject({ code: 'database_unavailable' });
      // With another connection, since that one is gone.
      expect(await db.rawTransaction('no tenant', (tx) => tx.$executeRaw`INSERT INTO written VALUES ('one')`)).toBe(1);
      expect(await written()).toEqual(['one']);
    } finally {
      await db.close();
    }
  });

  test('is not begun before the login has been checked', async () => {
    const db = openDatabase({ url: t.url, applicationName: 'another login', maxConnections: 1, role: 'rcm_agent' });
    try {
      await expect(db.rawTransaction('no tenant', (tx) => tx.$executeRaw`INSERT INTO written VALUES ('unchecked')`)).rejects.toMatchObject({
        code: 'config_invalid',
      });
      expect(await written()).toEqual([]);
    } finally {
      await db.close();
    }
  });
});
