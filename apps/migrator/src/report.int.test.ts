import type { OutsideKind } from '@rcm/db/migration';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { dealtWith } from './commands/dealt-with.ts';
import { report } from './commands/report.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { plant, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, scrubbing, type TestEnvironment } from './testing.fixture.ts';

const ACT = { actor: 'person:os:jane', reason: 'a test' };
let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  await plant(testEnvironment.db, seeds(8));
});
afterEach(() => testEnvironment.close());

interface Told {
  readonly organizations: readonly { readonly orgId: string; readonly stands: string }[];
}
/** How each hospital stands, in words. */
const stands = async () => Object.fromEntries(((await report(migrator)).json as unknown as Told).organizations.map(({ orgId, stands: as }) => [orgId, as]));
const sql = (statement: string) => testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(statement));
/** Whether the file of the table of endpoints has a text somewhere, also in what no row is any more. */
async function liesOnDisk(text: string): Promise<boolean> {
  await sql('CHECKPOINT');
  const [file] = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ has: boolean }[]>`
      SELECT position(convert_to(${text}, 'UTF8') IN pg_read_binary_file(pg_relation_filepath('integration_endpoint'))) > 0 AS has`,
  );
  return file?.has ?? false;
}
const of = (orgId: string): OpenMigration => ({ ...migrator, filter: { orgId } });

it('says of each organization what it waits for, and is complete once nothing is left', async () => {
  expect(await stands()).toEqual({ 'north-1': 'not begun', 'north-2': 'not begun', 'south-1': 'not begun', 'south-2': 'not begun' });
  await apply({ ...migrator, filter: { orgId: 'north-1', limit: 1 } });
  await apply(of('north-2'));
  await apply(of('south-1'));
  await verify(of('south-1'));
  expect(await stands()).toEqual({ 'north-1': 'moving', 'north-2': 'to be proved', 'south-1': 'plaintext to be removed', 'south-2': 'not begun' });
  await apply(migrator);
  await verify(migrator);
  await scrubbing(testEnvironment, migrator);
  const scrubbed = await report(migrator);
  expect(new Set(Object.values(await stands()))).toEqual(new Set(['done']));
  // The copies outside are nobody's word yet.
  expect(scrubbed).toMatchObject({ complete: false, json: { left: true } });
  expect(scrubbed.json.outside).toContainEqual(expect.objectContaining({ kind: 'base_backups' }));
  for (const { kind } of (scrubbed.json as { outside: { kind: OutsideKind }[] }).outside) await dealtWith(migrator, kind, ACT);
  const last = await report(migrator);
  expect(last).toMatchObject({ complete: true, json: { left: false, elsewhere: [], outside: [] } });
  expect(last.lines).toContain('Nothing that is known.');
});

it('calls nothing done of which it does not know that the disk is clean, or that the store was right', async () => {
  await apply(migrator);
  await verify(of('north-1'));
  // Somebody lost patience.
  await sql(`UPDATE integration_endpoint SET config = config - 'credentials'`);
  expect(await stands()).toEqual({ 'north-1': 'removed by hand', 'north-2': 'to be proved', 'south-1': 'to be proved', 'south-2': 'to be proved' });
  expect((await report(migrator)).complete).toBe(false);
});

it('calls nothing done whose plaintext somebody has removed by hand after the storage was rewritten, until it is rewritten again', async () => {
  const after = async () => [(await stands())['north-1'], (await status(migrator)).json.rewritePending, await liesOnDisk('Pass-by-hand')];
  await apply(migrator);
  await verify(migrator);
  await scrubbing(testEnvironment, migrator);
  expect(await after()).toEqual(['done', false, false]);
  await plant(testEnvironment.db, [{ id: 'endpoint-100', orgId: 'north-1', portal: 'alpine', credentials: { username: 'u', password: 'Pass-by-hand' } }]);
  await apply(migrator);
  await verify(migrator);
  await sql(`UPDATE integration_endpoint SET config = config - 'credentials' WHERE id = 'endpoint-100'`);
  expect((await after()).slice(0, 2)).toEqual(['removed by hand', true]);
  await scrubbing(testEnvironment, migrator);
  expect(await after()).toEqual(['done', false, false]);
});

it('tells of removed plaintext that is still on the disk, and of a rolled back login that it is to be moved', async () => {
  await apply(migrator);
  await verify(migrator);
  await scrubbing(testEnvironment, migrator);
  await sql(`UPDATE storage_state SET scrubbed_at = clock_timestamp() WHERE org_id = 'north-1'`);
  await sql(
    `UPDATE integration_endpoint SET secret_arn = NULL, current_version = NULL WHERE id = (SELECT min(id) FROM integration_endpoint WHERE org_id = 'south-1')`,
  );
  expect(await stands()).toEqual({ 'north-1': 'storage to be rewritten', 'north-2': 'done', 'south-1': 'moving', 'south-2': 'done' });
});

it('is a page that names no login, and one organization’s where one is asked for', async () => {
  await apply(migrator);
  // What lies beside another hospital's logins is not this one's to read.
  await sql(`UPDATE integration_endpoint SET config = config || '{"backup_password": "x-canary-x"}' WHERE org_id = 'south-1'`);
  expect([(await report(of('north-1'))).json.elsewhere, (await report(migrator)).json.elsewhere]).toMatchObject([
    [],
    [{ path: 'backup_password', endpoints: 2 }],
  ]);
  const { lines } = await report(of('north-1'));
  const page = lines.join('\n');
  expect(page).toMatch(/^\| north-1 \| 2 \| 2 \| 0 \| 0 \| 2 \| \d{4}-\d\d-\d\d \d\d:\d\d \| /m);
  expect(page).not.toMatch(/north-2|canary|endpoint-\d/);
});

it('says of an organization that is none that it is none, and not that nothing is left', async () => {
  await expect(report(of('north-9'))).rejects.toMatchObject({ code: 'input_invalid', message: expect.stringContaining('north-9') as string });
});
