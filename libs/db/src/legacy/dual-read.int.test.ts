import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEndpoint } from '../endpoints/read.ts';
import { reinstateEndpoint, retireEndpoint } from '../endpoints/retire.ts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { spendBackupCode } from '../ledger/backup-code.ts';
import { identityOf, openTestDatabase, PORTAL, printOf, secretOf, type TestDatabase } from '../testing.fixture.ts';
import { type LegacyNamed, nameLegacyLogin, readLegacyLogin } from './dual-read.ts';
import { recordMigrated } from './migrate.ts';
import { seenRow } from './row.fixture.ts';

const PASSWORD = 'canary-Legacy-1';
let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  for (const id of ['org', 'other']) await upsertOrganization(t.db, { id, name: id });
  await upsertPortalType(t.db, PORTAL);
});
afterAll(() => t.close());

async function legacy(id: string, orgId = 'org') {
  const config = new Secret({ credentials: { username: id, password: PASSWORD }, timeout: 5 });
  await insertEndpoint(t.db, { id, orgId, portalTypeCode: 'alpine', accountId: id, baseUrl: 'https://alpine.example/', config });
  return { endpointId: id, orgId };
}
const name = (place: { endpointId: string; orgId: string }, account = place.endpointId, from: string | null = null): Promise<LegacyNamed> =>
  nameLegacyLogin(t.agent, { ...place, from, names: [{ id: identityOf(account), keyId: '1' }] });
async function lease(place: { endpointId: string; orgId: string }, ttlMs = 60_000): Promise<string> {
  const answer = await acquireSharedLease(t.agent, { ...place, holder: 'web-agent@test:1', ttlMs });
  if (!answer.granted) throw new Error(answer.reason);
  return answer.lease.id;
}
async function named(id: string) {
  const place = await legacy(id);
  expect(await name(place)).toBe('named');
  return place;
}
const events = (id: string) =>
  t.sql<{ actor: string; reason: string; details: unknown }>(
    `SELECT actor, reason, details FROM audit_event WHERE subject = $1 AND action = 'login.legacy_read' ORDER BY seq`,
    [id],
  );

