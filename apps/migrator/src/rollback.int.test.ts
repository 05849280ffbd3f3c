import { findBrokenAuditEvent, findEndpoint } from '@rcm/db';
import { acquireExclusiveLease, acquireSharedLease, listLeases, releaseLease } from '@rcm/db/leases';
import { listLegacyEndpoints } from '@rcm/db/migration';
import { planRotation } from '@rcm/db/rotation';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { rollback } from './commands/rollback.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { deaths, mortal } from './crash.fixture.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { expectEveryField, openTestEnvironment, rotate, scrubbing, stored, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let planted: Seed[];
let seed: Seed;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  planted = seeds(4);
  seed = planted[2] as Seed;
  await plant(testEnvironment.db, planted);
  await apply(migrator);
  await verify(migrator);
  await scrubbing(testEnvironment, migrator);
});
afterEach(() => testEnvironment.close());

const ACT = { actor: 'person:os:jane', reason: 'the new agents are not ready' };

const legacyOf = async (id: string): Promise<unknown> => {
  const text = (await listLegacyEndpoints(migrator.db, { limit: 100 })).find(({ endpoint }) => endpoint.id === id)?.credentials.reveal();
  return text === undefined ? null : JSON.parse(text);
};

const auditOf = (id: string) =>
  testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ action: string; actor: string; reason: string }[]>`SELECT action, actor, reason FROM audit_event WHERE subject = ${id} ORDER BY seq`,
  );

