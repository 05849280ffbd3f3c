import { credentialReference, parseReference, placeKey } from '@rcm/credentials';
import { findEndpoint } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { beginFirstSecret, unnamedSecretsOf } from '@rcm/db/migration';
import { Secret } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { afterEach, describe, expect, it } from 'vitest';
import { apply } from '../commands/apply.ts';
import { verify } from '../commands/verify.ts';
import { placeSecret } from '../credential/move.ts';
import { onboardEndpoint } from '../credential/onboard.ts';
import { plant, type Seed, seeds } from '../seeds.fixture.ts';
import type { OpenMigration } from '../services.ts';
import { expectEveryField, openTestEnvironment, type TestEnvironment, type TestEnvironmentOptions } from '../testing.fixture.ts';

const [SECOND, THIRD] = ['222222222222', '333333333333'] as const;
const FURTHER = [
  { accountId: SECOND, region: 'us-east-1' },
  { accountId: THIRD, region: 'eu-west-1' },
] as const;
const WHY = { actor: 'person:os:jane', reason: 'a new hospital' };

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let planted: readonly Seed[];
const open = async (count: number, settings: Record<string, string>, options: TestEnvironmentOptions = { furtherPlaces: FURTHER }) => {
  testEnvironment = await openTestEnvironment(options);
  migrator = testEnvironment.migrator(settings);
  planted = seeds(count);
  await plant(testEnvironment.db, planted);
};
afterEach(() => testEnvironment?.close());

const rowOf = async (id: string) => {
  const row = await findEndpoint(testEnvironment.db, { endpointId: id });
  if (!row) throw new Error(`no endpoint ${id}`);
  return row;
};
/** How many logins lie in each place, by their rows. */
const filled = async (): Promise<Record<string, number>> => {
  const found: Record<string, number> = {};
  for (const { id } of planted) {
    const { secretArn } = await rowOf(id);
    if (secretArn === null) continue;
    const place = placeKey(parseReference(secretArn)).split(':').slice(2).reverse().join('/');
    found[place] = (found[place] ?? 0) + 1;
  }
  return found;
};
const noneUnnamed = async () => {
  for (const { id, orgId } of planted) expect(await unnamedSecretsOf(testEnvironment.db, { endpointId: id, orgId })).toEqual([]);
};
const FIRST_PLACE = '123456789012/us-east-1';
const PLACES = [FIRST_PLACE, `${SECOND}/us-east-1`, `${THIRD}/eu-west-1`] as const;

