import type { SecretTags } from '@rcm/credentials';
import { listEndpoints } from '@rcm/db';
import { listLegacyEndpoints } from '@rcm/db/migration';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { plan } from './commands/plan.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import type { OpenMigration } from './services.ts';
import { LONG_NUMBER, plant, type Seed, seeds } from './seeds.fixture.ts';
import { expectEveryField, openTestEnvironment, scrubbing, stored, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
});
afterEach(() => testEnvironment.close());

describe('apply, verify, scrub', { timeout: 600_000 }, () => {
  it('moves 24 logins with every field and digit, proves them, and leaves no plaintext in a row', async () => {
    const planted = seeds();
    await plant(testEnvironment.db, planted);
    expect((await plan(migrator)).json).toMatchObject({ create: 24, already: 0, nothing: 0, failed: [], shared: [] });

    expect(await apply(migrator)).toMatchObject({ json: { migrated: 24, already: 0, failed: [], interrupted: false }, complete: true });
    await expectEveryField(migrator, planted);
    const withLongNumber = planted.find((_, n) => n % 4 === 2);
    expect((await stored(migrator, withLongNumber as Seed)).text).toContain(`"account_number":${LONG_NUMBER}`);

    expect(await verify(migrator)).toMatchObject({ json: { verified: 24, failed: [] }, complete: true });
    expect(await scrubbing(testEnvironment, migrator)).toMatchObject({ json: { scrubbed: 24, already: 0, failed: [], rewritten: true }, complete: true });
    expect((await status(migrator)).json).toEqual({
      endpoints: 24,
      legacy: 0,
      migrated: 24,
      verified: 24,
      scrubbed: 24,
      rewritePending: false,
      elsewhere: [],
      outside: expect.arrayContaining([{ kind: 'base_backups', since: expect.any(String) as string }]) as unknown,
      unfinished: [],
    });
    expect(await listLegacyEndpoints(migrator.db, { limit: 100 })).toEqual([]);
    await expectEveryField(migrator, planted);
    const left = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ config: unknown }[]>`SELECT DISTINCT config FROM integration_endpoint`,
    );
    expect(left).toEqual([{ config: { note: 'left alone' } }]);
  });

  it('may be repeated: nothing is written again', async () => {
    const planted = seeds(6);
    await plant(testEnvironment.db, planted);
    await apply(migrator);
    const before = await Promise.all(planted.map((seed) => stored(migrator, seed)));
    expect((await apply(migrator)).json).toMatchObject({ migrated: 0, already: 6, failed: [] });
    await verify(migrator);
    await scrubbing(testEnvironment, migrator);
    expect((await apply(migrator)).json).toMatchObject({ migrated: 0, already: 6 });
    expect((await plan(migrator)).json).toMatchObject({ create: 0, already: 6 });
    expect((await verify(migrator)).json).toMatchObject({ verified: 6, failed: [] });
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 0, already: 6, rewritten: false });
    expect(await Promise.all(planted.map((seed) => stored(migrator, seed)))).toEqual(before);
  });

  it('writes tagged secrets under the V8 path, each tenant with its own session', async () => {
    const planted = seeds(4);
    await plant(testEnvironment.db, planted);
    const seen: { orgId: string; tags: SecretTags }[] = [];
    const watched: OpenMigration = {
      ...migrator,
      stores: {
        ...migrator.stores,
        forTenant(orgId) {
          const store = migrator.stores.forTenant(orgId);
          return { ...store, create: (reference, text, tags, options) => (seen.push({ orgId, tags }), store.create(reference, text, tags, options)) };
        },
      },
    };
    await apply(watched);
    const environment = testEnvironment.environment.RCM_ENVIRONMENT;
    expect(seen.map(({ orgId, tags }) => [orgId, tags]).sort()).toEqual(
      planted.map(({ orgId, portal }) => [orgId, { TenantId: orgId, Environment: environment, PortalType: portal }]).sort(),
    );
    for (const row of await listEndpoints(migrator.db, { limit: 10 })) {
      expect(row.secretArn).toMatch(
        new RegExp(`^arn:aws:ssm:us-east-1:\\d{12}:parameter/rcm/${environment}/${row.orgId}/endpoints/${row.id}/${row.accountId}$`),
      );
    }
  });

  it('writes to Secrets Manager where that is configured, and adopts there too', async () => {
    const planted = seeds(3);
    const intoSecretsManager = testEnvironment.migrator({ RCM_MIGRATOR_STORE: 'secrets-manager', RCM_MIGRATOR_CONCURRENCY: '1' });
    await plant(testEnvironment.db, planted);
    const crashing: OpenMigration = {
      ...intoSecretsManager,
      db: {
        ...intoSecretsManager.db,
        transaction: (scope, act) =>
          act.toString().includes('firstSecretIsNamed') ? Promise.reject(new Error('the process died')) : intoSecretsManager.db.transaction(scope, act),
      },
    };
    expect((await apply(crashing)).json).toMatchObject({ migrated: 0 });
    expect((await apply(intoSecretsManager)).json).toMatchObject({ migrated: 3, failed: [] });
    await expectEveryField(migrator, planted);
    const arns = (await listEndpoints(migrator.db, { limit: 10 })).map((row) => row.secretArn);
    expect(arns.every((arn) => /^arn:aws:secretsmanager:.*-[A-Za-z0-9]{6}$/.test(arn ?? ''))).toBe(true);
  });
});
