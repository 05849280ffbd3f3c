import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase, secretOf, type TestDatabase } from '../testing.fixture.ts';
import { credentials, LegacyRows, NOBODYS } from './legacy-rows.fixture.ts';
import { listLegacyEndpoints, recordMigrated } from './migrate.ts';
import { beginSecretLook } from './secret-looks.ts';
import { listProofs, recordProof } from './proofs.ts';
import { forgetLeftoverFingerprints } from './removed-by-hand.ts';
import { restoreLegacyCredentials } from './restore.ts';
import { fingerprintOf } from './row.fixture.ts';
import { migrationCounts, scrubEndpoint } from './scrub.ts';
import { dealWithStorageOutside, listStorageOutside, markScrubbed, type OutsideKind, recordStorageRewritten, storageRewriteState } from './storage-state.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const rows = new LegacyRows(() => t);

const YEAR_MS = 365 * 86_400_000;

describe('scrubbing', () => {
  test('only with a fresh proof of the current version of its secret, and then only the credentials', async () => {
    const migrated = await rows.legacy('scrub');
    expect(await rows.scrub('scrub')).toBe('no_proof');
    await recordMigrated(t.migrator, migrated);
    expect(await rows.scrub('scrub')).toBe('no_proof');
    await rows.verify(migrated, { version: '0' });
    expect(await rows.scrub('scrub')).toBe('no_proof');
    expect(await rows.verify(migrated)).toBe('recorded');
    expect(await rows.scrub('scrub', 0)).toBe('no_proof');
    await t.sql('UPDATE integration_endpoint SET secret_arn = $1 WHERE id = $2', [secretOf('org', 'another'), 'scrub']);
    expect(await rows.scrub('scrub')).toBe('no_proof');
    await t.sql('UPDATE integration_endpoint SET secret_arn = $1 WHERE id = $2', [migrated.secretArn, 'scrub']);
    expect(await rows.config('scrub')).toEqual({ credentials, timeout: 5 });
    expect(await rows.scrub('scrub')).toBe('scrubbed');
    expect(await rows.scrub('scrub')).toBe('already');
    expect(await rows.config('scrub')).toEqual({ timeout: 5 });
    expect(await rows.actions('scrub')).toEqual(['endpoint.migrated', 'endpoint.scrubbed']);
    expect((await listLegacyEndpoints(t.migrator, { limit: 100 })).map((row) => row.endpoint.id)).not.toContain('scrub');
  });

  test('a row that was edited after its proof is left as it is, until its new bytes are proved', async () => {
    const migrated = await rows.legacy('late');
    await recordMigrated(t.migrator, migrated);
    await rows.verify(migrated);
    await rows.edit('late', 'typed');
    const text = await rows.textOf('late');
    expect(await rows.scrub('late')).toBe('edited');
    expect(await rows.textOf('late')).toBe(text);
    expect(await recordProof(t.migrator, { ...migrated, look: await beginSecretLook(t.migrator, migrated), currentVersion: '1' })).toBe('edited');
    expect(await rows.verify(migrated, { secretArn: secretOf('org', 'another') })).toBe('edited');
    // Somebody has looked since, and proved nothing.
    expect(await rows.scrub('late')).toBe('no_proof');
    expect(await rows.verify(migrated)).toBe('recorded');
    expect(await rows.scrub('late')).toBe('scrubbed');
  });

  test('a proof is as old as its question, and one of a time to come says nothing until the row is proved again', async () => {
    const migrated = await rows.legacy('dated');
    await recordMigrated(t.migrator, migrated);
    const proof = {
      ...migrated,
      currentVersion: '1',
      look: { ...(await beginSecretLook(t.migrator, migrated)), askedAt: new Date(Date.now() - 2 * 3_600_000).toISOString() },
    };
    expect(await recordProof(t.migrator, proof)).toBe('recorded');
    expect(await rows.scrub('dated', 3_600_000)).toBe('no_proof');
    // Whoever asked did so by a clock that was an hour ahead.
    await t.sql(`
      INSERT INTO migration_proof (org_id, endpoint_id, step, secret_arn, version, fingerprint, row_fingerprint, look, proved_at)
      SELECT org_id, endpoint_id, step, secret_arn, version, fingerprint, row_fingerprint, look, now() + interval '1 hour' FROM migration_proof WHERE endpoint_id = 'dated' AND step = 'verified'`);
    expect(await rows.scrub('dated', 3_600_000)).toBe('no_proof');
    expect(await rows.verify(migrated)).toBe('recorded');
    expect(await rows.scrub('dated', 3_600_000)).toBe('scrubbed');
  });

  test('a proof made with another key says nothing', async () => {
    const migrated = await rows.legacy('rekeyed');
    await recordMigrated(t.migrator, migrated);
    await rows.verify(migrated);
    const other = (text: Secret<string>) => fingerprintOf(text).map((print) => print.replace(/^1:/, 'k2:'));
    const both = (text: Secret<string>) => [...other(text), ...fingerprintOf(text)];
    expect(await scrubEndpoint(t.migrator, { endpointId: 'rekeyed', orgId: 'org', proofMaxAgeMs: YEAR_MS, fingerprintOf: other })).toBe('no_proof');
    const restore = { ...migrated, leaseId: NOBODYS, credentials: new Secret({ username: 'u', password: 'new' }), actor: 'person:os:jane', reason: 'test' };
    expect(await restoreLegacyCredentials(t.migrator, { ...restore, fingerprintOf: other })).toBe('no_proof');
    expect(await rows.config('rekeyed')).toEqual({ credentials, timeout: 5 });
    // Unless that one is known too, as the previous one.
    await rows.edit('rekeyed', 'typed');
    expect(await scrubEndpoint(t.migrator, { endpointId: 'rekeyed', orgId: 'org', proofMaxAgeMs: YEAR_MS, fingerprintOf: both })).toBe('edited');
    await t.sql(`UPDATE integration_endpoint SET config = $1 WHERE id = 'rekeyed'`, [{ credentials, timeout: 5 }]);
    expect(await scrubEndpoint(t.migrator, { endpointId: 'rekeyed', orgId: 'org', proofMaxAgeMs: YEAR_MS, fingerprintOf: both })).toBe('scrubbed');
  });

  test('fingerprints go with the plaintext, by a scrub or by hand; nothing else of a proof can be changed', async () => {
    const kept = async (id: string) =>
      (await listProofs(t.migrator, { endpointId: id, limit: 10 })).map(({ step, fingerprint, rowFingerprint }) => [step, fingerprint, rowFingerprint]);
    const migrated = await rows.legacy('forget');
    await recordMigrated(t.migrator, migrated);
    await rows.verify(migrated);
    const { fingerprint } = migrated.row;
    expect(await kept('forget')).toEqual([
      ['verified', 'f', fingerprint],
      ['applied', 'f', fingerprint],
    ]);
    for (const change of ["fingerprint = 'other'", 'row_fingerprint = NULL', `row_fingerprint = '1:${'0'.repeat(64)}', fingerprint = NULL`, "version = '7'"])
      await expect(t.sql(`UPDATE migration_proof SET ${change} WHERE endpoint_id = 'forget'`), change).rejects.toMatchObject({ code: '23001' });
    await rows.scrub('forget');
    // What is proved of a row without plaintext keeps none either.
    await rows.verify(migrated);
    expect(await kept('forget')).toEqual([
      ['verified', null, null],
      ['verified', null, null],
      ['applied', null, null],
    ]);
    const [byHand, rest] = [await rows.legacy('by-hand'), await rows.legacy('late-one')];
    for (const each of [byHand, rest]) await recordMigrated(t.migrator, each);
    await recordStorageRewritten(t.migrator, { ...(await storageRewriteState(t.migrator)), walClean: true, outside: [] });
    await t.sql(`UPDATE integration_endpoint SET config = config - 'credentials' WHERE id = 'by-hand'`);
    await forgetLeftoverFingerprints(t.migrator);
    expect((await storageRewriteState(t.migrator)).covers.map(({ orgId }) => orgId)).toEqual(['org']);
    expect(await kept('by-hand')).toEqual([['applied', null, null]]);
    expect(await kept('late-one')).toEqual([['applied', 'f', rest.row.fingerprint]]);
  });

  test('counts are states reached', async () => {
    const before = await migrationCounts(t.migrator);
    const migrated = await rows.legacy('counted');
    await recordMigrated(t.migrator, migrated);
    await rows.verify(migrated);
    expect(await migrationCounts(t.migrator)).toEqual({
      endpoints: before.endpoints + 1,
      legacy: before.legacy + 1,
      migrated: before.migrated + 1,
      verified: before.verified + 1,
      scrubbed: before.scrubbed,
    });
    await rows.scrub('counted');
    expect(await migrationCounts(t.migrator)).toMatchObject({ legacy: before.legacy, scrubbed: before.scrubbed + 1 });
  });

  test('a rewrite of the storage is due from a scrub until one that began after it', async () => {
    const before = await storageRewriteState(t.migrator);
    expect(before.pending).toBe(true);
    await t.db.transaction('every tenant', (tx) => markScrubbed(tx, 'org'));
    await recordStorageRewritten(t.migrator, { ...before, walClean: true, outside: [] });
    expect(await storageRewriteState(t.migrator)).toMatchObject({ pending: true });
    await recordStorageRewritten(t.migrator, { ...(await storageRewriteState(t.migrator)), walClean: true, outside: [] });
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
      const migrated = await rows.legacy(id);
      await recordMigrated(t.migrator, migrated);
      await rows.verify(migrated);
      expect(await rows.scrub(id)).toBe('scrubbed');
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

  test('what is removed after the clock went back is rewritten, and opens again what lies outside', async () => {
    const rewritten = async () => recordStorageRewritten(t.migrator, { ...(await storageRewriteState(t.migrator)), walClean: true, outside: ['base_backups'] });
    const removed = async (id: string) => {
      const migrated = await rows.legacy(id);
      await recordMigrated(t.migrator, migrated);
      await rows.verify(migrated);
      expect(await rows.scrub(id)).toBe('scrubbed');
    };
    await removed('ahead');
    await rewritten();
    await dealWithStorageOutside(t.migrator, { kind: 'base_backups', actor: 'person:os:jane', reason: 'expired' });
    // All that was written down until now was by a clock that was an hour ahead.
    await t.sql(`UPDATE storage_state SET scrubbed_at = scrubbed_at + interval '1 hour', rewritten_as_of = rewritten_as_of + interval '1 hour'`);
    await t.sql(`UPDATE storage_outside SET found_at = found_at + interval '1 hour', dealt_with_at = dealt_with_at + interval '1 hour'`);
    await removed('behind');
    expect(await storageRewriteState(t.migrator)).toMatchObject({ pending: true });
    await rewritten();
    expect(await storageRewriteState(t.migrator)).toMatchObject({ pending: false });
    expect((await listStorageOutside(t.migrator)).map(({ kind }) => kind)).toEqual(['base_backups']);
  });
});
