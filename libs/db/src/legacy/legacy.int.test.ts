import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEndpoint } from '../endpoints/read.ts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
import { identityOf, openTestDatabase, plannedAttempt, PORTAL, secretOf, type TestDatabase } from '../testing.fixture.ts';
import { listLegacyEndpoints, recordMigrated } from './migrate.ts';
import { restoreLegacyCredentials } from './restore.ts';
import { listProofs, migrationCounts, recordProof, scrubEndpoint } from './scrub.ts';
import { recordStorageRewritten, storageRewriteState } from './storage-state.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  await upsertOrganization(t.db, { id: 'org', name: 'Org' });
  await upsertPortalType(t.db, PORTAL);
});
afterAll(() => t.close());

/** V8's JSON.rawJSON: a number with more digits than a double holds. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
const credentials = { username: 'u', password: 'Grüße🔑' };
async function legacy(
  id: string,
): Promise<{ endpointId: string; orgId: string; secretArn: string; version: string; loginIdentity: string; fingerprint: string }> {
  await insertEndpoint(t.db, {
    id,
    orgId: 'org',
    portalTypeCode: 'alpine',
    accountId: id,
    baseUrl: 'https://alpine.example/',
    config: new Secret({ credentials, timeout: 5 }),
  });
  return { endpointId: id, orgId: 'org', secretArn: secretOf('org', id), version: '1', loginIdentity: identityOf(id), fingerprint: 'f' };
}
const config = async (id: string) => (await t.sql<{ config: unknown }>('SELECT config FROM integration_endpoint WHERE id = $1', [id]))[0]?.config;
const actions = async (id: string) => (await t.sql('SELECT action FROM audit_event WHERE subject = $1 ORDER BY seq', [id])).map((row) => row['action']);
const YEAR = 365 * 86_400_000;

test('lists what holds plaintext, as handles, by pages', async () => {
  for (const id of ['list-1', 'list-2', 'list-3']) await legacy(id);
  const first = await listLegacyEndpoints(t.migrator, { limit: 2 });
  const rest = await listLegacyEndpoints(t.migrator, { after: first[1]?.endpoint.id, limit: 10 });
  expect([...first, ...rest].map((row) => row.endpoint.id)).toEqual(['list-1', 'list-2', 'list-3']);
  expect(JSON.parse(first[0]?.credentials.reveal() ?? '')).toEqual(credentials);
  expect(JSON.stringify(first)).not.toContain('Grüße');
});

describe('recording a migration', () => {
  test('sets reference, version and identity once, with proof and audit event', async () => {
    const migrated = await legacy('record');
    expect(await recordMigrated(t.migrator, migrated)).toBe(true);
    expect(await recordMigrated(t.migrator, { ...migrated, version: '2' })).toBe(false);
    const endpoint = await findEndpoint(t.rotator, migrated);
    expect(endpoint).toMatchObject({
      secretArn: migrated.secretArn,
      currentVersion: '1',
      loginIdentity: migrated.loginIdentity,
      rotationStatus: 'active',
      hasLegacyCredentials: true,
    });
    expect((endpoint?.nextRotationAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(59 * 86_400_000);
    expect(await actions('record')).toEqual(['endpoint.migrated']);
    expect(await listProofs(t.migrator, { endpointId: 'record', limit: 10 })).toMatchObject([{ step: 'applied', version: '1', fingerprint: 'f' }]);
  });

  test('a due date that is there stays', async () => {
    const migrated = await legacy('dated');
    const at = new Date('2030-01-02T03:04:05.678Z');
    await t.sql('UPDATE integration_endpoint SET next_rotation_at = $1 WHERE id = $2', [at, 'dated']);
    await recordMigrated(t.migrator, migrated);
    expect(await findEndpoint(t.rotator, migrated)).toMatchObject({ nextRotationAt: at });
  });

  test('twice at once is once', async () => {
    const migrated = await legacy('race');
    const answers = await Promise.all(Array.from({ length: 8 }, () => recordMigrated(t.another('rcm_migrator'), migrated)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await actions('race')).toEqual(['endpoint.migrated']);
  });

  test('without the audit event nothing is recorded', async () => {
    const migrated = await legacy('unaudited');
    await t.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`);
    await t.sql('CREATE TRIGGER refuse BEFORE INSERT ON audit_event EXECUTE FUNCTION refuse()');
    await expect(recordMigrated(t.migrator, migrated)).rejects.toThrow();
    await t.sql('DROP TRIGGER refuse ON audit_event');
    expect(await findEndpoint(t.rotator, migrated)).toMatchObject({ secretArn: null });
  });

  test('another organization’s endpoint is not there; a foreign reference is refused', async () => {
    const migrated = await legacy('foreign');
    await expect(recordMigrated(t.migrator, { ...migrated, orgId: 'other' })).rejects.toMatchObject({ code: 'endpoint_unknown' });
    await expect(recordMigrated(t.migrator, { ...migrated, secretArn: 'arn:aws:s3:::x' })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(recordMigrated(t.migrator, { ...migrated, loginIdentity: 'u' })).rejects.toMatchObject({ code: 'input_invalid' });
  });
});

describe('scrubbing', () => {
  test('only with a fresh proof of the current version, and then only the credentials', async () => {
    const migrated = await legacy('scrub');
    const scrub = (proofMaxAgeMs = YEAR) => scrubEndpoint(t.migrator, { endpointId: 'scrub', orgId: 'org', proofMaxAgeMs });
    expect(await scrub()).toBe('no_proof');
    await recordMigrated(t.migrator, migrated);
    expect(await scrub()).toBe('no_proof');
    await recordProof(t.migrator, { endpointId: 'scrub', orgId: 'org', version: '0', fingerprint: 'f' });
    expect(await scrub()).toBe('no_proof');
    await recordProof(t.migrator, { endpointId: 'scrub', orgId: 'org', version: '1', fingerprint: 'f' });
    expect(await scrub(0)).toBe('no_proof');
    expect(await config('scrub')).toEqual({ credentials, timeout: 5 });
    expect(await scrub()).toBe('scrubbed');
    expect(await scrub()).toBe('already');
    expect(await config('scrub')).toEqual({ timeout: 5 });
    expect(await actions('scrub')).toEqual(['endpoint.migrated', 'endpoint.scrubbed']);
    expect((await listLegacyEndpoints(t.migrator, { limit: 100 })).map((row) => row.endpoint.id)).not.toContain('scrub');
  });

  test('a rollback puts them back beside what else is there, digit by digit, and takes the reference off', async () => {
    const migrated = await legacy('restore');
    await recordMigrated(t.migrator, migrated);
    const restore = { ...migrated, credentials: new Secret({ username: 'u', password: 'new', pin: rawJSON('12345678901234567890') }) };
    expect(await restoreLegacyCredentials(t.migrator, { ...restore, secretArn: secretOf('org', 'other') })).toBe(false);
    const { attemptId } = await plannedAttempt(t.rotator, migrated);
    expect(await restoreLegacyCredentials(t.migrator, restore)).toBe(false);
    await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE id = $1`, [attemptId]);
    expect(await restoreLegacyCredentials(t.migrator, restore)).toBe(true);
    expect(await findEndpoint(t.rotator, migrated)).toMatchObject({
      secretArn: null,
      currentVersion: null,
      hasLegacyCredentials: true,
      loginIdentity: migrated.loginIdentity,
    });
    const [row] = await t.sql(`SELECT config::text AS text FROM integration_endpoint WHERE id = 'restore'`);
    expect(row?.['text']).toBe('{"timeout": 5, "credentials": {"pin": 12345678901234567890, "password": "new", "username": "u"}}');
    expect(await actions('restore')).toEqual(['endpoint.migrated', 'endpoint.restored']);
  });

  test('counts are states reached', async () => {
    const before = await migrationCounts(t.migrator);
    const migrated = await legacy('counted');
    await recordMigrated(t.migrator, migrated);
    await recordProof(t.migrator, { endpointId: 'counted', orgId: 'org', version: '1', fingerprint: 'f' });
    expect(await migrationCounts(t.migrator)).toEqual({
      endpoints: before.endpoints + 1,
      legacy: before.legacy + 1,
      migrated: before.migrated + 1,
      verified: before.verified + 1,
      scrubbed: before.scrubbed,
    });
    await scrubEndpoint(t.migrator, { endpointId: 'counted', orgId: 'org', proofMaxAgeMs: YEAR });
    expect(await migrationCounts(t.migrator)).toMatchObject({ legacy: before.legacy, scrubbed: before.scrubbed + 1 });
  });

  test('a rewrite of the storage is due from a scrub until one that began after it', async () => {
    const due = await storageRewriteState(t.migrator);
    expect(due.pending).toBe(true);
    await recordStorageRewritten(t.migrator, { asOf: '2020-01-01 00:00:00+00', walClean: true });
    expect(await storageRewriteState(t.migrator)).toMatchObject({ pending: true });
    await recordStorageRewritten(t.migrator, { ...due, walClean: true });
    expect(await storageRewriteState(t.migrator)).toMatchObject({ pending: false });
  });
});
