import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type FreshDatabase } from '@rcm/test-services';
import { Secret } from '@rcm/telemetry';
import { PlaintextSearch } from './scan.ts';
import { searchStatistics } from './statistics.ts';

const PASSWORD = 'Grüße-🔑"back\\slash&Aa1';
const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const search = () =>
  new PlaintextSearch([
    { kind: 'password', value: new Secret(PASSWORD) },
    { kind: 'seed', value: new Secret(SEED) },
    { kind: 'seed', value: new Secret(SEED) },
  ]);

describe('search of files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rcm-search-test-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('names the file and what kind of secret lies there, never the secret', async () => {
    mkdirSync(join(folder, 'logs', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'logs', 'deep', 'app.log'), `{"level":30,"msg":${JSON.stringify(JSON.stringify({ password: PASSWORD }))}}\n`);
    writeFileSync(join(folder, 'page.bin'), Buffer.concat([Buffer.alloc(3 << 20), Buffer.from(SEED), Buffer.alloc(10)]));
    writeFileSync(join(folder, 'encoded'), Buffer.from(`user:${PASSWORD}`).toString('base64'));
    writeFileSync(join(folder, 'form'), new URLSearchParams({ p: PASSWORD }).toString());
    const found = search();
    await found.searchTree(folder);
    expect(found.secretCount).toBe(2);
    expect(found.hits.map(({ place, kind, form }) => ({ place, kind, form })).sort((a, b) => (a.place < b.place ? -1 : 1))).toEqual([
      { place: 'encoded', kind: 'password', form: 'base64' },
      { place: 'form', kind: 'password', form: 'url' },
      { place: 'logs/deep/app.log', kind: 'password', form: 'json' },
      { place: 'page.bin', kind: 'seed', form: 'plain' },
    ]);
    expect(found.hits.find(({ place }) => place === 'page.bin')?.offset).toBe(3 << 20);
    expect(JSON.stringify(found.hits)).not.toContain(SEED);
  });

  it('counts a place once, however often it is searched', async () => {
    writeFileSync(join(folder, 'a'), SEED);
    const found = search();
    await found.searchTree(folder);
    await found.searchTree(folder);
    expect(found.hitCount).toBe(1);
  });

  it('finds a secret in the name of a file', async () => {
    writeFileSync(join(folder, `dump-${SEED}.txt`), '');
    const found = search();
    await found.searchTree(folder);
    expect(found.hitCount).toBe(1);
  });

  it('leaves out what is named and follows no link', async () => {
    mkdirSync(join(folder, 'portals'));
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'portals', 'own.sqlite'), SEED);
    symlinkSync(join(folder, 'portals'), join(folder, 'data', 'link'));
    const found = search();
    await found.searchTree(folder, [join(folder, 'portals')]);
    expect(found.hits).toEqual([]);
    await found.searchTree(folder);
    expect(found.hitCount).toBe(1);
  });
});

describe('search of pg_stats', () => {
  let database: FreshDatabase;
  beforeEach(async () => (database = await freshDatabase({ migrate: () => Promise.resolve() })));
  afterEach(() => database.drop());

  const inDatabase = async (...statements: (string | [string, unknown[]])[]) => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    for (const statement of statements) await (typeof statement === 'string' ? client.query(statement) : client.query(...statement));
    await client.end();
  };

  it('finds what the planner keeps of rows that are gone, until the samples are drawn anew', async () => {
    const row = JSON.stringify({ credentials: { username: 'u', password: PASSWORD, mfa_seed: SEED } });
    await inDatabase(
      'CREATE TABLE endpoint (id serial, config jsonb)',
      ["INSERT INTO endpoint (config) SELECT $1::jsonb || jsonb_build_object('n', n) FROM generate_series(1, 5) n", [row]],
      'ANALYZE endpoint',
      "UPDATE endpoint SET config = config - 'credentials'",
    );
    const before = search();
    await searchStatistics(before, database.url);
    expect(new Set(before.hits.map(({ kind }) => kind))).toEqual(new Set(['password', 'seed']));
    expect(before.hits.every(({ place }) => place === 'pg_stats of public.endpoint.config')).toBe(true);

    await inDatabase('VACUUM (FULL, ANALYZE) endpoint');
    const after = search();
    await searchStatistics(after, database.url);
    expect(after.hits).toEqual([]);
  });
});
