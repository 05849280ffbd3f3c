import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEndpoint } from '../endpoints/read.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { credentials, LegacyRows } from './legacy-rows.fixture.ts';
import { listLegacyEndpoints, recordMigrated } from './migrate.ts';
import { listProofs } from './proofs.ts';
import { seenRow } from './row.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const rows = new LegacyRows(() => t);

test('lists what holds plaintext, as handles, by pages', async () => {
  for (const id of ['list-1', 'list-2', 'list-3']) await rows.legacy(id);
  const first = await listLegacyEndpoints(t.migrator, { limit: 2 });
  const rest = await listLegacyEndpoints(t.migrator, { after: first[1]?.endpoint.id, limit: 10 });
  expect([...first, ...rest].map((row) => row.endpoint.id)).toEqual(['list-1', 'list-2', 'list-3']);
  expect(JSON.parse(first[0]?.credentials.reveal() ?? '')).toEqual(credentials);
  expect(JSON.stringify(first)).not.toContain('Grüße');
});

describe('recording a migration', () => {
  test('sets reference, version and identity once, with proof and audit event', async () => {
    const migrated = await rows.legacy('record');
    expect(await recordMigrated(t.migrator, migrated)).toBe('recorded');
    expect(await recordMigrated(t.migrator, { ...migrated, version: '2' })).toBe('already');
    const endpoint = await findEndpoint(t.rotator, migrated);
    expect(endpoint).toMatchObject({
      secretArn: migrated.secretArn,
      currentVersion: '1',
      loginIdentity: migrated.loginIdentity,
      rotationStatus: 'active',
      hasLegacyCredentials: true,
    });
    expect((endpoint?.nextRotationAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(59 * 86_400_000);
    expect(await rows.actions('record')).toEqual(['endpoint.migrated']);
    expect(await listProofs(t.migrator, { endpointId: 'record', limit: 10 })).toMatchObject([
      { step: 'applied', secretArn: migrated.secretArn, version: '1', fingerprint: 'f', rowFingerprint: migrated.row.fingerprint },
    ]);
  });

  test('a row that was edited since its secret was made is left as it is, and names no secret', async () => {
    const migrated = await rows.legacy('edited');
    await rows.edit('edited', 'typed');
    const text = await rows.textOf('edited');
    expect(await recordMigrated(t.migrator, migrated)).toBe('edited');
    expect(await rows.textOf('edited')).toBe(text);
    expect(await findEndpoint(t.rotator, migrated)).toMatchObject({ secretArn: null, currentVersion: null, loginIdentity: null });
    expect([await listProofs(t.migrator, { endpointId: 'edited', limit: 10 }), await rows.actions('edited')]).toEqual([[], []]);
    expect(await recordMigrated(t.migrator, { ...migrated, row: await seenRow(t.db, migrated) })).toBe('recorded');
  });

  test('a due date that is there stays', async () => {
    const migrated = await rows.legacy('dated');
    const at = new Date('2030-01-02T03:04:05.678Z');
    await t.sql('UPDATE integration_endpoint SET next_rotation_at = $1 WHERE id = $2', [at, 'dated']);
    await recordMigrated(t.migrator, migrated);
    expect(await findEndpoint(t.rotator, migrated)).toMatchObject({ nextRotationAt: at });
  });

  test('twice at once is once', async () => {
    const migrated = await rows.legacy('race');
    const answers = await Promise.all(Array.from({ length: 8 }, () => recordMigrated(t.another('rcm_migrator'), migrated)));
    expect(answers.filter((answer) => answer === 'recorded')).toHaveLength(1);
    expect(await rows.actions('race')).toEqual(['endpoint.migrated']);
  });

  test('without the audit event nothing is recorded', async () => {
    const migrated = await rows.legacy('unaudited');
    await t.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`);
    await t.sql('CREATE TRIGGER refuse BEFORE INSERT ON audit_event EXECUTE FUNCTION refuse()');
    await expect(recordMigrated(t.migrator, migrated)).rejects.toThrow();
    await t.sql('DROP TRIGGER refuse ON audit_event');
    expect(await findEndpoint(t.rotator, migrated)).toMatchObject({ secretArn: null });
  });

  test('another organization’s endpoint is not there; a foreign reference is refused', async () => {
    const migrated = await rows.legacy('foreign');
    await expect(recordMigrated(t.migrator, { ...migrated, orgId: 'other' })).rejects.toMatchObject({ code: 'endpoint_unknown' });
    await expect(recordMigrated(t.migrator, { ...migrated, secretArn: 'arn:aws:s3:::x' })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(recordMigrated(t.migrator, { ...migrated, loginIdentity: 'u' })).rejects.toMatchObject({ code: 'input_invalid' });
  });
});