describe('a login in a row', () => {
  test('is given to an agent under its own lease, each time with an audit event that does not hold it', async () => {
    const place = await named('under-lease');
    const leaseId = await lease(place);
    for (let time = 0; time < 2; time += 1) {
      const read = await readLegacyLogin(t.agent, { ...place, leaseId });
      expect(read.is === 'read' && JSON.parse(read.credentials.reveal())).toEqual({ username: 'under-lease', password: PASSWORD });
      expect(JSON.stringify(read)).not.toContain(PASSWORD);
    }
    const event = { actor: 'web-agent', reason: 'a login that is not migrated yet', details: { process: 'web-agent@test:1', leaseId } };
    expect(await events('under-lease')).toEqual([event, event]);
    const [kept] = await t.sql<{ text: string }>(`SELECT string_agg(a::text, ' ') AS text FROM audit_event a`);
    expect(kept?.text).not.toContain(PASSWORD);
  });

  test('that a person has made another account’s types no backup code again that was used by the former name', async () => {
    const place = await named('with-codes');
    const codes = [[printOf('one')], [printOf('two')]];
    const leaseId = await lease(place);
    expect(await spendBackupCode(t.agent, { ...place, leaseId, codes })).toMatchObject({ taken: 0 });
    await releaseLease(t.agent, { ...place, leaseId });
    expect(await name(place, 'with-codes-renamed', identityOf('with-codes'))).toBe('named');
    expect(await spendBackupCode(t.agent, { ...place, leaseId: await lease(place), codes })).toMatchObject({ taken: 1 });
  });

  test('is given without a lease only as long as it has no name', async () => {
    const place = await legacy('unnamed');
    expect(await readLegacyLogin(t.agent, { ...place, leaseId: null })).toMatchObject({ is: 'unnamed' });
    expect(await events('unnamed')).toEqual([{ actor: 'web-agent', reason: 'to name the account', details: { process: null, leaseId: null } }]);
    expect(await name(place)).toBe('named');
    expect(await name(place)).toBe('moved');
    expect(await readLegacyLogin(t.agent, { ...place, leaseId: null })).toEqual({ is: 'no_lease' });
    expect(await findEndpoint(t.rotator, place)).toMatchObject({ loginIdentity: identityOf('unnamed'), secretArn: null });
  });

  test('is not given under a lease that is over, given back, or of another endpoint', async () => {
    const [place, next] = [await named('leases'), await named('neighbour')];
    const others = await lease(next);
    expect(await readLegacyLogin(t.agent, { ...place, leaseId: others })).toEqual({ is: 'no_lease' });
    const given = await lease(place);
    await releaseLease(t.agent, { leaseId: given, orgId: 'org' });
    expect(await readLegacyLogin(t.agent, { ...place, leaseId: given })).toEqual({ is: 'no_lease' });
    const over = await lease(place);
    await t.sql(`UPDATE login_lease SET acquired_at = now() - interval '2 s', expires_at = now() - interval '1 s' WHERE id = $1`, [over]);
    expect(await readLegacyLogin(t.agent, { ...place, leaseId: over })).toEqual({ is: 'no_lease' });
    expect(await events('leases')).toEqual([]);
  });

  test('of another organization is unknown, with its lease and without', async () => {
    const theirs = await named('theirs');
    const leaseId = await lease(theirs);
    for (const id of [leaseId, null])
      await expect(readLegacyLogin(t.agent, { ...theirs, orgId: 'other', leaseId: id })).rejects.toMatchObject({ code: 'endpoint_unknown' });
    await legacy('theirs-unnamed');
    await expect(readLegacyLogin(t.agent, { endpointId: 'theirs-unnamed', orgId: 'other', leaseId: null })).rejects.toMatchObject({ code: 'endpoint_unknown' });
    expect(await name({ endpointId: 'theirs-unnamed', orgId: 'other' })).toBe('moved');
    expect(await findEndpoint(t.rotator, { endpointId: 'theirs-unnamed' })).toMatchObject({ loginIdentity: null });
  });

  test('is not given once the row names a secret, or holds nothing', async () => {
    const place = await named('moved');
    const leaseId = await lease(place);
    const migrated = { ...place, secretArn: secretOf('org', 'moved'), version: '1', loginIdentity: identityOf('moved'), fingerprint: 'f' };
    expect(await recordMigrated(t.migrator, { ...migrated, row: await seenRow(t.db, place) })).toBe('recorded');
    expect(await readLegacyLogin(t.agent, { ...place, leaseId })).toEqual({ is: 'moved' });
    const empty = await named('emptied');
    const second = await lease(empty);
    await t.sql(`UPDATE integration_endpoint SET config = config - 'credentials' WHERE id = 'emptied'`);
    expect(await readLegacyLogin(t.agent, { ...empty, leaseId: second })).toEqual({ is: 'nothing' });
  });

  test('whose account was rotated under another endpoint is old, and not given', async () => {
    const place = await legacy('twin-1');
    const twin = await legacy('twin-2');
    const migrated = { ...twin, secretArn: secretOf('org', 'twin-2'), version: '1', loginIdentity: identityOf('twin'), fingerprint: 'f' };
    await recordMigrated(t.migrator, { ...migrated, row: await seenRow(t.db, twin) });
    expect(await name(place, 'twin')).toBe('named');
    const leaseId = await lease(place);
    expect(await readLegacyLogin(t.agent, { ...place, leaseId })).toMatchObject({ is: 'read' });
    await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now() WHERE id = 'twin-2'`);
    expect(await readLegacyLogin(t.agent, { ...place, leaseId })).toEqual({ is: 'rotated' });
  });

  test('whose account was rotated under an endpoint that is retired since is old as long as that one’s secret is there', async () => {
    const place = await legacy('left-1');
    const gone = await legacy('left-2');
    const migrated = { ...gone, secretArn: secretOf('org', 'left-2'), version: '1', loginIdentity: identityOf('left'), fingerprint: 'f' };
    await recordMigrated(t.migrator, { ...migrated, row: await seenRow(t.db, gone) });
    await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now(), config = config - 'credentials' WHERE id = 'left-2'`);
    expect(await retireEndpoint(t.another('rcm_operator'), 'left-2', { actor: 'person:os:jane', reason: 'they left' })).toBe('retired');
    expect(await name(place, 'left')).toBe('named');
    const leaseId = await lease(place);
    expect(await readLegacyLogin(t.agent, { ...place, leaseId })).toEqual({ is: 'rotated' });
    await t.sql(`UPDATE integration_endpoint SET retired_secret_removed_at = retired_at WHERE id = 'left-2'`);
    expect(await readLegacyLogin(t.agent, { ...place, leaseId })).toMatchObject({ is: 'read' });
  });

  test('typed into the row of an endpoint that is used again is not given while the secret is there that the row is to name again', async () => {
    const place = await legacy('again');
    const migrated = { ...place, secretArn: secretOf('org', 'again'), version: '1', loginIdentity: identityOf('again'), fingerprint: 'f' };
    await recordMigrated(t.migrator, { ...migrated, row: await seenRow(t.db, place) });
    await t.sql(`UPDATE integration_endpoint SET last_rotated_at = now(), config = config - 'credentials' WHERE id = 'again'`);
    const why = { actor: 'person:os:jane', reason: 'they came back' };
    expect(await retireEndpoint(t.another('rcm_operator'), 'again', why)).toBe('retired');
    expect(await reinstateEndpoint(t.another('rcm_operator'), 'again', why)).toBe('reinstated');
    await t.sql(`UPDATE integration_endpoint SET config = '{"credentials": {"username": "again", "password": "of before"}}' WHERE id = 'again'`);
    expect(await name(place, 'again')).toBe('named');
    expect(await readLegacyLogin(t.agent, { ...place, leaseId: await lease(place) })).toEqual({ is: 'rotated' });
  });

  test('is not given where its audit event cannot be written', async () => {
    const place = await named('unaudited');
    const leaseId = await lease(place);
    await t.sql(`CREATE FUNCTION refuse_read() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`);
    await t.sql(`CREATE TRIGGER refuse_read BEFORE INSERT ON audit_event FOR EACH ROW WHEN (NEW.action = 'login.legacy_read') EXECUTE FUNCTION refuse_read()`);
    try {
      await expect(readLegacyLogin(t.agent, { ...place, leaseId })).rejects.toMatchObject({ code: 'database_failed' });
    } finally {
      await t.sql('DROP TRIGGER refuse_read ON audit_event');
    }
  });
});

