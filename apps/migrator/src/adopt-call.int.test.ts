import { isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endpointsOf, type Folder, openFolder, plantPortalTypes } from './adopt.fixture.ts';
import { MAPPING, sourceDatabase, type SourceDatabase, sourceTables } from './adopt/source-table.fixture.ts';
import { runMigrator } from './process.fixture.ts';
import { openTestEnvironment, type TestEnvironment } from './testing.fixture.ts';
import { ONE_TABLE } from './adopt/one-table.fixture.ts';

/** Of tables of the same shape. */
const ROWS = isLongForm() ? 120 : 50;

let testEnvironment: TestEnvironment;
let folder: Folder;
let source: SourceDatabase;

beforeEach(async () => {
  [testEnvironment, folder, source] = [await openTestEnvironment(), openFolder(), await sourceDatabase(sourceTables(ROWS, 7))];
  await plantPortalTypes(testEnvironment);
});
afterEach(async () => {
  await testEnvironment.close();
  await source.drop();
  folder.remove();
});

const count = async (testEnvironment_: TestEnvironment): Promise<number> => (await endpointsOf(testEnvironment_)).size;
const mappingFile = () => folder.file('mapping.json', JSON.stringify(MAPPING));

describe('the command line', { timeout: 600_000 }, () => {
  it('says what is wrong with a call in one sentence, with exit code 2, and changes nothing', async () => {
    const mapping = mappingFile();
    const withPassword = source.url;
    const open = folder.file('open.csv', 'LOGIN_NO\n', 0o644);
    const calls: [string[], RegExp][] = [
      [['--reason', 'x'], /--mapping/],
      [['--mapping', mapping], /--reason/],
      [['--mapping', mapping, '--plan'], /RCM_MIGRATOR_SOURCE_DATABASE_URL_FILE/],
      [['--mapping', mapping, '--plan', '--from', withPassword], /without a password/],
      [['--mapping', mapping, '--plan', '--from', 'postgresql://reader@db.example/crm'], /leads to another machine without TLS/],
      [['--mapping', mapping, '--plan', '--from', 'postgresql://reader@db.example/crm?sslmode=require'], /sslmode=require/],
      [['--mapping', folder.file('one.json', JSON.stringify(ONE_TABLE)), '--plan', '--csv', open], /chmod 600/],
      [['--mapping', mapping, '--plan', '--csv', open], /looks TITLE up in another/],
      [['--mapping', mapping, '--plan', '--csv', open, '--jsonl', open], /cannot be used with/],
      [['--mapping', folder.file('other.json', '{"source":"x"}'), '--plan', '--csv', open], /hospital/],
    ];
    // On a change every third of them: each is a process.
    for (const [args, said] of calls.filter((_, n) => isLongForm() || n % 3 === 0)) {
      const ended = await runMigrator(['adopt', ...args], testEnvironment.environment);
      expect([args, ended.code, ended.stderr.match(said)?.[0] ?? ended.stderr]).toEqual([args, 2, expect.stringMatching(said)]);
      expect(ended.stdout).toBe('');
      expect(ended.stderr).not.toContain(new URL(withPassword).password);
    }
    const help = await runMigrator(['adopt', '--help'], testEnvironment.environment);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--jsonl') as string });
    expect(await count(testEnvironment)).toBe(0);
  });

  it('names a table or column that is not there, a source that does not answer, and one that may not be read', async () => {
    const settings = (url: string) => ({ RCM_MIGRATOR_SOURCE_DATABASE_URL_FILE: folder.file('url', url) });
    const args = ['adopt', '--mapping', mappingFile(), '--plan', '--json'];
    const run = async (url: string, change?: string) => {
      if (change) await source.sql(change);
      const ended = await runMigrator(args, { ...testEnvironment.environment, ...settings(url) });
      return { code: ended.code, error: (JSON.parse(ended.stdout) as { error: { code: string; message: string } }).error };
    };
    const nobody = new URL(source.url);
    nobody.port = '1';
    expect(await run(nobody.href)).toMatchObject({
      code: 1,
      error: { code: 'database_unavailable', message: expect.stringContaining('The source: ') as string },
    });
    expect(await run(source.url, 'ALTER TABLE crm."PORTAL_LOGINS" RENAME "NOTE" TO "NOTES"')).toMatchObject({
      code: 2,
      error: { code: 'input_invalid', message: expect.stringContaining('NOTE') as string },
    });
    expect(await run(source.url, 'ALTER TABLE crm."PORTAL_LOGINS" RENAME TO logins')).toMatchObject({
      code: 2,
      error: { message: expect.stringContaining('PORTAL_LOGINS') as string },
    });
  });
});
