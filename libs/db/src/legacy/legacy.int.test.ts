import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEndpoint } from '../endpoints/read.ts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
import { exclusiveLease, identityOf, openTestDatabase, plannedAttempt, PORTAL, secretOf, type TestDatabase } from '../testing.fixture.ts';
import { listLegacyEndpoints, recordMigrated } from './migrate.ts';
import { restoreLegacyCredentials } from './restore.ts';
import { forgetLeftoverFingerprints, listProofs, recordProof } from './proofs.ts';
import { rowSinceRecorded, wasPromoted } from './rotated.ts';
import { fingerprintOf, seenRow } from './row.fixture.ts';
import type { SeenRow } from './row.ts';
import { migrationCounts, scrubEndpoint } from './scrub.ts';
import { dealWithStorageOutside, listStorageOutside, type OutsideKind, recordStorageRewritten, storageRewriteState } from './storage-state.ts';

const NOBODYS = '00000000-0000-4000-8000-000000000000';
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
): Promise<{ endpointId: string; orgId: string; secretArn: string; version: string; loginIdentity: string; fingerprint: string; row: SeenRow }> {
  await insertEndpoint(t.db, {
    id,
    orgId: 'org',
    portalTypeCode: 'alpine',
    accountId: id,
    baseUrl: 'https://alpine.example/',
    config: new Secret({ credentials, timeout: 5 }),
  });
  const endpoint = { endpointId: id, orgId: 'org', secretArn: secretOf('org', id), version: '1', loginIdentity: identityOf(id), fingerprint: 'f' };
  return { ...endpoint, row: await seenRow(t.db, endpoint) };
}
/** As a person does it with psql. */
const edit = (id: string, password: string) =>
  t.sql(
    `UPDATE integration_endpoint SET config = jsonb_set(config, '{credentials}', jsonb_build_object('username', 'u', 'password', $2::text)) WHERE id = $1`,
    [id, password],
  );
