import { insertEndpoint, upsertOrganization } from '@rcm/db/admin';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adopted, endpointsOf, type Folder, openFolder, planned, plantPortalTypes } from './adopt.fixture.ts';
import type { Report } from './report.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let folder: Folder;
beforeEach(async () => {
  [testEnvironment, folder] = [await openTestEnvironment(), openFolder()];
  migrator = testEnvironment.migrator();
  await plantPortalTypes(testEnvironment);
  await upsertOrganization(testEnvironment.db, { id: 'north', name: 'North' });
});
afterEach(async () => {
  await testEnvironment.close();
  folder.remove();
});

const MAPPING = {
  source: 'crm',
  hospital: { is: 'north' },
  endpoint: { id: 'id', account: 'account', base_url: 'url' },
  credentials: { columns: { username: 'user', password: 'password' } },
};
const row = (id: unknown, account: unknown = `account of ${JSON.stringify(id).slice(0, 20)}`) => ({
  id,
  account,
  url: 'https://alpine.example/',
  user: 'u',
  password: 'p',
});
const from = (rows: readonly object[]) => ({ form: 'jsonl' as const, path: folder.file('rows.jsonl', rows.map((each) => JSON.stringify(each)).join('\n')) });
const run = (rows: readonly object[], mapping: object = MAPPING) => adopted(migrator, { folder, from: from(rows), mapping });
const refusedIn = (report: Report) => (report.json as { refused: { row: number; id: string | null; code: string; column: string }[] }).refused;

describe('ids of a source', { timeout: 600_000 }, () => {
  it('are one endpoint each, whatever they look like, and the same ones in any order and in a new process', async () => {
    const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
    const ids = [
      'ACCT-7',
      'acct-7',
      'Acct-7',
      'аcct-7',
      'acct-7 ',
      '__proto__',
      'constructor',
      '../../x',
      'a/b',
      'a%2Fb',
      'é',
      'e\u0301',
      'x'.repeat(200),
      "x'); DROP TABLE organization; --",
      '7',
    ];
    const numbers = ['9007199254740992', '9007199254740993', '18446744073709551616'];
    const rows = [...ids.map((id) => row(id)), ...numbers.map((id) => row(rawJSON(id)))];
    expect((await run(rows)).json).toMatchObject({ new: rows.length, refused: [], organizations: { new: 0, known: 1 } });
    const found = await endpointsOf(testEnvironment, 'crm');
    expect([...found.keys()].sort()).toEqual([...ids, ...numbers].sort());
    expect(new Set([...found.values()].map(({ endpointId }) => endpointId)).size).toBe(rows.length);
    expect((await adopted(testEnvironment.migrator(), { folder, from: from(rows.toReversed()), mapping: MAPPING })).json).toMatchObject({
      new: 0,
      unchanged: rows.length,
    });
    expect(await endpointsOf(testEnvironment, 'crm')).toEqual(found);
  });

  it('that cannot tell a row for good are refused by number, and never shown', async () => {
    const hostile = ['', ' ', null, 'x'.repeat(10_240), 'a\0b', 'a\nb', 'a\u202eb', 'a\u200bb', '\ud800'];
    const report = await run([...hostile.map((id, n) => row(id, `a${n}`)), row('twice'), row('twice', 'b')]);
    expect(report.json).toMatchObject({ new: 1, refusedCount: hostile.length + 1 });
    expect(refusedIn(report).map(({ row: number, code, column }) => [number, code, column])).toEqual([
      ...hostile.map((id, n) => [n + 1, id === '' || id === null ? 'id_missing' : 'id_unusable', 'id']),
      [11, 'id_twice', 'id'],
    ]);
    expect(refusedIn(report).map(({ id }) => id)).toEqual([...hostile.map(() => null), 'twice']);
    expect(report.lines.join('\n').length).toBeLessThan(2_000);
  });

  it('never take another’s place: not that of an endpoint that is there, of another source, or of another’s account', async () => {
    await insertEndpoint(testEnvironment.db, { id: 'there', orgId: 'north', portalTypeCode: 'alpine', accountId: 'desk', baseUrl: 'https://alpine.example/' });
    const rows = [row('there', 'x'), row('b', 'desk'), row('c', 'Same'), row('d', 'Same'), row('e')];
    const wanted = [
      ['there', 'id_taken'],
      ['b', 'account_taken'],
      ['d', 'account_twice'],
    ];
    for (const report of [await planned(migrator, { folder, from: from(rows), mapping: MAPPING }), await run(rows)]) {
      expect(report.json).toMatchObject({ new: 2 });
      expect(refusedIn(report).map(({ id, code }) => [id, code])).toEqual(expect.arrayContaining(wanted));
      expect(refusedIn(report)).toHaveLength(3);
    }
    // Once it is there, the other one of two is the one that is refused, wherever it stands.
    const again = await run(rows.toReversed());
    expect(again.json).toMatchObject({ new: 0, unchanged: 2 });
    expect(refusedIn(again).map(({ id, code }) => [id, code])).toEqual(expect.arrayContaining([['d', 'account_taken']]));
    const other = await run([row('e', 'of another source')], { ...MAPPING, source: 'erp' });
    expect(refusedIn(other)).toMatchObject([{ id: 'e', code: 'id_taken' }]);
    expect((await run([row('e', 'of another source')], { ...MAPPING, source: 'erp', endpoint: { ...MAPPING.endpoint, prefix: 'erp-' } })).json).toMatchObject({
      new: 1,
    });
  });

  it('keep their endpoint when the mapping gets another prefix', async () => {
    await run([row('a')]);
    const before = await endpointsOf(testEnvironment, 'crm');
    expect((await run([row('a')], { ...MAPPING, endpoint: { ...MAPPING.endpoint, prefix: 'p-' } })).json).toMatchObject({ new: 0, unchanged: 1 });
    expect(await endpointsOf(testEnvironment, 'crm')).toEqual(before);
  });
});
