import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findEndpoint } from '../endpoints/read.ts';
import { exclusiveLease, openTestDatabase, plannedAttempt, secretOf, type TestDatabase } from '../testing.fixture.ts';
import { credentials, type LegacyRow, LegacyRows, NOBODYS } from './legacy-rows.fixture.ts';
import { recordMigrated } from './migrate.ts';
import { listProofs } from './proofs.ts';
import { restoreLegacyCredentials } from './restore.ts';
import { rowSinceRecorded, wasPromoted } from './rotated.ts';
import { fingerprintOf, seenRow } from './row.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const rows = new LegacyRows(() => t);

/** V8's JSON.rawJSON: a number with more digits than a double holds. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

test('a rollback puts them back beside what else is there, digit by digit, and takes the reference off', async () => {
  const migrated = await rows.legacy('restore');
  await recordMigrated(t.migrator, migrated);
  const payload = new Secret({ username: 'u', password: 'new', pin: rawJSON('12345678901234567890') });
  const restore = { ...migrated, leaseId: NOBODYS, fingerprintOf, credentials: payload, actor: 'person:os:jane', reason: 'the old agents come back' };
  expect(await restoreLegacyCredentials(t.migrator, { ...restore, secretArn: secretOf('org', 'other') })).toBe('moved');
  const { attemptId, leaseId } = await plannedAttempt(t.rotator, migrated);
  expect(await restoreLegacyCredentials(t.migrator, restore)).toBe('moved');
  await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE id = $1`, [attemptId]);
  const before = await rows.textOf('restore');
  const beside = await rows.legacy('beside');
  await recordMigrated(t.migrator, beside);
  const other = await exclusiveLease(t.rotator, beside);
  for (const foreign of [NOBODYS, other.id]) expect(await restoreLegacyCredentials(t.migrator, { ...restore, leaseId: foreign })).toBe('lease_lost');
  const [live] = await t.sql<{ expires_at: Date }>('SELECT expires_at FROM login_lease WHERE id = $1', [leaseId]);
  await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [leaseId]);
  expect(await restoreLegacyCredentials(t.migrator, { ...restore, leaseId })).toBe('lease_lost');
  expect(await rows.textOf('restore')).toBe(before);
  await t.sql('UPDATE login_lease SET expires_at = $2 WHERE id = $1', [leaseId, live?.expires_at]);
  expect(await restoreLegacyCredentials(t.migrator, { ...restore, leaseId })).toBe('restored');
  expect(await restoreLegacyCredentials(t.migrator, { ...restore, leaseId })).toBe('already');
  expect(await findEndpoint(t.rotator, migrated)).toMatchObject({
    secretArn: null,
    currentVersion: null,
    hasLegacyCredentials: true,
    loginIdentity: migrated.loginIdentity,
  });
  expect(await rows.textOf('restore')).toBe('{"timeout": 5, "credentials": {"pin": 12345678901234567890, "password": "new", "username": "u"}}');
  expect(await rows.actions('restore')).toEqual(['endpoint.migrated', 'endpoint.restored']);
  expect(await t.sql(`SELECT actor, reason FROM audit_event WHERE subject = 'restore' AND action = 'endpoint.restored'`)).toEqual([
    { actor: 'person:os:jane', reason: 'the old agents come back' },
  ]);
  expect(await listProofs(t.migrator, { endpointId: 'restore', limit: 10 })).toMatchObject([{ step: 'applied', fingerprint: null, rowFingerprint: null }]);
});

test('a rollback never writes over what was typed into the row after it was migrated, or before anything was recorded', async () => {
  const restoring = (migrated: LegacyRow) =>
    restoreLegacyCredentials(t.migrator, {
      ...migrated,
      leaseId: NOBODYS,
      fingerprintOf,
      credentials: new Secret(credentials),
      actor: 'person:os:jane',
      reason: 'test',
    });
  const migrated = await rows.legacy('newer');
  await recordMigrated(t.migrator, migrated);
  await rows.verify(migrated);
  await rows.edit('newer', 'typed');
  const text = await rows.textOf('newer');
  expect(await restoring(migrated)).toBe('edited');
  expect(await rows.textOf('newer')).toBe(text);
  expect(await findEndpoint(t.rotator, migrated)).toMatchObject({ secretArn: migrated.secretArn });

  // Typed into a scrubbed row: nothing is known of it.
  const scrubbed = await rows.legacy('typed-again');
  await recordMigrated(t.migrator, scrubbed);
  await rows.verify(scrubbed);
  await rows.scrub('typed-again');
  await rows.edit('typed-again', 'typed');
  expect(await restoring(scrubbed)).toBe('no_proof');
  expect(await rows.textOf('typed-again')).toContain('"typed"');

  // What is newest counts: a row that was proved with other bytes, and then set back, was edited.
  const back = await rows.legacy('set-back');
  const [before] = await t.sql<{ config: object }>(`SELECT config FROM integration_endpoint WHERE id = 'set-back'`);
  await recordMigrated(t.migrator, back);
  await rows.edit('set-back', 'typed');
  await rows.verify(back);
  await t.sql(`UPDATE integration_endpoint SET config = $1 WHERE id = 'set-back'`, [before?.config]);
  expect(await restoring(back)).toBe('edited');
});

test('says whether a row is what was recorded, and whether the journal knows a promotion', async () => {
  const migrated = await rows.legacy('since');
  const since = () => seenRow(t.db, migrated).then(({ fingerprint }) => rowSinceRecorded(t.migrator, { ...migrated, fingerprints: [fingerprint ?? ''] }));
  expect(await since()).toBe('unknown');
  await recordMigrated(t.migrator, migrated);
  expect(await since()).toBe('same');
  await rows.edit('since', 'typed');
  expect(await since()).toBe('edited');

  const { attemptId } = await plannedAttempt(t.rotator, migrated);
  expect(await wasPromoted(t.migrator, { ...migrated, attemptId })).toBe(false);
  await t.sql(`UPDATE rotation_attempt SET state = 'done', promoted_version = '2', ended_at = now() WHERE id = $1`, [attemptId]);
  expect(await wasPromoted(t.migrator, { ...migrated, attemptId })).toBe(true);
  expect(await wasPromoted(t.migrator, { ...migrated, secretArn: secretOf('org', 'another'), attemptId })).toBe(false);
  expect(await wasPromoted(t.migrator, { ...migrated, attemptId: 'no uuid' })).toBe(false);
});
