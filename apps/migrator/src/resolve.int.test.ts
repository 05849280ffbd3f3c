import { credentialReference, parseReference } from '@rcm/credentials';
import { findEndpoint } from '@rcm/db';
import { acquireExclusiveLease, acquireSharedLease, releaseLease } from '@rcm/db/leases';
import { listProofs, readLegacy } from '@rcm/db/migration';
import { planRotation } from '@rcm/db/rotation';
import { randomUUID } from 'node:crypto';
import { isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { resolve } from './commands/resolve.ts';
import { rollback } from './commands/rollback.ts';
import { verify } from './commands/verify.ts';
import { deaths, mortal } from './crash.fixture.ts';
import type { Take } from './credential/resolve.ts';
import { hirePerson, interrupted, type Person } from './person.fixture.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { asRotator, openTestEnvironment, rotate, scrubbing, stored, type TestEnvironment } from './testing.fixture.ts';

const SLOW_MS = 600_000;
const ACT = { actor: 'person:os:jane', reason: 'the portal was asked' };
const DECIDED = { proof: 'none', ...ACT } as const;
const TAKES = ['row', 'store'] as const;

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let person: Person;
let seed: Seed;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator({ RCM_MIGRATOR_CONCURRENCY: '1' });
  person = hirePerson(testEnvironment);
  seed = seeds(3)[2] as Seed;
  await plant(testEnvironment.db, [seed]);
});
afterEach(async () => {
  await person.close();
  await testEnvironment.close();
});

const planned = () => (seed.credentials as { password: string }).password;
const decide = (take: Take, migration = migrator) => resolve(migration, { endpointId: seed.id, take, ...DECIDED });
const passwordOf = (text: string | undefined): unknown => (JSON.parse(text ?? '{}') as { password?: unknown }).password;
const inRow = async () => passwordOf((await readLegacy(migrator.db, { endpointId: seed.id, orgId: seed.orgId }))?.reveal());
const inStore = async () => passwordOf((await stored(migrator, seed)).text);
const keptText = async (kept: unknown): Promise<string | undefined> =>
  (await migrator.stores.forTenant(seed.orgId).read(parseReference(String(kept))))?.text.reveal();
const events = () =>
  testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<object[]>`
      SELECT action, actor, reason, details->>'take' AS take FROM audit_event WHERE subject = ${seed.id} AND action IN ('credential.resolve', 'endpoint.resolved') ORDER BY seq`,
  );

