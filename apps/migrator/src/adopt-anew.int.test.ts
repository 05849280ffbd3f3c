import { findBrokenAuditEvent } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adopted, endpointsOf, type Folder, openFolder, PERSON, planned, plantPortalTypes } from './adopt.fixture.ts';
import { HIDDEN, sourceDatabase, type SourceDatabase, type SourceLogin } from './adopt/source-table.fixture.ts';
import { apply } from './commands/apply.ts';
import { verify } from './commands/verify.ts';
import { deaths, mortal } from './crash.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, scrubbing, stored, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let folder: Folder;
let source: SourceDatabase;

const login = (id: string): SourceLogin => ({
  ...{ id, hospital: '1', url: 'https://alpine.example/login', note: null, active: true, changed: '2026-01-01 00:00:00', values: [] },
  truth: { is: 'not_wanted' },
  settings: JSON.stringify({ portal: { login: { username: `user-${id}`, password: `${HIDDEN}-${id}` } } }),
});

beforeEach(async () => {
  [testEnvironment, folder] = [await openTestEnvironment(), openFolder()];
  const hospitals = ['1', '2'].map((id) => ({ id, name: `Hospital ${id}`, firm: '1' }));
  [migrator, source] = [
    testEnvironment.migrator(),
    await sourceDatabase({ firms: [{ id: '1', name: 'Firm' }], hospitals, logins: ['a', 'b', 'c'].map(login) }),
  ];
  await source.sql(`UPDATE crm."PORTAL_LOGINS" SET "HOSPITAL_NO" = 2 WHERE "LOGIN_NO" = 'c'`);
  await plantPortalTypes(testEnvironment);
  expect((await run()).json).toMatchObject({ new: 3, refusedCount: 0 });
});
afterEach(async () => {
  await testEnvironment.close();
  await source.drop();
  folder.remove();
});

const run = (anew: readonly string[] = [], migration = migrator) => adopted(migration, { folder, from: source.url, anew });
const goes = (id: string, set: string) => source.sql(`UPDATE crm."PORTAL_LOGINS" SET ${set} WHERE "LOGIN_NO" = '${id}'`);
const TO_TWO = `"HOSPITAL_NO" = 2`;
const everyEndpoint = () =>
  testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string; orgId: string; portal: string; config: string; secretArn: string | null }[]>`
      SELECT id, org_id AS "orgId", portal_type_code AS portal, config::text AS config, secret_arn AS "secretArn", xmin::text AS written FROM integration_endpoint ORDER BY id`,
  );
const told = () =>
  testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ action: string; org: string; subject: string; row: string }[]>`
      SELECT action, org_id AS org, subject, details->>'sourceId' AS row FROM audit_event
       WHERE actor = ${PERSON.actor} AND reason = ${PERSON.reason} AND details->>'sourceId' = 'a' ORDER BY at, seq`,
  );