describe('the name of a login in a row', () => {
  test('is the one that others have for the same account, and that the migration gives', async () => {
    const [one, two] = [await legacy('same-1'), await legacy('same-2')];
    expect([await name(one, 'same'), await name(two, 'same')]).toEqual(['named', 'named']);
    const migrated = { ...one, secretArn: secretOf('org', 'same-1'), version: '1', loginIdentity: identityOf('same'), fingerprint: 'f' };
    expect(await recordMigrated(t.migrator, { ...migrated, row: await seenRow(t.db, one) })).toBe('recorded');
    const rows = await Promise.all([one, two].map((place) => findEndpoint(t.rotator, place)));
    expect(rows.map((row) => row?.loginIdentity)).toEqual([identityOf('same'), identityOf('same')]);
  });

  test('changes with the account in the row, once nobody is at the old one', async () => {
    const place = await named('renamed');
    const leaseId = await lease(place);
    expect(await name(place, 'another', identityOf('renamed'))).toBe('in_use');
    await releaseLease(t.agent, { leaseId, orgId: 'org' });
    expect(await name(place, 'another', identityOf('renamed'))).toBe('named');
    expect(await findEndpoint(t.rotator, place)).toMatchObject({ loginIdentity: identityOf('another') });
    expect(await name(place, 'third', identityOf('renamed'))).toBe('moved');
  });

  test('of eight agents at once is given once', async () => {
    const place = await legacy('crowd');
    const agents = Array.from({ length: 8 }, () => t.another('rcm_agent'));
    const answers = await Promise.all(
      agents.map((agent) => nameLegacyLogin(agent, { ...place, from: null, names: [{ id: identityOf('crowd'), keyId: '1' }] })),
    );
    expect(answers.filter((answer) => answer === 'named')).toHaveLength(1);
    expect(new Set(answers)).toEqual(new Set(['named', 'moved']));
  });

  test('is given by nobody who does not know the key of the names that are there', async () => {
    await named('by-key-1');
    const place = await legacy('by-key-2');
    const names = [{ id: identityOf('by another key'), keyId: '2' }];
    expect(await nameLegacyLogin(t.agent, { ...place, from: null, names })).toBe('other_key');
    expect(await findEndpoint(t.rotator, place)).toMatchObject({ loginIdentity: null });
  });
});