describe.runIf(backend() === 'embedded')('logins of a deployment with several accounts and regions (the containers have one account)', () => {
  it('fill one place as far as is configured, then the next, and are all what they were', async () => {
    await open(10, { RCM_PLACE_LOGINS: '4', RCM_MIGRATOR_CONCURRENCY: '1' });
    expect(await apply(migrator)).toMatchObject({ complete: true, json: { migrated: 10 } });
    expect(await filled()).toEqual({ [PLACES[0]]: 4, [PLACES[1]]: 4, [PLACES[2]]: 2 });
    expect(await verify(migrator)).toMatchObject({ complete: true, json: { verified: 10 } });
    await expectEveryField(migrator, planted);
    await noneUnnamed();
  });

  it.runIf(process.env.RCM_TEST_LONG === '1')(
    '10,001 of them, with what is configured by itself: none is lost, and none lies twice (RCM_TEST_LONG=1)',
    { timeout: 3_600_000 },
    async () => {
      await open(10_001, { RCM_MIGRATOR_CONCURRENCY: '16' });
      expect(await apply(migrator)).toMatchObject({ complete: true, json: { migrated: 10_001 } });
      // A minute's count is old by what the others have placed since: what is left free is for that, too.
      const { [PLACES[0]]: first = 0, [PLACES[1]]: second = 0, [PLACES[2]]: third = 0 } = await filled();
      for (const logins of [first, second]) expect([logins >= 4_500, logins < 4_600]).toEqual([true, true]);
      expect(first + second + third).toBe(10_001);
      expect(await verify(migrator)).toMatchObject({ complete: true, json: { verified: 10_001 } });
      await expectEveryField(migrator, planted);
      await noneUnnamed();
    },
  );

  it('go on in the next place where the store says that one is full, whatever was counted', async () => {
    await open(8, { RCM_MIGRATOR_CONCURRENCY: '3' }, { furtherPlaces: FURTHER, parameterLimits: { Standard: 3 } });
    expect(await apply(migrator)).toMatchObject({ complete: true, json: { migrated: 8 } });
    expect(await filled()).toEqual({ [PLACES[0]]: 3, [PLACES[1]]: 5 });
    await expectEveryField(migrator, planted);
    await noneUnnamed();
  });

  it('do so in Secrets Manager, too', async () => {
    await open(4, { RCM_MIGRATOR_STORE: 'secrets-manager', RCM_MIGRATOR_CONCURRENCY: '1' }, { furtherPlaces: FURTHER, secretLimit: 1 });
    expect(await apply(migrator)).toMatchObject({ complete: true, json: { migrated: 4 } });
    expect(await filled()).toEqual({ [PLACES[0]]: 1, [PLACES[1]]: 3 });
    await expectEveryField(migrator, planted);
    await noneUnnamed();
  });

  it('end with the first where every place is full, and nothing is begun with', async () => {
    await open(5, { RCM_PLACE_LOGINS: '1', RCM_MIGRATOR_CONCURRENCY: '1' });
    const report = await apply(migrator);
    expect(report).toMatchObject({ complete: false, json: { migrated: 3 } });
    expect(report.lines.join('\n')).toContain('None of the 3 places of this deployment has room');
    await noneUnnamed();
  });

  it('stay where a run that died had begun with them', async () => {
    await open(1, {});
    const [seed] = planted as [Seed];
    // As a run that was killed between the store and the row leaves it, in a place that a new run would not choose.
    const [, , third] = migrator.places.new;
    if (!third) throw new Error('there is no third place');
    await beginFirstSecret(migrator.db, { endpointId: seed.id, orgId: seed.orgId, place: placeKey(third) });
    const wanted = credentialReference({
      ...third,
      environment: migrator.places.environment,
      orgId: seed.orgId,
      endpointId: seed.id,
      portalAccountId: `account-${seed.id}`,
    });
    const tags = { TenantId: seed.orgId, Environment: migrator.places.environment, PortalType: seed.portal };
    await migrator.stores.forTenant(seed.orgId).create(wanted, new Secret(JSON.stringify(seed.credentials)), tags);
    expect(await apply(migrator)).toMatchObject({ complete: true, json: { migrated: 1 } });
    expect(await filled()).toEqual({ [PLACES[2]]: 1 });
    await noneUnnamed();
  });

  it('are refused where they were begun with in a place that the deployment has no more', async () => {
    await open(1, {});
    const [seed] = planted as [Seed];
    await beginFirstSecret(migrator.db, { endpointId: seed.id, orgId: seed.orgId, place: 'ssm:aws:us-east-1:999999999999' });
    expect(await apply(migrator)).toMatchObject({ complete: false, json: { migrated: 0, failed: [{ endpointId: seed.id, code: 'config_invalid' }] } });
  });

  it('of two people who add one at once with other passwords: one is stored, the other is told, and nothing lies anywhere else', async () => {
    await open(1, { RCM_PLACE_LOGINS: '1' });
    expect(await apply(migrator)).toMatchObject({ complete: true });
    const id = 'new-login';
    await insertEndpoint(testEnvironment.db, {
      id,
      orgId: 'north-1',
      portalTypeCode: 'alpine',
      accountId: 'main',
      baseUrl: 'https://alpine.example/',
      config: new Secret({}),
    });
    const row = await rowOf(id);
    const other = testEnvironment.migrator({ RCM_PLACE_LOGINS: '2' });
    // The other one counts differently, so that it would choose another place by itself.
    const add = (migration: OpenMigration, password: string) =>
      onboardEndpoint(migration, row, new Secret(JSON.stringify({ username: 'main', password })), WHY).then(
        () => 'stored',
        (error: { code: string }) => error.code,
      );
    const answers = await Promise.all([add(migrator, 'one-password-1'), add(other, 'other-password-2')]);
    expect(answers.toSorted()[1]).toBe('stored');
    expect(['store_conflict', 'state_conflict']).toContain(answers.toSorted()[0]);
    const { secretArn } = await rowOf(id);
    const named = placeKey(parseReference(secretArn ?? ''));
    for (const place of migrator.places.new) {
      const wanted = credentialReference({ ...place, environment: migrator.places.environment, orgId: 'north-1', endpointId: id, portalAccountId: 'main' });
      expect((await migrator.stores.forTenant('north-1').read(wanted)) !== null, placeKey(place)).toBe(placeKey(place) === named);
    }
  });

  it('are made nowhere else while the place that they were begun with does not answer', async () => {
    await open(1, {});
    const [seed] = planted as [Seed];
    testEnvironment.aws?.setFaults({ kind: 'down' });
    const row = await rowOf(seed.id);
    const text = new Secret(JSON.stringify(seed.credentials));
    await expect(
      placeSecret(migrator, row, { ok: true, text, places: migrator.places.new, names: [], shapes: [], remarks: [] } as never),
    ).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    expect((await unnamedSecretsOf(testEnvironment.db, { endpointId: seed.id, orgId: seed.orgId })).map(({ place, why }) => [place, why])).toEqual([
      [placeKey(migrator.places.new[0]), 'new'],
    ]);
    testEnvironment.aws?.setFaults({ kind: 'none' });
    expect(await apply(migrator)).toMatchObject({ complete: true, json: { migrated: 1 } });
    expect(await filled()).toEqual({ [FIRST_PLACE]: 1 });
    await noneUnnamed();
  });
});