const textOf = async (id: string) => (await t.sql<{ text: string }>('SELECT config::text AS text FROM integration_endpoint WHERE id = $1', [id]))[0]?.text;
const config = async (id: string) => (await t.sql<{ config: unknown }>('SELECT config FROM integration_endpoint WHERE id = $1', [id]))[0]?.config;
const actions = async (id: string) =>
  (await t.sql('SELECT action FROM audit_event WHERE subject = $1 AND action <> $2 ORDER BY seq', [id, 'endpoint.changed'])).map((row) => row['action']);
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
    expect(await actions('record')).toEqual(['endpoint.migrated']);
    expect(await listProofs(t.migrator, { endpointId: 'record', limit: 10 })).toMatchObject([
      { step: 'applied', secretArn: migrated.secretArn, version: '1', fingerprint: 'f', rowFingerprint: migrated.row.fingerprint },
    ]);
  });

  test('a row that was edited since its secret was made is left as it is, and names no secret', async () => {
    const migrated = await legacy('edited');
    await edit('edited', 'typed');
    const text = await textOf('edited');
    expect(await recordMigrated(t.migrator, migrated)).toBe('edited');
    expect(await textOf('edited')).toBe(text);
    expect(await findEndpoint(t.rotator, migrated)).toMatchObject({ secretArn: null, currentVersion: null, loginIdentity: null });
    expect([await listProofs(t.migrator, { endpointId: 'edited', limit: 10 }), await actions('edited')]).toEqual([[], []]);
    expect(await recordMigrated(t.migrator, { ...migrated, row: await seenRow(t.db, migrated) })).toBe('recorded');
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
    expect(answers.filter((answer) => answer === 'recorded')).toHaveLength(1);
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
  const scrub = (endpointId: string, proofMaxAgeMs = YEAR) => scrubEndpoint(t.migrator, { endpointId, orgId: 'org', proofMaxAgeMs, fingerprintOf });
  const verify = async (migrated: Awaited<ReturnType<typeof legacy>>, proof: { version?: string; secretArn?: string } = {}) =>
    recordProof(t.migrator, { ...migrated, row: await seenRow(t.db, migrated), ...proof });

  test('only with a fresh proof of the current version of its secret, and then only the credentials', async () => {
    const migrated = await legacy('scrub');
    expect(await scrub('scrub')).toBe('no_proof');
    await recordMigrated(t.migrator, migrated);
    expect(await scrub('scrub')).toBe('no_proof');
    await verify(migrated, { version: '0' });
    expect(await scrub('scrub')).toBe('no_proof');
    expect(await verify(migrated)).toBe('recorded');
    expect(await scrub('scrub', 0)).toBe('no_proof');
    await t.sql('UPDATE integration_endpoint SET secret_arn = $1 WHERE id = $2', [secretOf('org', 'another'), 'scrub']);
    expect(await scrub('scrub')).toBe('no_proof');
    await t.sql('UPDATE integration_endpoint SET secret_arn = $1 WHERE id = $2', [migrated.secretArn, 'scrub']);
    expect(await config('scrub')).toEqual({ credentials, timeout: 5 });
    expect(await scrub('scrub')).toBe('scrubbed');
    expect(await scrub('scrub')).toBe('already');
    expect(await config('scrub')).toEqual({ timeout: 5 });
    expect(await actions('scrub')).toEqual(['endpoint.migrated', 'endpoint.scrubbed']);
    expect((await listLegacyEndpoints(t.migrator, { limit: 100 })).map((row) => row.endpoint.id)).not.toContain('scrub');
  });

  test('a row that was edited after its proof is left as it is, until its new bytes are proved', async () => {
    const migrated = await legacy('late');
    await recordMigrated(t.migrator, migrated);
    await verify(migrated);
    await edit('late', 'typed');
    const text = await textOf('late');
    expect(await scrub('late')).toBe('edited');
    expect(await textOf('late')).toBe(text);
    expect(await recordProof(t.migrator, migrated)).toBe('edited');
    expect(await verify(migrated, { secretArn: secretOf('org', 'another') })).toBe('edited');
    expect(await scrub('late')).toBe('edited');
    expect(await verify(migrated)).toBe('recorded');
    expect(await scrub('late')).toBe('scrubbed');
  });

  test('a proof made with another key says nothing', async () => {
    const migrated = await legacy('rekeyed');
    await recordMigrated(t.migrator, migrated);
    await verify(migrated);
    const other = (text: Secret<string>) => fingerprintOf(text).map((print) => print.replace(/^1:/, 'k2:'));
    const both = (text: Secret<string>) => [...other(text), ...fingerprintOf(text)];
    expect(await scrubEndpoint(t.migrator, { endpointId: 'rekeyed', orgId: 'org', proofMaxAgeMs: YEAR, fingerprintOf: other })).toBe('no_proof');
    const restore = { ...migrated, leaseId: NOBODYS, credentials: new Secret({ username: 'u', password: 'new' }), actor: 'person:os:jane', reason: 'test' };
    expect(await restoreLegacyCredentials(t.migrator, { ...restore, fingerprintOf: other })).toBe('no_proof');
    expect(await config('rekeyed')).toEqual({ credentials, timeout: 5 });
    // Unless that one is known too, as the previous one.
    await edit('rekeyed', 'typed');
    expect(await scrubEndpoint(t.migrator, { endpointId: 'rekeyed', orgId: 'org', proofMaxAgeMs: YEAR, fingerprintOf: both })).toBe('edited');
    await t.sql(`UPDATE integration_endpoint SET config = $1 WHERE id = 'rekeyed'`, [{ credentials, timeout: 5 }]);
    expect(await scrubEndpoint(t.migrator, { endpointId: 'rekeyed', orgId: 'org', proofMaxAgeMs: YEAR, fingerprintOf: both })).toBe('scrubbed');
  });

  test('fingerprints go with the plaintext, by a scrub or by hand; nothing else of a proof can be changed', async () => {
    const kept = async (id: string) =>
      (await listProofs(t.migrator, { endpointId: id, limit: 10 })).map(({ step, fingerprint, rowFingerprint }) => [step, fingerprint, rowFingerprint]);
    const migrated = await legacy('forget');
    await recordMigrated(t.migrator, migrated);
    await verify(migrated);
    const { fingerprint } = migrated.row;
    expect(await kept('forget')).toEqual([
      ['verified', 'f', fingerprint],
      ['applied', 'f', fingerprint],
    ]);
    for (const change of ["fingerprint = 'other'", 'row_fingerprint = NULL', `row_fingerprint = '1:${'0'.repeat(64)}', fingerprint = NULL`, "version = '7'"])
      await expect(t.sql(`UPDATE migration_proof SET ${change} WHERE endpoint_id = 'forget'`), change).rejects.toMatchObject({ code: '23001' });
    await scrub('forget');
    // What is proved of a row without plaintext keeps none either.
    await verify(migrated);
    expect(await kept('forget')).toEqual([
      ['verified', null, null],
      ['verified', null, null],
      ['applied', null, null],
    ]);
    const [byHand, rest] = [await legacy('by-hand'), await legacy('late-one')];
    for (const each of [byHand, rest]) await recordMigrated(t.migrator, each);
    await t.sql(`UPDATE integration_endpoint SET config = config - 'credentials' WHERE id = 'by-hand'`);
    await forgetLeftoverFingerprints(t.migrator);
    expect(await kept('by-hand')).toEqual([['applied', null, null]]);
    expect(await kept('late-one')).toEqual([['applied', 'f', rest.row.fingerprint]]);
  });

  test('a rollback puts them back beside what else is there, digit by digit, and takes the reference off', async () => {
    const migrated = await legacy('restore');
    await recordMigrated(t.migrator, migrated);
    const payload = new Secret({ username: 'u', password: 'new', pin: rawJSON('12345678901234567890') });
    const restore = { ...migrated, leaseId: NOBODYS, fingerprintOf, credentials: payload, actor: 'person:os:jane', reason: 'the old agents come back' };
    expect(await restoreLegacyCredentials(t.migrator, { ...restore, secretArn: secretOf('org', 'other') })).toBe('moved');
    const { attemptId, leaseId } = await plannedAttempt(t.rotator, migrated);
    expect(await restoreLegacyCredentials(t.migrator, restore)).toBe('moved');
    await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE id = $1`, [attemptId]);
    const before = await textOf('restore');
    const beside = await legacy('beside');
    await recordMigrated(t.migrator, beside);
    const other = await exclusiveLease(t.rotator, beside);
    for (const foreign of [NOBODYS, other.id]) expect(await restoreLegacyCredentials(t.migrator, { ...restore, leaseId: foreign })).toBe('lease_lost');
    const [live] = await t.sql<{ expires_at: Date }>('SELECT expires_at FROM login_lease WHERE id = $1', [leaseId]);
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [leaseId]);
    expect(await restoreLegacyCredentials(t.migrator, { ...restore, leaseId })).toBe('lease_lost');
    expect(await textOf('restore')).toBe(before);
    await t.sql('UPDATE login_lease SET expires_at = $2 WHERE id = $1', [leaseId, live?.expires_at]);
    expect(await restoreLegacyCredentials(t.migrator, { ...restore, leaseId })).toBe('restored');
    expect(await restoreLegacyCredentials(t.migrator, { ...restore, leaseId })).toBe('already');
    expect(await findEndpoint(t.rotator, migrated)).toMatchObject({
      secretArn: null,
      currentVersion: null,
      hasLegacyCredentials: true,
      loginIdentity: migrated.loginIdentity,
    });
    expect(await textOf('restore')).toBe('{"timeout": 5, "credentials": {"pin": 12345678901234567890, "password": "new", "username": "u"}}');
    expect(await actions('restore')).toEqual(['endpoint.migrated', 'endpoint.restored']);
    expect(await t.sql(`SELECT actor, reason FROM audit_event WHERE subject = 'restore' AND action = 'endpoint.restored'`)).toEqual([
      { actor: 'person:os:jane', reason: 'the old agents come back' },
    ]);
    expect(await listProofs(t.migrator, { endpointId: 'restore', limit: 10 })).toMatchObject([{ step: 'applied', fingerprint: null, rowFingerprint: null }]);
  });

  test('a rollback never writes over what was typed into the row after it was migrated, or before anything was recorded', async () => {
    const restoring = (migrated: Awaited<ReturnType<typeof legacy>>) =>
      restoreLegacyCredentials(t.migrator, {
        ...migrated,
        leaseId: NOBODYS,
        fingerprintOf,
        credentials: new Secret(credentials),
        actor: 'person:os:jane',
        reason: 'test',
      });
    const migrated = await legacy('newer');
    await recordMigrated(t.migrator, migrated);
    await verify(migrated);
    await edit('newer', 'typed');
    const text = await textOf('newer');
    expect(await restoring(migrated)).toBe('edited');
    expect(await textOf('newer')).toBe(text);
    expect(await findEndpoint(t.rotator, migrated)).toMatchObject({ secretArn: migrated.secretArn });

    // Typed into a scrubbed row: nothing is known of it.
    const scrubbed = await legacy('typed-again');
    await recordMigrated(t.migrator, scrubbed);
    await verify(scrubbed);
    await scrub('typed-again');
    await edit('typed-again', 'typed');
    expect(await restoring(scrubbed)).toBe('no_proof');
    expect(await textOf('typed-again')).toContain('"typed"');

    // What is newest counts: a row that was proved with other bytes, and then set back, was edited.
    const back = await legacy('set-back');
    const [before] = await t.sql<{ config: object }>(`SELECT config FROM integration_endpoint WHERE id = 'set-back'`);
    await recordMigrated(t.migrator, back);
    await edit('set-back', 'typed');
    await verify(back);
    await t.sql(`UPDATE integration_endpoint SET config = $1 WHERE id = 'set-back'`, [before?.config]);
    expect(await restoring(back)).toBe('edited');
  });

  test('says whether a row is what was recorded, and whether the journal knows a promotion', async () => {
    const migrated = await legacy('since');
    const since = () => seenRow(t.db, migrated).then(({ fingerprint }) => rowSinceRecorded(t.migrator, { ...migrated, fingerprints: [fingerprint ?? ''] }));
    expect(await since()).toBe('unknown');
    await recordMigrated(t.migrator, migrated);
    expect(await since()).toBe('same');
    await edit('since', 'typed');
    expect(await since()).toBe('edited');

    const { attemptId } = await plannedAttempt(t.rotator, migrated);
    expect(await wasPromoted(t.migrator, { ...migrated, attemptId })).toBe(false);
    await t.sql(`UPDATE rotation_attempt SET state = 'done', promoted_version = '2', ended_at = now() WHERE id = $1`, [attemptId]);
    expect(await wasPromoted(t.migrator, { ...migrated, attemptId })).toBe(true);
    expect(await wasPromoted(t.migrator, { ...migrated, secretArn: secretOf('org', 'another'), attemptId })).toBe(false);
    expect(await wasPromoted(t.migrator, { ...migrated, attemptId: 'no uuid' })).toBe(false);
  });

  test('counts are states reached', async () => {
    const before = await migrationCounts(t.migrator);
    const migrated = await legacy('counted');
    await recordMigrated(t.migrator, migrated);
    await verify(migrated);
    expect(await migrationCounts(t.migrator)).toEqual({
      endpoints: before.endpoints + 1,
      legacy: before.legacy + 1,
      migrated: before.migrated + 1,
      verified: before.verified + 1,
      scrubbed: before.scrubbed,
    });
    await scrub('counted');
    expect(await migrationCounts(t.migrator)).toMatchObject({ legacy: before.legacy, scrubbed: before.scrubbed + 1 });
  });

  test('a rewrite of the storage is due from a scrub until one that began after it', async () => {
    const due = await storageRewriteState(t.migrator);
    expect(due.pending).toBe(true);
    await recordStorageRewritten(t.migrator, { asOf: '2020-01-01 00:00:00+00', walClean: true, outside: [] });
    expect(await storageRewriteState(t.migrator)).toMatchObject({ pending: true });
    await recordStorageRewritten(t.migrator, { ...due, walClean: true, outside: [] });
    expect(await storageRewriteState(t.migrator)).toMatchObject({ pending: false });
  });

  test('what lies outside stays open until a person says that it is dealt with, and is open again after the next removal', async () => {
    const open = async () => (await listStorageOutside(t.migrator)).map(({ kind }) => kind);
    const rewritten = async (walClean: boolean) =>
      recordStorageRewritten(t.migrator, {
        ...(await storageRewriteState(t.migrator)),
        walClean,
        outside: walClean ? ['base_backups'] : ['base_backups', 'recycled_wal'],
      });
    const done = (kind: OutsideKind) => dealWithStorageOutside(t.migrator, { kind, actor: 'person:os:jane', reason: 'expired' });
    const remove = async (id: string) => {
      const migrated = await legacy(id);
      await recordMigrated(t.migrator, migrated);
      await verify(migrated);
      expect(await scrub(id)).toBe('scrubbed');
    };
    await remove('outside-1');
    await rewritten(false);
    expect(await open()).toEqual(['base_backups', 'recycled_wal']);
    expect(await done('base_backups')).toBe('dealt_with');
    expect(await done('base_backups')).toBe('nothing');
    expect(await t.sql(`SELECT DISTINCT actor, reason FROM audit_event WHERE action = 'storage.dealt_with'`)).toEqual([
      { actor: 'person:os:jane', reason: 'expired' },
    ]);
    // A rewrite with nothing removed before it opens nothing again; one that saw the segments go ends what it left before.
    await rewritten(true);
    expect(await open()).toEqual([]);
    await remove('outside-2');
    await rewritten(true);
    expect(await open()).toEqual(['base_backups']);
  });
});
