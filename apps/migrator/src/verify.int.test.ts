import { parseReference } from '@rcm/credentials';
import { findEndpoint } from '@rcm/db';
import { listProofs, readLegacy } from '@rcm/db/migration';
import { Secret } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { verify } from './commands/verify.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { asRotator, openTestEnvironment, rotate, scrubbing, stored, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let planted: Seed[];

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  planted = seeds(4);
  await plant(testEnvironment.db, planted);
  await apply(migrator);
});
afterEach(() => testEnvironment.close());

const SECOND_KEY = { RCM_FINGERPRINT_KEY: 'second-key-0123456789-0123456789-0123456789', RCM_FINGERPRINT_KEY_ID: 'k2' };
/** The test environment's own. */
const FIRST_AS_PREVIOUS = { RCM_PREVIOUS_FINGERPRINT_KEY: 'canary-key-0123456789-0123456789-0123456789', RCM_PREVIOUS_FINGERPRINT_KEY_ID: '1' };

const seedAt = (n: number): Seed => planted[n] as Seed;

describe('verify', { timeout: 600_000 }, () => {
  it('counts a login as right that was rotated after it was moved', async () => {
    await rotate(testEnvironment, migrator, seedAt(0), (payload) => payload);
    expect(await verify(migrator)).toMatchObject({ complete: true, json: { verified: 4, failed: [] } });
    const [proof] = await listProofs(migrator.db, { endpointId: seedAt(0).id, limit: 1 });
    expect(proof).toMatchObject({ step: 'verified', version: (await stored(migrator, seedAt(0))).version });
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 4, failed: [] });
    // And again, now that there is nothing left to compare with.
    expect((await verify(migrator)).json).toMatchObject({ verified: 4, failed: [] });
  });

  it.each([
    ['a rotation that lost a field', (payload: Record<string, unknown>) => ({ ...payload, mfa_seed: undefined })],
    ['a rotation that altered a field', (payload: Record<string, unknown>) => ({ ...payload, custom_fields: { other: 'value' } })],
  ])('does not prove %s', async (_, alter) => {
    await rotate(testEnvironment, migrator, seedAt(1), alter);
    expect(await verify(migrator)).toMatchObject({ complete: false, json: { verified: 3, failed: [{ endpointId: seedAt(1).id, code: 'store_conflict' }] } });
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 3, failed: [{ endpointId: seedAt(1).id, code: 'state_conflict' }] });
    expect(await findEndpoint(migrator.db, { endpointId: seedAt(1).id })).toMatchObject({ hasLegacyCredentials: true });
  });

  it('does not take a payload’s word for it that a rotation made it: the journal must know the promotion', async () => {
    await rotate(testEnvironment, migrator, seedAt(0), (payload) => payload, 'unknown');
    expect((await verify(migrator)).json).toMatchObject({ verified: 3, failed: [{ endpointId: seedAt(0).id, code: 'store_conflict' }] });
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 3, failed: [{ endpointId: seedAt(0).id, code: 'state_conflict' }] });
    expect(await findEndpoint(migrator.db, { endpointId: seedAt(0).id })).toMatchObject({ hasLegacyCredentials: true });
  });

  it('keeps no fingerprint of what has left the row, and works on no row whose fingerprint another key made', async () => {
    await verify(migrator);
    const rekeyed = testEnvironment.migrator(SECOND_KEY);
    const both = testEnvironment.migrator({ ...SECOND_KEY, ...FIRST_AS_PREVIOUS });
    await expect(scrubbing(testEnvironment, rekeyed)).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringContaining('the id 1') as string });
    const kept = async () => (await listProofs(migrator.db, { limit: 100 })).flatMap(({ fingerprint, rowFingerprint }) => [fingerprint, rowFingerprint]);
    expect((await kept()).every((fingerprint) => /^1:[0-9a-f]{64}$/.test(fingerprint ?? ''))).toBe(true);
    // While the key is changed: what the previous one has proved is proved.
    expect((await scrubbing(testEnvironment, both)).json).toMatchObject({ scrubbed: 4, failed: [] });
    await verify(both);
    expect(new Set(await kept())).toEqual(new Set([null]));
  });

  it('does not prove another password that no rotation explains', async () => {
    const { secretArn, currentVersion } = (await findEndpoint(migrator.db, { endpointId: seedAt(2).id })) ?? {};
    const changed = JSON.stringify({ ...(seedAt(2).credentials as object), password: 'typed by hand' });
    await asRotator(testEnvironment, (stores) =>
      stores.forTenant(seedAt(2).orgId).replace(parseReference(secretArn ?? ''), new Secret(changed), currentVersion ?? ''),
    );
    expect((await verify(migrator)).json).toMatchObject({ verified: 3, failed: [{ endpointId: seedAt(2).id, code: 'store_conflict' }] });
  });

  it('takes back what it proved before where the store holds something else by now: the row’s password may be the right one', async () => {
    await verify(migrator);
    const { secretArn, currentVersion } = (await findEndpoint(migrator.db, { endpointId: seedAt(2).id })) ?? {};
    const changed = JSON.stringify({ ...(seedAt(2).credentials as object), password: 'typed by hand' });
    await asRotator(testEnvironment, (stores) =>
      stores.forTenant(seedAt(2).orgId).replace(parseReference(secretArn ?? ''), new Secret(changed), currentVersion ?? ''),
    );
    expect((await verify(migrator)).json).toMatchObject({ verified: 3, failed: [{ endpointId: seedAt(2).id, code: 'store_conflict' }] });
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 3, failed: [{ endpointId: seedAt(2).id, code: 'state_conflict' }] });
    const text = (await readLegacy(migrator.db, { endpointId: seedAt(2).id, orgId: seedAt(2).orgId }))?.reveal() ?? '{}';
    expect(JSON.parse(text)).toMatchObject({ password: (seedAt(2).credentials as { password: string }).password });
  });

  it('names a row whose secret is missing, is another organization’s or another login’s, and proves the rest', async () => {
    const arnOf = async (n: number) => (await findEndpoint(migrator.db, { endpointId: seedAt(n).id }))?.secretArn ?? '';
    const missing = (await arnOf(0)).replace(/[^/]+$/, 'gone');
    const foreign = await arnOf(2);
    await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = ${missing} WHERE id = ${seedAt(0).id}`,
    );
    await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = ${foreign} WHERE id = ${seedAt(1).id}`,
    );
    await testEnvironment.db.transaction(
      'every tenant',
      (client) =>
        client.$executeRaw`UPDATE integration_endpoint SET login_identity = (SELECT login_identity FROM integration_endpoint WHERE id = ${seedAt(2).id}) WHERE id = ${seedAt(3).id}`,
    );
    expect((await verify(migrator)).json).toMatchObject({
      verified: 1,
      failed: [
        { endpointId: seedAt(0).id, code: 'secret_missing' },
        { endpointId: seedAt(1).id, code: 'reference_not_yours' },
        { endpointId: seedAt(3).id, code: 'state_conflict' },
      ],
    });
  });
});