describe('rollback', { timeout: 600_000 }, () => {
  it('puts back what the portal accepts now, after a rotation too, and takes the endpoint out of rotation', async () => {
    await rotate(testEnvironment, migrator, seed, (payload) => payload);
    const now = await stored(migrator, seed);
    expect(await rollback(migrator, { endpointId: seed.id }, ACT)).toMatchObject({ complete: true, json: { restored: 1, failed: [] } });
    expect(await legacyOf(seed.id)).toEqual(JSON.parse(now.text));
    expect(await findEndpoint(migrator.db, { endpointId: seed.id })).toMatchObject({
      secretArn: null,
      currentVersion: null,
      rotationStatus: null,
      hasLegacyCredentials: true,
      loginIdentity: expect.any(String) as string,
    });
    const [{ config } = { config: {} }] = await testEnvironment.db.transaction(
      'every tenant',
      (client) => client.$queryRaw<{ config: object }[]>`SELECT config FROM integration_endpoint WHERE id = ${seed.id}`,
    );
    expect(config).toMatchObject({ note: 'left alone' });
    expect(await listLeases(migrator.db)).toEqual([]);
    expect((await auditOf(seed.id)).slice(-2)).toEqual([
      { action: 'credential.rollback', ...ACT },
      { action: 'endpoint.restored', ...ACT },
    ]);
    expect(await findBrokenAuditEvent(testEnvironment.db, { orgId: seed.orgId })).toBeNull();
  });

  it('can be undone: apply adopts the secret that stayed in the store', async () => {
    expect((await rollback(migrator, 'all', ACT)).json).toMatchObject({ restored: 4, failed: [] });
    expect((await status(migrator)).json).toMatchObject({ legacy: 4, migrated: 0 });
    expect((await apply(migrator)).json).toMatchObject({ migrated: 4, failed: [] });
    await verify(migrator);
    expect(await scrubbing(testEnvironment, migrator)).toMatchObject({ complete: true, json: { scrubbed: 4, rewritten: true } });
    await expectEveryField(migrator, planted);
    for (const each of planted) expect((await stored(migrator, each)).version).toBe('1');
  });

  it('refuses while a rotation is open, and leaves everything as it is', async () => {
    const answer = await acquireExclusiveLease(testEnvironment.db, { endpointId: seed.id, orgId: seed.orgId, holder: 'rotator', ttlMs: 60_000, wantMs: 1000 });
    if (!answer.granted) throw new Error('no lease');
    const attempt = {
      attemptId: randomUUID(),
      leaseId: answer.lease.id,
      fence: answer.lease.fence,
      endpointId: seed.id,
      orgId: seed.orgId,
      owner: 'rotator',
      reason: 'due' as const,
      baseVersion: '1',
      recipeHash: 'h',
    };
    expect(await planRotation(testEnvironment.db, attempt)).toMatchObject({ created: true });
    await releaseLease(testEnvironment.db, { leaseId: answer.lease.id, orgId: seed.orgId });
    const before = await findEndpoint(migrator.db, { endpointId: seed.id });
    expect(await rollback(migrator, { endpointId: seed.id }, ACT)).toMatchObject({
      complete: false,
      json: { restored: 0, failed: [{ endpointId: seed.id, code: 'state_conflict' }] },
    });
    expect(await findEndpoint(migrator.db, { endpointId: seed.id })).toEqual(before);
    expect(await legacyOf(seed.id)).toBeNull();
  });

  it('waits for an agent that is at work', async () => {
    const shared = await acquireSharedLease(testEnvironment.db, { endpointId: seed.id, orgId: seed.orgId, holder: 'agent', ttlMs: 60_000 });
    if (!shared.granted) throw new Error('no lease');
    let released = false;
    setTimeout(() => {
      released = true;
      void releaseLease(testEnvironment.db, { leaseId: shared.lease.id, orgId: seed.orgId });
    }, 700);
    expect((await rollback(migrator, { endpointId: seed.id }, ACT)).json).toMatchObject({ restored: 1 });
    expect(released).toBe(true);
  });

  it('that was stopped after it had read writes nothing back once others have changed the password', async () => {
    let newest = '';
    const stopped: OpenMigration = {
      ...migrator,
      stores: {
        ...migrator.stores,
        forTenant: (orgId) => ({
          ...migrator.stores.forTenant(orgId),
          async read(...args) {
            const read = await migrator.stores.forTenant(orgId).read(...args);
            for (const lease of await listLeases(migrator.db)) await releaseLease(testEnvironment.db, { leaseId: lease.id, orgId: lease.orgId });
            await rotate(testEnvironment, migrator, seed, (payload) => payload);
            newest = (await stored(migrator, seed)).text;
            return read;
          },
        }),
      },
    };
    expect((await rollback(stopped, { endpointId: seed.id }, ACT)).json).toMatchObject({ restored: 0, failed: [{ code: 'lease_lost' }] });
    expect(await legacyOf(seed.id)).toBeNull();
    expect((await rollback(migrator, { endpointId: seed.id }, ACT)).json).toMatchObject({ restored: 1 });
    expect(await legacyOf(seed.id)).toEqual(JSON.parse(newest));
  });

  it('reads nothing when the audit event cannot be written', async () => {
    let reads = 0;
    const blind: OpenMigration = {
      ...migrator,
      db: {
        ...migrator.db,
        transaction: (scope, act) =>
          act.toString().includes('writeAuditEvent(tx, event)') ? Promise.reject(new Error('no audit')) : migrator.db.transaction(scope, act),
      },
      stores: {
        ...migrator.stores,
        forTenant: (orgId) => ({ ...migrator.stores.forTenant(orgId), read: (...args) => ((reads += 1), migrator.stores.forTenant(orgId).read(...args)) }),
      },
    };
    expect((await rollback(blind, { endpointId: seed.id }, ACT)).json).toMatchObject({ restored: 0 });
    expect(reads).toBe(0);
  });

  it('ends the same after a death at any step', async () => {
    const text = (await stored(migrator, seed)).text;
    for (const { at, when } of deaths(2)) {
      const dying = mortal(migrator, { at, when });
      await rollback(dying.migration, { endpointId: seed.id }, ACT).catch(() => {});
      const where = `died ${when} call ${at}`;
      // The dead process cannot give its lease back; it would run out.
      for (const lease of await listLeases(migrator.db)) await releaseLease(testEnvironment.db, { leaseId: lease.id, orgId: lease.orgId });
      const done = (await findEndpoint(migrator.db, { endpointId: seed.id }))?.secretArn === null;
      if (!done) expect((await rollback(migrator, { endpointId: seed.id }, ACT)).json, where).toMatchObject({ restored: 1 });
      expect(await legacyOf(seed.id), where).toEqual(JSON.parse(text));
      expect((await apply(migrator)).json, where).toMatchObject({ migrated: 1, failed: [] });
      if (!dying.died()) return void expect(at).toBeGreaterThan(5);
    }
  });

  it('says that an endpoint does not exist, or has nothing to roll back', async () => {
    await expect(rollback(migrator, { endpointId: 'nobody' }, ACT)).rejects.toMatchObject({ code: 'endpoint_unknown' });
    await rollback(migrator, { endpointId: seed.id }, ACT);
    expect((await rollback(migrator, { endpointId: seed.id }, ACT)).json).toMatchObject({ restored: 0, failed: [{ code: 'state_conflict' }] });
  });
});
