import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listDueEndpoints } from '../endpoints/schedule.ts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
import { showLogin } from '../fleet/show-login.ts';
import { listStartable } from '../admission/startable.ts';
import { exclusiveLease, identityOf, openTestDatabase, PORTAL, secretOf, type TestDatabase } from '../testing.fixture.ts';
import { recordMigrated } from './migrate.ts';
import { countHeldByOldReaders, declareOldReadersGone, hasOldReaders } from './old-readers.ts';
import { restoreLegacyCredentials } from './restore.ts';
import { fingerprintOf, seenRow } from './row.fixture.ts';

const JANE = { actor: 'person:os:jane', reason: 'the batch scripts are switched off' };
const RULES = { canary: false, probeMs: 1000, lastingMs: 0 } as Parameters<typeof listStartable>[1]['rules'];
let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  await upsertPortalType(t.db, { ...PORTAL, maxConcurrency: 100 });
});
afterAll(() => t.close());

/** Due for a rotation, and its plaintext still in its row. */
async function due(orgId: string, endpointId: string, account = endpointId) {
  await upsertOrganization(t.db, { id: orgId, name: orgId });
  const config = new Secret({ credentials: { username: account, password: 'p' } });
  await insertEndpoint(t.db, { id: endpointId, orgId, portalTypeCode: 'alpine', accountId: endpointId, baseUrl: 'https://alpine.example/', config });
  const place = { orgId, endpointId, secretArn: secretOf(orgId, endpointId), loginIdentity: identityOf(account) };
  await recordMigrated(t.migrator, { ...place, version: '1', fingerprint: 'f', row: await seenRow(t.db, place) });
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 minute' WHERE id = $1`, [endpointId]);
  return place;
}
const scrub = (id: string) => t.sql(`UPDATE integration_endpoint SET config = config - 'credentials' WHERE id = $1`, [id]);
/** What the scheduler and `once` would begin, which is the same. */
async function begun(orgId: string): Promise<string[]> {
  const [listed, startable] = await Promise.all([listDueEndpoints(t.rotator, { limit: 100 }), listStartable(t.rotator, { rules: RULES, limit: 100 })]);
  const of = (rows: readonly { readonly orgId: string; readonly id: string }[]) =>
    rows
      .filter((row) => row.orgId === orgId)
      .map(({ id }) => id)
      .sort();
  expect(of(startable.map(({ endpointId, ...row }) => ({ ...row, id: endpointId })))).toEqual(of(listed));
  return of(listed);
}
const told = (orgId: string) => t.sql(`SELECT actor, reason FROM audit_event WHERE org_id = $1 AND action = 'migration.old_readers_gone'`, [orgId]);

describe('a login whose plaintext lies in its row', () => {
  test('is not begun, and counted, until it is scrubbed', async () => {
    const { loginIdentity } = await due('scrubbed', 'scrubbed-1');
    await due('scrubbed', 'scrubbed-2');
    expect(await begun('scrubbed')).toEqual([]);
    expect(await hasOldReaders(t.rotator, { loginIdentity })).toBe(true);
    const before = await countHeldByOldReaders(t.rotator);
    const operator = t.another('rcm_operator');
    expect(await showLogin(operator, { endpointId: 'scrubbed-1' })).toMatchObject({ oldReaders: true });
    await scrub('scrubbed-1');
    expect(await showLogin(operator, { endpointId: 'scrubbed-1' })).toMatchObject({ oldReaders: false });
    expect(await begun('scrubbed')).toEqual(['scrubbed-1']);
    expect(await hasOldReaders(t.rotator, { loginIdentity })).toBe(false);
    expect(await countHeldByOldReaders(t.rotator)).toEqual({ held: before.held - 1, due: before.due - 1 });
  });

  test('is begun where a person said that old readers are gone, of that organization alone', async () => {
    await due('gone', 'gone-1');
    await due('still-there', 'still-there-1');
    expect(await declareOldReadersGone(t.migrator, { orgId: 'gone', ...JANE })).toBe(1);
    expect([await begun('gone'), await begun('still-there')]).toEqual([['gone-1'], []]);
    expect([await told('gone'), await told('still-there')]).toEqual([[JANE], []]);
    expect(await declareOldReadersGone(t.migrator, { orgId: 'gone', ...JANE })).toBe(0);
    expect(await told('gone')).toHaveLength(1);
  });

  test('is begun where it was said of all, and not of an organization that comes later', async () => {
    await due('of-all', 'of-all-1');
    expect(await declareOldReadersGone(t.migrator, { orgId: null, ...JANE })).toBeGreaterThan(0);
    await due('later', 'later-1');
    expect([await begun('of-all'), await begun('later')]).toEqual([['of-all-1'], []]);
    expect(await told('of-all')).toEqual([JANE]);
  });

  test('is held as long as the same account lies in plaintext in another row', async () => {
    await due('shared', 'shared-1', 'one account');
    const second = await due('shared', 'shared-2', 'one account');
    await t.sql(`UPDATE integration_endpoint SET secret_arn = $1 WHERE id = $2`, [secretOf('shared', 'shared-1'), second.endpointId]);
    await scrub('shared-1');
    expect(await begun('shared')).toEqual([]);
    await scrub('shared-2');
    expect(await begun('shared')).toEqual(['shared-1']);
  });

  test('is held again after a rollback in its organization, which gives old readers something to read', async () => {
    const [back, stays] = [await due('back', 'back-1'), await due('back', 'back-2')];
    await declareOldReadersGone(t.migrator, { orgId: 'back', ...JANE });
    expect(await begun('back')).toEqual(['back-1', 'back-2']);
    const lease = await exclusiveLease(t.migrator, back);
    const credentials = new Secret({ username: 'back-1', password: 'p' });
    expect(await restoreLegacyCredentials(t.migrator, { ...back, leaseId: lease.id, credentials, fingerprintOf, ...JANE })).toBe('restored');
    expect(await begun('back')).toEqual([]);
    expect(await hasOldReaders(t.rotator, stays)).toBe(true);
  });

  test('cannot be said of an organization that is not there, nor by an app', async () => {
    await expect(declareOldReadersGone(t.migrator, { orgId: 'nobody', ...JANE })).rejects.toMatchObject({ code: 'input_invalid' });
    for (const app of [t.agent, t.rotator])
      await expect(declareOldReadersGone(app, { orgId: 'still-there', ...JANE })).rejects.toMatchObject({ code: 'database_failed' });
  });
});
