import { credentialReference, type SecretReference } from '@rcm/credentials';
import { findEndpoint, listEndpoints } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { Secret } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { plan } from './commands/plan.ts';
import { CANARY, plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { expectEveryField, openTestEnvironment, stored, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
});
afterEach(() => testEnvironment.close());

/** A container on a busy machine takes a second a login. */
const SLOW_MS = 180_000;

const first = (planted: readonly Seed[]): Seed => planted[0] as Seed;

function referenceOf(seed: Seed): SecretReference {
  return credentialReference({
    ...migrator.places.new[0],
    environment: migrator.places.environment,
    orgId: seed.orgId,
    endpointId: seed.id,
    portalAccountId: `account-${seed.id}`,
  });
}

/** Puts a secret where the migration will want to put its own. */
async function lieThere(seed: Seed, credentials: unknown): Promise<void> {
  const tags = { TenantId: seed.orgId, Environment: migrator.places.environment, PortalType: seed.portal };
  await migrator.stores.forTenant(seed.orgId).create(referenceOf(seed), new Secret(JSON.stringify(credentials)), tags);
}

async function plantRaw(id: string, credentials: unknown): Promise<void> {
  await insertEndpoint(testEnvironment.db, {
    id,
    orgId: 'north-1',
    portalTypeCode: 'alpine',
    accountId: `account-${id}`,
    baseUrl: 'https://alpine.example/',
    config: new Secret({ credentials }),
  });
}

describe('apply', { timeout: SLOW_MS }, () => {
  it('names each payload that cannot be moved, without a value of it, and moves the others', async () => {
    await plant(testEnvironment.db, seeds(4));
    await plantRaw('bad-no-password', { username: `${CANARY}-u` });
    await plantRaw('bad-empty', { username: '', password: null });
    await plantRaw('bad-list', [`${CANARY}-list`]);
    await plantRaw('bad-text', `${CANARY}-text`);
    await plantRaw('bad-seed', { username: `${CANARY}-u`, password: `${CANARY}-p`, mfa_seed: 7, custom_fields: [`${CANARY}-c`] });
    await plantRaw('bad-large', { username: `${CANARY}-u`, password: `${CANARY}-p`, custom_fields: { note: 'ü'.repeat(2100) } });
    const expected = [
      {
        endpointId: 'bad-large',
        code: 'payload_too_large',
        reason: expect.stringMatching(/^The credential payload has \d+ bytes; the standard tier of SSM holds 4096\.$/) as string,
      },
      { endpointId: 'bad-list', code: 'payload_invalid', reason: 'credentials[] is a text that is not JSON' },
      { endpointId: 'bad-no-password', code: 'payload_invalid', reason: 'the credentials have no password' },
      { endpointId: 'bad-seed', code: 'payload_invalid', reason: expect.stringContaining('mfa_seed') as string },
      { endpointId: 'bad-text', code: 'payload_invalid', reason: 'credentials is a text that is not JSON' },
    ];
    expect((await plan(migrator)).json).toMatchObject({ create: 4, nothing: 1, failed: expected });
    const report = await apply(migrator);
    expect(report).toMatchObject({ complete: false, json: { migrated: 4, empty: 1, failed: expected } });
    expect(JSON.stringify(report)).not.toContain(CANARY);
    expect(
      (await listEndpoints(migrator.db, { limit: 100 }))
        .filter((row) => row.id.startsWith('bad-'))
        .every((row) => row.secretArn === null && row.hasLegacyCredentials),
    ).toBe(true);
  });

  it('adopts what an earlier run left, whatever the order of its fields', async () => {
    const planted = seeds(2);
    await plant(testEnvironment.db, planted);
    const { credentials } = first(planted);
    await lieThere(first(planted), Object.fromEntries(Object.entries(credentials as object).reverse()));
    expect((await apply(migrator)).json).toMatchObject({ migrated: 2, failed: [] });
    await expectEveryField(migrator, planted);
    expect((await stored(migrator, first(planted))).version).toBe('1');
  });

  it('leaves an endpoint alone whose place in the store is taken by something else', async () => {
    const planted = seeds(3);
    await plant(testEnvironment.db, planted);
    const other = { ...(first(planted).credentials as object), password: 'a later password' };
    await lieThere(first(planted), other);
    expect(await apply(migrator)).toMatchObject({
      complete: false,
      json: { migrated: 2, failed: [{ endpointId: first(planted).id, code: 'store_conflict' }] },
    });
    expect(await findEndpoint(migrator.db, { endpointId: first(planted).id })).toMatchObject({
      secretArn: null,
      currentVersion: null,
      hasLegacyCredentials: true,
    });
    const there = await migrator.stores.forTenant(first(planted).orgId).read(referenceOf(first(planted)));
    expect({ text: JSON.parse(there?.text.reveal() ?? ''), version: there?.version }).toEqual({ text: other, version: '1' });
  });

  it('may run twice at once: every secret is written once, every row once', async () => {
    const planted = seeds(24);
    await plant(testEnvironment.db, planted);
    const reports = await Promise.all([apply(migrator), apply(testEnvironment.migrator())]);
    const [one, two] = reports.map((report) => report.json as { migrated: number; failed: unknown[] });
    expect((one?.migrated ?? 0) + (two?.migrated ?? 0)).toBe(24);
    expect([one?.failed, two?.failed]).toEqual([[], []]);
    await expectEveryField(migrator, planted);
    for (const seed of planted) expect((await stored(migrator, seed)).version).toBe('1');
  });

  it('says which logins several endpoints use', async () => {
    const planted = seeds(4);
    const twin = { ...first(planted), id: 'twin', orgId: 'south-2' };
    await plant(testEnvironment.db, [...planted, twin]);
    const shared = [{ endpointIds: [first(planted).id, 'twin'].sort(), organizations: 2 }];
    expect((await plan(migrator)).json).toMatchObject({ create: 5, shared });
    expect((await apply(migrator)).json).toMatchObject({ migrated: 5, shared });
  });

  it('takes nothing new once it is asked to stop, finishes what is in hand, and goes on the next time', async () => {
    const planted = seeds(12);
    await plant(testEnvironment.db, planted);
    const stopping = new AbortController();
    const real = testEnvironment.migrator({ RCM_MIGRATOR_CONCURRENCY: '2' }, { stopping: stopping.signal });
    let creates = 0;
    const stopped: OpenMigration = {
      ...real,
      stores: {
        ...real.stores,
        forTenant(orgId) {
          const store = real.stores.forTenant(orgId);
          return {
            ...store,
            async create(...args) {
              const answer = await store.create(...args);
              if ((creates += 1) === 4) stopping.abort();
              return answer;
            },
          };
        },
      },
    };
    const report = await apply(stopped);
    expect(report).toMatchObject({ complete: false, json: { interrupted: true } });
    const { migrated } = report.json as { migrated: number };
    expect(migrated).toBeGreaterThanOrEqual(2);
    expect(migrated).toBeLessThanOrEqual(5);
    expect((await apply(migrator)).json).toMatchObject({ migrated: 12 - migrated, already: migrated, failed: [] });
    await expectEveryField(migrator, planted);
    for (const seed of planted) expect((await stored(migrator, seed)).version).toBe('1');
  });

  it('keeps to its writes a second', async () => {
    await plant(testEnvironment.db, seeds(8));
    const startedAt = performance.now();
    await apply(testEnvironment.migrator({ RCM_MIGRATOR_WRITES_PER_SECOND: '4', RCM_MIGRATOR_CONCURRENCY: '8' }));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(7 * 250 - 50);
  });
});
