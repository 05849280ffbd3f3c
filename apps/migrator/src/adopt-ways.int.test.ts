import { upsertOrganization } from '@rcm/db/admin';
import { asSuperuser } from '@rcm/db/testing';
import { backend, isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adopted, endpointsOf, type Folder, openFolder, planned, plantPortalTypes } from './adopt.fixture.ts';
import { ONE_TABLE, oneTable } from './adopt/one-table.fixture.ts';
import { HIDDEN, MAPPING, sourceDatabase, type SourceDatabase, sourceTables, type SourceTables } from './adopt/source-table.fixture.ts';
import { runs } from './commands/runs.ts';
import { status } from './commands/status.ts';
import { type Ended, runMigrator, startMigrator } from './process.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, type TestEnvironment } from './testing.fixture.ts';

/** Of tables of the same shape. */
const ROWS = isLongForm() ? 120 : 50;

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let folder: Folder;
let tables: SourceTables;
let source: SourceDatabase;

beforeEach(async () => {
  [testEnvironment, folder, tables] = [await openTestEnvironment(), openFolder(), sourceTables(ROWS, 7)];
  [migrator, source] = [testEnvironment.migrator(), await sourceDatabase(tables)];
  await plantPortalTypes(testEnvironment);
});
afterEach(async () => {
  await testEnvironment.close();
  await source.drop();
  folder.remove();
});

const right = () => tables.logins.filter(({ truth }) => truth.is === 'endpoint');
const count = async (testEnvironment_: TestEnvironment): Promise<number> => (await endpointsOf(testEnvironment_)).size;
const expectNothingShown = (...runs: readonly Ended[]): void => expect(runs.map(({ stdout, stderr }) => stdout + stderr).join('\n')).not.toContain(HIDDEN);
const mappingFile = () => folder.file('mapping.json', JSON.stringify(MAPPING));

const csvField = (value: unknown): string =>
  `"${(typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value)).replaceAll('"', '""')}"`;