describe('a row that was edited after it was migrated', { timeout: SLOW_MS }, () => {
  beforeEach(async () => {
    await apply(migrator);
    await verify(migrator);
    await person.types(seed, 'typed');
    expect(await verify(migrator)).toMatchObject({ complete: false, json: { failed: [{ code: 'row_edited' }] } });
  });

  it.each([
    ['row', 'typed'],
    ['store', ''],
  ] as const)('is one with its secret again when a person takes the %s, and what they do not take is kept', async (take, taken) => {
    const [right, other] = taken === 'typed' ? ['typed', planned()] : [planned(), 'typed'];
    const { json, complete } = await decide(take);
    expect(complete).toBe(true);
    expect([await inRow(), await inStore()]).toEqual([right, right]);
    expect(passwordOf(await keptText(json['kept']))).toBe(other);
    expect(await findEndpoint(migrator.db, { endpointId: seed.id })).toMatchObject({ currentVersion: (await stored(migrator, seed)).version });
    expect(await events()).toEqual([
      { action: 'credential.resolve', ...ACT, take },
      { action: 'endpoint.resolved', ...ACT, take },
    ]);
    expect(await scrubbing(testEnvironment, migrator)).toMatchObject({ json: { scrubbed: 1, failed: [] } });
    expect(await verify(migrator)).toMatchObject({ complete: true });
  });

  it('loses nothing of either, to the last byte', async () => {
    const before = { row: (await readLegacy(migrator.db, { endpointId: seed.id, orgId: seed.orgId }))?.reveal(), store: (await stored(migrator, seed)).text };
    const first = await decide('store');
    expect(await keptText(first.json['kept'])).toBe(before.row);
    await person.types(seed, 'typed again');
    const second = await decide('row');
    expect(await keptText(second.json['kept'])).toBe(before.store);
  });

  it.each(TAKES)('may be decided again with nothing more done (%s)', async (take) => {
    await decide(take);
    const { version } = await stored(migrator, seed);
    expect(await decide(take)).toMatchObject({ complete: true, json: { kept: null, secretVersion: version } });
    expect((await stored(migrator, seed)).version).toBe(version);
  });

  it('waits for nobody’s rotation: one that is open is refused, and so is a login in use', async () => {
    const lease = await acquireExclusiveLease(testEnvironment.db, { endpointId: seed.id, orgId: seed.orgId, holder: 'rotator', ttlMs: 60_000, wantMs: 0 });
    if (!lease.granted) throw new Error('not free');
    const plan = { attemptId: randomUUID(), owner: 'rotator', reason: 'due', baseVersion: '1', recipeHash: 'h' } as const;
    await planRotation(testEnvironment.db, { ...plan, endpointId: seed.id, orgId: seed.orgId, leaseId: lease.lease.id, fence: lease.lease.fence });
    await releaseLease(testEnvironment.db, { leaseId: lease.lease.id, orgId: seed.orgId });
    for (const take of TAKES) await expect(decide(take)).rejects.toMatchObject({ code: 'state_conflict' });
    expect([await inRow(), await inStore()]).toEqual(['typed', planned()]);
  });

  it('is left alone while an agent works with the login', async () => {
    const soon = { ...migrator, clock: { ...migrator.clock, sleep: async () => {}, now: ticking() } };
    await acquireSharedLease(testEnvironment.db, { endpointId: seed.id, orgId: seed.orgId, holder: 'agent', ttlMs: 600_000 });
    for (const take of TAKES) await expect(decide(take, soon)).rejects.toMatchObject({ code: 'lease_unavailable' });
    expect([await inRow(), await inStore()]).toEqual(['typed', planned()]);
  });

  it.each([
    ['before what is not taken is kept', 'create'],
    ['right before its next version is written', 'replace'],
  ] as const)('keeps a secret that somebody changes %s', async (_when, act) => {
    const { forTenant } = migrator.stores;
    // Once: whoever looked again and wrote all the same would find nobody in the way.
    let changed: unknown = null;
    const changeOnce = async (): Promise<void> => {
      if (changed !== null) return;
      await rotate(testEnvironment, migrator, seed, (payload) => payload);
      changed = await inStore();
    };
    const beside: OpenMigration = {
      ...migrator,
      stores: {
        ...migrator.stores,
        forTenant: (orgId) => {
          const store = forTenant(orgId);
          return {
            ...store,
            create: async (...args) => (act === 'create' && (await changeOnce()), store.create(...args)),
            replace: async (...args) => (act === 'replace' && (await changeOnce()), store.replace(...args)),
          };
        },
      },
    };
    await expect(decide('row', beside)).rejects.toMatchObject({ code: 'store_conflict' });
    expect(await inRow()).toBe('typed');
    expect(changed).toMatch(/^rotated-/);
    expect(await inStore()).toBe(changed);
  });

  it('is not taken for a rotation, nor for an old copy, after a rotation that the journal knows', async () => {
    await rotate(testEnvironment, migrator, seed, (payload) => payload);
    const rotated = (await stored(migrator, seed)).text;
    const { json } = await decide('row');
    expect(await inStore()).toBe('typed');
    expect(await keptText(json['kept'])).toBe(rotated);
    const idOf = (text: string) => (JSON.parse(text) as { metadata?: { rotation_attempt_id?: string } }).metadata?.rotation_attempt_id;
    expect(idOf((await stored(migrator, seed)).text)).toBe(idOf(rotated));
    expect(await verify(migrator)).toMatchObject({ complete: true });
    expect(await rollback(migrator, { endpointId: seed.id }, ACT)).toMatchObject({ complete: true });
    expect(await inRow()).toBe('typed');
  });

  it('does not take a row of another login, nor one that is no login', async () => {
    await person.types({ ...seed, credentials: { ...(seed.credentials as object), username: 'somebody-else' } }, 'typed');
    await expect(decide('row')).rejects.toMatchObject({ code: 'state_conflict' });
    await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET config = '{"credentials": {"username": "a"}}' WHERE id = ${seed.id}`,
    );
    await expect(decide('row')).rejects.toMatchObject({ code: 'payload_invalid' });
    expect(await inStore()).toBe(planned());
    const { json } = await decide('store');
    expect(await inRow()).toBe(planned());
    expect(JSON.parse((await keptText(json['kept'])) ?? '')).toMatchObject({ custom_fields: { row: '{"username": "a"}' } });
  });
});

describe('a secret that lies there before the row names one', { timeout: SLOW_MS }, () => {
  beforeEach(async () => {
    await apply(migrator);
    await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = NULL, current_version = NULL WHERE id = ${seed.id}`,
    );
    await person.types(seed, 'typed');
    expect(await apply(migrator)).toMatchObject({ complete: false, json: { failed: [{ code: 'store_conflict' }] } });
  });

  it.each(TAKES)('is decided, and the row names it: the %s', async (take) => {
    const right = take === 'row' ? 'typed' : planned();
    const { json } = await decide(take);
    expect([await inRow(), await inStore()]).toEqual([right, right]);
    expect(passwordOf(await keptText(json['kept']))).toBe(take === 'row' ? planned() : 'typed');
    expect(await listProofs(migrator.db, { endpointId: seed.id, limit: 10 })).toMatchObject([{ step: 'applied' }, { step: 'applied' }]);
    expect(await verify(migrator)).toMatchObject({ complete: true });
  });
});

