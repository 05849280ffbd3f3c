import { findBrokenAuditEvent } from '@rcm/db';
import { claimLegacy, releaseClaim } from '@rcm/db/migration';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdoptedEndpoint, adopted, endpointsOf, type Folder, openFolder, PERSON, planned, plantPortalTypes } from './adopt.fixture.ts';
import { HIDDEN, MAPPING, sourceDatabase, type SourceDatabase, type SourceLogin } from './adopt/source-table.fixture.ts';
import { apply } from './commands/apply.ts';
import { rollback } from './commands/rollback.ts';
import { verify } from './commands/verify.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, rotate, scrubbing, stored, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let folder: Folder;
let source: SourceDatabase;
let run: () => ReturnType<typeof adopted>;

const login = (id: string): SourceLogin => ({
  ...{
    id,
    hospital: '1',
    url: 'https://alpine.example/login',
    note: null,
    active: true,
    changed: '2026-01-01 00:00:00',
    values: [],
    truth: { is: 'not_wanted' },
  },
  settings: JSON.stringify({ portal: { login: { username: `user-${id}`, password: `${HIDDEN}-old` } } }),
});
const IDS = ['a', 'b'];

beforeEach(async () => {
  [testEnvironment, folder] = [await openTestEnvironment(), openFolder()];
  const hospitals = ['1', '2'].map((id) => ({ id, name: `Hospital ${id}`, firm: '1' }));
  [migrator, source] = [testEnvironment.migrator(), await sourceDatabase({ firms: [{ id: '1', name: 'Firm' }], hospitals, logins: IDS.map(login) })];
  await plantPortalTypes(testEnvironment);
  run = () => adopted(migrator, { folder, from: source.url });
  expect((await run()).json).toMatchObject({ new: 2, refusedCount: 0, organizations: { new: 2 } });
});
afterEach(async () => {
  await testEnvironment.close();
  await source.drop();
  folder.remove();
});

const changePassword = (id: string, password: string, at = '2026-02-02') =>
  source.sql(
    `UPDATE crm."PORTAL_LOGINS" SET "SETTINGS" = '{"portal":{"login":{"username":"user-${id}","password":"${password}"}}}', "UPDATED" = '${at}' WHERE "LOGIN_NO" = '${id}'`,
  );
async function endpoint(id: string): Promise<AdoptedEndpoint> {
  const found = (await endpointsOf(testEnvironment)).get(id);
  if (!found) throw new Error(`nothing came of ${id}`);
  return found;
}
const passwordIn = ({ config }: AdoptedEndpoint) => (config.credentials as { password: string } | undefined)?.password;
const seedOf = ({ endpointId, orgId, portal }: AdoptedEndpoint) => ({ id: endpointId, orgId, portal, credentials: null });
const edit = (endpointId: string, set: string) =>
  testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(`UPDATE integration_endpoint SET ${set} WHERE id = '${endpointId}'`));
const left = (id: string, code: string) => ({ complete: false, json: { changed: 0, leftCount: 1, left: [{ id, code }] } });