describe('rows come in', { timeout: 600_000 }, () => {
  it.each(['csv', 'jsonl'] as const)('from %s as they do from the tables, after which each says of the other that nothing has changed', async (form) => {
    const rows = oneTable(tables);
    const csv = [Object.keys(rows[0] ?? {}).join(','), ...rows.map((row) => Object.values(row).map(csvField).join(','))].join('\r\n');
    const path = folder.file(`rows.${form}`, form === 'csv' ? csv : rows.map((row) => JSON.stringify(row)).join('\n'));
    const file = { folder, from: { form, path }, mapping: ONE_TABLE };
    // A hospital that is not said leaves its firm, too, out of the company's tables, and not of the one.
    const report = await adopted(migrator, file);
    expect(report.json).toMatchObject({ new: right().length, rows: rows.length, left: [] });
    const before = await endpointsOf(testEnvironment);
    // Written otherwise: a time as text, by which nobody decides while the fingerprint is there.
    expect((await planned(migrator, { folder, from: source.url })).json).toMatchObject({
      new: 0,
      changed: 0,
      unchanged: right().length,
      left: [],
      vanished: [],
    });
    expect((await adopted(migrator, file)).json).toMatchObject({ new: 0, changed: 0, unchanged: right().length });
    expect(await endpointsOf(testEnvironment)).toEqual(before);
    expect(JSON.stringify(report)).not.toContain(HIDDEN);
  });

  it('from a table that stays where it is, by postgres_fdw', async (test) => {
    const there = await testEnvironment.db.transaction(
      'no tenant',
      (tx) => tx.$queryRaw<object[]>`SELECT 1 FROM pg_available_extensions WHERE name = 'postgres_fdw'`,
    );
    if (there.length === 0) return test.skip(`this Postgres (${backend()}) does not come with postgres_fdw, so a foreign table was not tried`);
    const { hostname, port, username, password, pathname } = new URL(source.url);
    const adopter = `adopter_${new URL(testEnvironment.url).pathname.slice(-8)}`;
    await asSuperuser(testEnvironment.url, [
      'CREATE EXTENSION postgres_fdw',
      `CREATE SERVER crm FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${hostname}', port '${port}', dbname '${pathname.slice(1)}')`,
      `CREATE ROLE ${adopter} LOGIN PASSWORD 'adopter'`,
      `CREATE USER MAPPING FOR ${adopter} SERVER crm OPTIONS (user '${decodeURIComponent(username)}', password '${decodeURIComponent(password)}')`,
      `CREATE USER MAPPING FOR CURRENT_USER SERVER crm OPTIONS (user '${decodeURIComponent(username)}', password '${decodeURIComponent(password)}')`,
      'CREATE SCHEMA crm',
      'IMPORT FOREIGN SCHEMA crm FROM SERVER crm INTO crm',
      `GRANT USAGE ON SCHEMA crm TO ${adopter}`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA crm TO ${adopter}`,
    ]);
    const from = new URL(testEnvironment.url);
    [from.username, from.password] = [adopter, 'adopter'];
    try {
      expect((await adopted(migrator, { folder, from: from.href })).json).toMatchObject({ new: right().length, left: [] });
      expect((await planned(migrator, { folder, from: source.url })).json).toMatchObject({ new: 0, unchanged: right().length });
    } finally {
      await asSuperuser(testEnvironment.url, [`DROP OWNED BY ${adopter} CASCADE`, `DROP ROLE ${adopter}`]);
    }
  });

  it('once, from two who adopt at the same time', async () => {
    const [one, two] = await Promise.all([adopted(migrator, { folder, from: source.url }), adopted(testEnvironment.migrator(), { folder, from: source.url })]);
    const [a, b] = [one.json, two.json] as { new: number; unchanged: number; left: unknown[] }[];
    expect([(a?.new ?? 0) + (b?.new ?? 0), a?.left, b?.left]).toEqual([right().length, [], []]);
    expect(await count(testEnvironment)).toBe(right().length);
    expect((await adopted(migrator, { folder, from: source.url })).json).toMatchObject({ new: 0, changed: 0, unchanged: right().length });
  });

  it('in parts, where the process is killed, and the rest the next time, as the book of runs tells', async () => {
    const environment = {
      ...testEnvironment.environment,
      RCM_MIGRATOR_CONCURRENCY: '1',
      RCM_MIGRATOR_SOURCE_DATABASE_URL_FILE: folder.file('source-url', source.url),
    };
    const args = ['adopt', '--mapping', mappingFile(), '--reason', 'a test'];
    const running = startMigrator([...args, '--json'], environment);
    while ((await count(testEnvironment)) < 10) await new Promise((resolve) => setTimeout(resolve, 5));
    running.kill('SIGKILL');
    const killed = await running.ended;
    const before = await endpointsOf(testEnvironment);
    expect(before.size).toBeLessThan(right().length);
    expect((await status(migrator)).lines.join('\n')).toContain(`run 1  adopt of ${MAPPING.source}  `);
    const another = folder.file('another.json', JSON.stringify({ ...MAPPING, source: 'another' }));
    const wrong = await runMigrator(['adopt', '--mapping', another, '--reason', 'a test', '--resume', '1'], environment);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('and this mapping is of another')]);
    const rest = await runMigrator([...args, '--resume', '1', '--json-lines'], { ...environment, RCM_LOG_LEVEL: 'trace' });
    expect(rest.code).toBe(1);
    const lines = rest.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const said = lines.pop();
    expect(said).toMatchObject({ new: right().length - before.size, unchanged: before.size, left: [], interrupted: false });
    const after = await endpointsOf(testEnvironment);
    expect(after.size).toBe(right().length);
    for (const [id, endpoint] of before) expect(after.get(id)).toEqual(endpoint);
    // Each row has its line, and what the book counts is what they say.
    expect(new Set(lines.map(({ row }) => row)).size).toBe(said?.rows);
    for (const [id, { endpointId, orgId }] of after)
      expect(lines).toContainEqual({
        ...{ version: 1, row: expect.any(Number) as number, id, endpoint: endpointId, organization: orgId },
        outcome: before.has(id) ? 'unchanged' : 'new',
      });
    const counted = Object.fromEntries([...Map.groupBy(lines, ({ outcome }) => String(outcome))].map(([outcome, alike]) => [outcome, alike.length]));
    expect(counted.refused).toBe(said?.refusedCount);
    expect((await runs(migrator)).json.runs).toMatchObject([
      { id: 2, command: 'adopt', filters: { source: MAPPING.source }, reason: 'a test', counts: counted, state: 'done' },
      { id: 1, state: 'died' },
    ]);
    expectNothingShown(killed, wrong, rest);
  });
});

describe('organizations', { timeout: 600_000 }, () => {
  it('are never taken for another one that is there, unless the mapping says which', async () => {
    await upsertOrganization(testEnvironment.db, { id: 'h-1', name: 'somebody else' });
    const of = (hospital: string) => right().filter((login) => login.hospital === hospital).length;
    const report = await adopted(migrator, { folder, from: source.url });
    expect(report.json).toMatchObject({ new: right().length - of('1') });
    expect((report.json as { refused: { code: string; column: string }[] }).refused.filter(({ code }) => code === 'organization_taken')).toHaveLength(
      tables.logins.filter(({ hospital, active, truth }) => hospital === '1' && active && truth.is === 'endpoint').length + notPlaced('1'),
    );
    await upsertOrganization(testEnvironment.db, { id: 'st-mary', name: 'St. Mary' });
    const said = { ...MAPPING, hospital: { ...MAPPING.hospital, ids: { '1': 'st-mary' } } };
    expect((await adopted(migrator, { folder, from: source.url, mapping: said })).json).toMatchObject({ new: of('1'), unchanged: right().length - of('1') });
    const marys = [...(await endpointsOf(testEnvironment)).values()].filter(({ orgId }) => orgId === 'st-mary');
    expect(marys).toHaveLength(of('1'));
    expect(marys[0]?.orgName).toBe('St. Mary');
    const nobody = { ...MAPPING, hospital: { ...MAPPING.hospital, ids: { '2': 'not-there' } } };
    expect(JSON.stringify((await planned(migrator, { folder, from: source.url, mapping: nobody })).json)).toContain('organization_unknown');
  });

  /** Rows of a hospital whose address leads nowhere: that is looked at after whose they are. */
  const notPlaced = (hospital: string) =>
    tables.logins.filter((login) => login.hospital === hospital && login.truth.is === 'refused' && login.truth.code === 'portal_unknown').length;
});