describe.each(TAKES)('a run that dies while it takes the %s', (take) => {
  it.each(['named', 'not named'] as const)(
    'is ended by another run as if it had not died: the secret is %s by the row',
    { timeout: SLOW_MS },
    async (names) => {
      for (const { at, when } of deaths(3)) {
        seed = { ...seeds(1)[0], id: `g${at}-${when}` } as Seed;
        await plant(testEnvironment.db, [seed]);
        await apply(migrator);
        if (names === 'not named')
          await testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = NULL WHERE id = ${seed.id}`);
        await person.types(seed, 'typed');
        const dying = mortal(migrator, { at, when });
        await decide(take, dying.migration).catch(() => {});
        if (!dying.died()) return expect(at).toBeGreaterThan(8);
        const where = `died ${when} call ${at}`;
        for (const password of ['typed', planned()]) expect((await everywhere()).map(passwordOf), where).toContain(password);
        await testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRaw`DELETE FROM login_lease`);
        expect(await decide(take), where).toMatchObject({ complete: true });
        const right = take === 'row' ? 'typed' : planned();
        expect([await inRow(), await inStore()], where).toEqual([right, right]);
        for (const password of ['typed', planned()]) expect((await everywhere()).map(passwordOf), where).toContain(password);
        expect(await verify(migrator), where).toMatchObject({ complete: true });
      }
    },
  );
});

it.each(TAKES)('loses nothing that a person types at any moment while the %s is taken', { timeout: SLOW_MS }, async (take) => {
  for (let at = 1; ; at += isLongForm() ? 1 : 7) {
    seed = { ...seeds(1)[0], id: `m${at}` } as Seed;
    await plant(testEnvironment.db, [seed]);
    await apply(migrator);
    await person.types(seed, 'typed');
    const beside = interrupted(migrator, { at, act: () => person.types(seed, 'newest') });
    await decide(take, beside.migration).catch(() => {});
    await person.done();
    if (!beside.came()) return expect(at).toBeGreaterThan(15);
    const where = `edited at moment ${at}`;
    for (const password of [planned(), 'newest']) expect((await everywhere()).map(passwordOf), where).toContain(password);
  }
});

/** Every text of this login that somebody could find: in the row, in its secret's versions, and where the audit trail says that one was kept. */
async function everywhere(): Promise<string[]> {
  const row = await readLegacy(migrator.db, { endpointId: seed.id, orgId: seed.orgId });
  const kept = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ kept: string }[]>`
      SELECT details->>'kept' AS kept FROM audit_event WHERE subject = ${seed.id} AND action = 'endpoint.resolved' AND details->>'kept' IS NOT NULL`,
  );
  const reference = credentialReference({
    ...migrator.places.new[0],
    environment: migrator.places.environment,
    orgId: seed.orgId,
    endpointId: seed.id,
    portalAccountId: `account-${seed.id}`,
  });
  return asRotator(testEnvironment, async (stores) => {
    const store = stores.forTenant(seed.orgId);
    const versions = await Promise.all(['1', '2', '3', '4'].map((version) => store.readVersion(reference, version)));
    const beside = await Promise.all(kept.map((one) => store.read(parseReference(one.kept))));
    return [...(row ? [row.reveal()] : []), ...[...versions, ...beside].flatMap((found) => (found ? [found.text.reveal()] : []))];
  });
}

/** A clock that is a minute on at each look. */
function ticking(): () => Date {
  let minutes = 0;
  return () => new Date(Date.now() + 60_000 * minutes++);
}