describe('a row that has changed in its source', { timeout: 600_000 }, () => {
  it('is followed while its login was never in the store, and told of with who and why', async () => {
    await changePassword('a', `${HIDDEN}-new`);
    const plan = await planned(migrator, { folder, from: source.url });
    expect(plan).toMatchObject({ complete: true, json: { new: 0, changed: 1, unchanged: 1 } });
    expect(passwordIn(await endpoint('a'))).toBe(`${HIDDEN}-old`);
    const report = await run();
    expect(report).toMatchObject({ complete: true, json: { changed: 1, unchanged: 1 } });
    expect(passwordIn(await endpoint('a'))).toBe(`${HIDDEN}-new`);
    expect((await run()).json).toMatchObject({ changed: 0, unchanged: 2 });
    const events = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ actor: string; reason: string; subject: string; took: string; details: string }[]>`
        SELECT actor, reason, subject, details->>'took' AS took, details::text AS details FROM audit_event WHERE action = 'endpoint.adopted' ORDER BY details->>'took', subject`,
    );
    expect(events).toMatchObject([
      { ...PERSON, subject: 'l-a', took: 'added' },
      { ...PERSON, subject: 'l-b', took: 'added' },
      { ...PERSON, subject: 'l-a', took: 'changed' },
    ]);
    expect(JSON.stringify([events, report, plan])).not.toContain(HIDDEN);
    expect(await findBrokenAuditEvent(testEnvironment.db, { orgId: 'h-1' })).toBeNull();
  });

  it('is followed to another address of its portal type, which the trail shows, and to no other place', async () => {
    await source.sql(`UPDATE crm."PORTAL_LOGINS" SET "PORTAL_URL" = 'https://alpine.example/moved' WHERE "LOGIN_NO" = 'a'`);
    expect((await run()).json).toMatchObject({ changed: 1 });
    expect(await endpoint('a')).toMatchObject({ baseUrl: 'https://alpine.example/moved' });
    const [told] = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<object[]>`
        SELECT actor, reason FROM audit_event WHERE action = 'endpoint.changed' AND subject = 'l-a' AND details->'changed'->'base_url'->>'after' = 'https://alpine.example/moved'`,
    );
    expect(told).toEqual(PERSON);
    const before = await endpointsOf(testEnvironment);
    for (const change of [`"PORTAL_URL" = 'https://shared.example/borealis'`, `"HOSPITAL_NO" = 2`]) {
      await source.sql(`UPDATE crm."PORTAL_LOGINS" SET ${change} WHERE "LOGIN_NO" = 'b'`);
      expect(await run()).toMatchObject(left('b', 'elsewhere'));
      expect(await endpointsOf(testEnvironment)).toEqual(before);
    }
  });

  it.each([
    ['is in the store', async () => {}],
    ['is proved there', async () => void (await verify(migrator))],
    ['was rotated', async () => rotate(testEnvironment, migrator, seedOf(await endpoint('a')), (payload) => payload)],
    ['is scrubbed', async () => void (await verify(migrator), await scrubbing(testEnvironment, migrator))],
  ])('is left and named when its login %s', async (_, before) => {
    await apply(migrator);
    await before();
    await changePassword('a', `${HIDDEN}-new`);
    const [there, inStore] = [await endpoint('a'), await stored(migrator, seedOf(await endpoint('a')))];
    expect(await planned(migrator, { folder, from: source.url })).toMatchObject(left('a', 'moved'));
    expect(await run()).toMatchObject(left('a', 'moved'));
    expect(await endpoint('a')).toEqual(there);
    expect(await stored(migrator, seedOf(there))).toEqual(inStore);
  });

  it('is not compared once its login is scrubbed and it says nothing of its last change', async () => {
    const { changed: _, ...silent } = MAPPING.endpoint;
    const silently = () => adopted(migrator, { folder, from: source.url, mapping: { ...MAPPING, endpoint: silent } });
    await apply(migrator);
    await verify(migrator);
    await scrubbing(testEnvironment, migrator);
    const before = await endpointsOf(testEnvironment);
    await changePassword('a', `${HIDDEN}-new`);
    expect(await silently()).toMatchObject({ complete: true, json: { changed: 0, unchanged: 0, notCompared: 2 } });
    expect(await endpointsOf(testEnvironment)).toEqual(before);
  });

  it('never writes over a password that came back from the store', async () => {
    await apply(migrator);
    await rotate(testEnvironment, migrator, seedOf(await endpoint('a')), (payload) => payload);
    await rollback(migrator, { endpointId: 'l-a' }, PERSON);
    const back = await endpoint('a');
    expect(back.secretArn).toBeNull();
    expect(passwordIn(back)).toMatch(/^rotated-/);
    await changePassword('a', `${HIDDEN}-new`);
    expect(await run()).toMatchObject(left('a', 'rolled_back'));
    expect(await endpoint('a')).toEqual(back);
  });

  it('leaves what somebody has typed here meanwhile, unless both say the same by now', async () => {
    await edit('l-a', `config = jsonb_set(config, '{credentials,password}', '"typed"')`);
    expect((await run()).json).toMatchObject({ changed: 0, unchanged: 2, left: [] });
    await changePassword('a', `${HIDDEN}-new`);
    expect(await run()).toMatchObject(left('a', 'edited'));
    expect(passwordIn(await endpoint('a'))).toBe('typed');
    await changePassword('a', 'typed');
    expect(await run()).toMatchObject({ complete: true, json: { changed: 0, unchanged: 2 } });
    await changePassword('a', `${HIDDEN}-newer`);
    expect((await run()).json).toMatchObject({ changed: 1 });
    expect(passwordIn(await endpoint('a'))).toBe(`${HIDDEN}-newer`);
  });

  it('waits for a migrator that is moving the login', async () => {
    const claim = { endpointId: 'l-a', orgId: 'h-1', holder: 'migrator@elsewhere:1' };
    expect(await claimLegacy(testEnvironment.db, { ...claim, ttlMs: 600_000 })).toMatchObject({ is: 'mine' });
    await changePassword('a', `${HIDDEN}-new`);
    expect(await run()).toMatchObject(left('a', 'claimed'));
    expect(passwordIn(await endpoint('a'))).toBe(`${HIDDEN}-old`);
    await releaseClaim(testEnvironment.db, claim);
    expect((await run()).json).toMatchObject({ changed: 1 });
    expect(await claimLegacy(testEnvironment.db, { ...claim, ttlMs: 1_000 })).toMatchObject({ is: 'mine' });
  });

  it('loses no password to a migrator that works at the same moment', async () => {
    for (let round = 0; round < 8; round += 1) {
      const [id, was, now] = [`r${round}`, `${HIDDEN}-old`, `${HIDDEN}-${round}`];
      await source.sql(
        `INSERT INTO crm."PORTAL_LOGINS" SELECT '${id}', "HOSPITAL_NO", "PORTAL_URL", "SETTINGS", "NOTE", "ACTIVE", "UPDATED" FROM crm."PORTAL_LOGINS" WHERE "LOGIN_NO" = 'b'`,
      );
      await run();
      await changePassword(id, now);
      const [, report] = await Promise.all([apply(migrator), adopted(testEnvironment.migrator(), { folder, from: source.url })]);
      await apply(migrator);
      const there = await endpoint(id);
      const inStore = (JSON.parse((await stored(migrator, seedOf(there))).text) as { password: string }).password;
      // Either it followed before it was moved, or it was moved as it was, and is named.
      const followed = (report.json as { changed: number }).changed === 1;
      expect([inStore, passwordIn(there)], `round ${round}`).toEqual(followed ? [now, now] : [was, was]);
    }
  });

  it('names what has gone, and removes nothing', async () => {
    const before = await endpointsOf(testEnvironment);
    await source.sql(`DELETE FROM crm."PORTAL_LOGINS" WHERE "LOGIN_NO" = 'a'`);
    expect(await run()).toMatchObject({ complete: true, json: { unchanged: 1, vanished: [{ id: 'a', endpointId: 'l-a' }], vanishedCount: 1 } });
    expect(await endpointsOf(testEnvironment)).toEqual(before);
  });

  it('is told from its fingerprint by either key while the key is changed, and recorded by the new one', async () => {
    const [old, fresh] = ['canary-key-0123456789-0123456789-0123456789', 'another-key-0123456789-0123456789-012345678'];
    const both = testEnvironment.migrator({
      RCM_FINGERPRINT_KEY: fresh,
      RCM_FINGERPRINT_KEY_ID: '2',
      RCM_PREVIOUS_FINGERPRINT_KEY: old,
      RCM_PREVIOUS_FINGERPRINT_KEY_ID: '1',
    });
    expect((await adopted(both, { folder, from: source.url })).json).toMatchObject({ unchanged: 2, left: [] });
    const prints = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ key: string }[]>`SELECT DISTINCT split_part(fingerprint, ':', 1) AS key FROM adopted_id WHERE kind = 'endpoint'`,
    );
    expect(prints).toEqual([{ key: '2' }]);
  });
});