describe('a row that is of another place than before', { timeout: 600_000 }, () => {
  it('is a new endpoint once a person says so, and the one that it was stays as it is', async () => {
    await apply(migrator);
    await verify(migrator);
    await scrubbing(testEnvironment, migrator);
    const before = await everyEndpoint();
    const inStore = await stored(migrator, { id: 'l-a', orgId: 'h-1', portal: 'alpine', credentials: null });
    await goes('a', TO_TWO);
    expect(await run()).toMatchObject({ complete: false, json: { new: 0, left: [{ id: 'a', code: 'elsewhere' }], anew: [] } });
    const plan = await planned(migrator, { folder, from: source.url, anew: ['a'] });
    expect(plan).toMatchObject({ complete: true, json: { new: 1, left: [], anew: [{ id: 'a', was: 'l-a' }] } });
    expect(plan.lines.join('\n')).toMatch(/l-a → l-a-h-2-alpine-.*: would be new endpoints/);
    expect(await everyEndpoint()).toEqual(before);
    const { json } = await run(['a']);
    expect(json).toEqual({ ...plan.json, dryRun: false });
    const [{ endpointId }] = json.anew as [{ endpointId: string }];
    const after = await everyEndpoint();
    expect(after.filter(({ id }) => id !== endpointId)).toEqual(before);
    expect(await stored(migrator, { id: 'l-a', orgId: 'h-1', portal: 'alpine', credentials: null })).toEqual(inStore);
    const fresh = after.find(({ id }) => id === endpointId);
    expect(fresh).toMatchObject({ orgId: 'h-2', portal: 'alpine', secretArn: null });
    expect(fresh?.config).toContain(`${HIDDEN}-a`);
    expect(await told()).toEqual([
      { action: 'endpoint.adopted', org: 'h-1', subject: 'l-a', row: 'a' },
      { action: 'endpoint.let_go', org: 'h-1', subject: 'l-a', row: 'a' },
      { action: 'endpoint.adopted', org: 'h-2', subject: endpointId, row: 'a' },
    ]);
    for (const orgId of ['h-1', 'h-2']) expect(await findBrokenAuditEvent(testEnvironment.db, { orgId })).toBeNull();
    // From then on it is followed there, said again or not.
    for (const anew of [[], ['a']]) expect(await run(anew)).toMatchObject({ complete: true, json: { new: 0, left: [], anew: [], vanishedCount: 0 } });
    await goes('a', `"SETTINGS" = '{"portal":{"login":{"username":"user-a","password":"${HIDDEN}-later"}}}'`);
    expect((await run()).json).toMatchObject({ changed: 1 });
    expect((await everyEndpoint()).find(({ id }) => id === endpointId)?.config).toContain(`${HIDDEN}-later`);
    expect(await apply(migrator)).toMatchObject({ json: { migrated: 1, failed: [] } });
  });

  it('stays what it was where its new place is somebody’s, or where nobody has named it, and says of what is not there that it is not', async () => {
    const place = { portalTypeCode: 'alpine', accountId: 'l-a', baseUrl: 'https://alpine.example/' };
    await insertEndpoint(testEnvironment.db, { ...place, id: 'somebodys', orgId: 'h-2' });
    for (const id of ['a', 'b']) await goes(id, TO_TWO);
    const before = await endpointsOf(testEnvironment);
    const report = await run(['a', 'c', 'nobody']);
    expect(report).toMatchObject({
      complete: false,
      json: { new: 0, anew: [], refused: [{ id: 'a', code: 'account_taken' }], left: [{ id: 'b', code: 'elsewhere' }] },
    });
    expect(report.lines.join('\n')).toContain('though --anew names them: nobody.');
    expect(await endpointsOf(testEnvironment)).toEqual(before);
  });

  it('ends the same after a death at any call', async () => {
    for (const { at, when } of deaths(3)) {
      const id = `d${at}${when}`;
      await source.sql(
        `INSERT INTO crm."PORTAL_LOGINS" SELECT '${id}', "HOSPITAL_NO", "PORTAL_URL", "SETTINGS", "NOTE", "ACTIVE", "UPDATED" FROM crm."PORTAL_LOGINS" WHERE "LOGIN_NO" = 'b'`,
      );
      await run();
      const was = (await endpointsOf(testEnvironment)).get(id);
      await goes(id, `"PORTAL_URL" = 'https://shared.example/borealis'`);
      const dying = mortal(migrator, { at, when });
      const failed: unknown = await run([id], dying.migration).then(
        () => null,
        (error: unknown) => error,
      );
      if (!dying.died()) {
        expect(failed).toBeNull();
        return void expect(at).toBeGreaterThan(6);
      }
      expect(await run([id]), id).toMatchObject({ complete: true });
      const now = (await endpointsOf(testEnvironment)).get(id);
      expect(now, id).toMatchObject({ orgId: 'h-1', portal: 'borealis' });
      const all = (await everyEndpoint()).filter(({ id: each }) => each.startsWith(`l-${id}`));
      expect(new Set(all.map((each) => each.id)), id).toEqual(new Set([was?.endpointId, now?.endpointId]));
      expect(was?.endpointId, id).not.toBe(now?.endpointId);
    }
  });
});
