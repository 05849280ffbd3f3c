import { parseJsonExactly } from '@rcm/credentials';
import { isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adopted, endpointsOf, type Folder, openFolder, planned, plantPortalTypes } from './adopt.fixture.ts';
import { HIDDEN, sourceDatabase, type SourceDatabase, sourceTables, type SourceTables } from './adopt/source-table.fixture.ts';
import { apply } from './commands/apply.ts';
import { verify } from './commands/verify.ts';
import type { Report } from './report.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, scrubbing, type TestEnvironment } from './testing.fixture.ts';

const SLOW_MS = 900_000;
const ROWS = isLongForm() ? 5_000 : 120;
let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let folder: Folder;
let tables: SourceTables;
let source: SourceDatabase;

beforeEach(async () => {
  [testEnvironment, folder, tables] = [await openTestEnvironment(), openFolder(), sourceTables(ROWS)];
  [migrator, source] = [testEnvironment.migrator(), await sourceDatabase(tables)];
  await plantPortalTypes(testEnvironment);
});
afterEach(async () => {
  await testEnvironment.close();
  await source.drop();
  folder.remove();
});

type Json = Record<string, never> & { refused: { id: string; code: string; column: string }[]; left: { id: string; code: string; endpointId: string }[] };
const jsonOf = (report: Report): Json => report.json as Json;
const rows = (is: string) => tables.logins.filter(({ truth }) => truth.is === is);
const byId = <T extends { id: string }>(list: readonly T[]): T[] => [...list].sort((a, b) => (a.id < b.id ? -1 : 1));

function expectNothingShown(...reports: readonly Report[]): void {
  const shown = JSON.stringify(reports);
  expect(shown).not.toContain(HIDDEN);
  for (const { values } of tables.logins) for (const value of values) expect(shown).not.toContain(value);
}

async function expectEachAsItIs(): Promise<void> {
  const endpoints = await endpointsOf(testEnvironment);
  expect([...endpoints.keys()].sort()).toEqual(
    rows('endpoint')
      .map(({ id }) => id)
      .sort(),
  );
  for (const { id, truth, note } of tables.logins) {
    const found = endpoints.get(id);
    if (truth.is !== 'endpoint') expect(found, id).toBeUndefined();
    else
      expect(found, id).toMatchObject({
        ...{ portal: truth.portal, baseUrl: truth.baseUrl, orgName: truth.hospitalName, firmName: truth.firmName, secretArn: null },
        config: { credentials: parseJsonExactly(JSON.stringify(truth.credentials)), ...(note === null ? {} : { remark: note }) },
      });
  }
}

describe('a table of a company’s own', { timeout: SLOW_MS }, () => {
  it('is planned without a change, brought in row by row as it is, and not changed by a second run', async () => {
    const wanted = {
      new: rows('endpoint').length,
      changed: 0,
      unchanged: 0,
      notWanted: rows('not_wanted').length,
      leftCount: 0,
      refusedCount: rows('refused').length,
    };
    const refusals = byId(rows('refused')).map(({ id, truth }) => ({ id, ...(truth.is === 'refused' ? { code: truth.code, column: truth.column } : {}) }));
    const plan = await planned(migrator, { folder, from: source.url });
    expect(plan).toMatchObject({ complete: false, json: { dryRun: true, rows: ROWS, ...wanted } });
    expect(byId(jsonOf(plan).refused)).toMatchObject(refusals);
    expect((await endpointsOf(testEnvironment)).size).toBe(0);

    const report = await adopted(migrator, { folder, from: source.url });
    expect(report.json).toMatchObject({ dryRun: false, rows: ROWS, ...wanted });
    expect(byId(jsonOf(report).refused)).toMatchObject(refusals);
    await expectEachAsItIs();

    const before = await endpointsOf(testEnvironment);
    const again = await adopted(migrator, { folder, from: source.url });
    expect(again.json).toMatchObject({ new: 0, changed: 0, unchanged: wanted.new, organizations: { new: 0 }, vanished: [] });
    expect(await endpointsOf(testEnvironment)).toEqual(before);
    expectNothingShown(plan, report, again);
  });

  it('is moved, proved and scrubbed from there as any other, after which nothing of its passwords is kept', async () => {
    await adopted(migrator, { folder, from: source.url });
    expect((await apply(migrator)).json).toMatchObject({ migrated: rows('endpoint').length, failed: [] });
    expect((await verify(migrator)).json).toMatchObject({ failed: [] });
    await scrubbing(testEnvironment, migrator);
    const [prints] = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ left: number }[]>`SELECT count(fingerprint)::int AS left FROM adopted_id`,
    );
    expect(prints).toEqual({ left: 0 });
    const before = await endpointsOf(testEnvironment);
    expect((await adopted(migrator, { folder, from: source.url })).json).toMatchObject({ new: 0, unchanged: rows('endpoint').length, left: [] });
    expect(await endpointsOf(testEnvironment)).toEqual(before);
  });
});
