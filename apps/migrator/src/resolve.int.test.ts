import { parseReference, placeKey } from '@rcm/credentials';
import { findEndpoint } from '@rcm/db';
import { acquireExclusiveLease, acquireSharedLease, releaseLease } from '@rcm/db/leases';
import { listProofs, readLegacy } from '@rcm/db/migration';
import { planRotation } from '@rcm/db/rotation';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { lookBeforeResolving, resolve } from './commands/resolve.ts';
import { rollback } from './commands/rollback.ts';
import { verify } from './commands/verify.ts';
import type { OpenMigration } from './services.ts';
import { rotate, scrubbing, stored } from './testing.fixture.ts';
import { RowAndSecret, ACT, SLOW_MS, TAKES, passwordOf } from './resolve.fixture.ts';

let w: RowAndSecret;
beforeEach(async () => void (w = await RowAndSecret.open()));
afterEach(() => w.close());

const events = () =>
  w.testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<object[]>`
      SELECT action, actor, reason, details->>'take' AS take FROM audit_event WHERE subject = ${w.seed.id} AND action IN ('credential.resolve', 'endpoint.resolved') ORDER BY seq`,
  );

describe('a row that was edited after it was migrated', { timeout: SLOW_MS }, () => {
  beforeEach(async () => {
    await apply(w.migrator);
    await verify(w.migrator);
    await w.person.types(w.seed, 'typed');
    expect(await verify(w.migrator)).toMatchObject({ complete: false, json: { failed: [{ code: 'row_edited' }] } });
  });

  it.each([
    ['row', 'typed'],
    ['store', ''],
  ] as const)('is one with its secret again when a person takes the %s, and what they do not take is kept', async (take, taken) => {
    const [right, other] = taken === 'typed' ? ['typed', w.planned()] : [w.planned(), 'typed'];
    const { json, complete } = await w.decide(take);
    expect(complete).toBe(true);
    expect([await w.inRow(), await w.inStore()]).toEqual([right, right]);
    expect(passwordOf(await w.keptText(json.kept))).toBe(other);
    expect(await findEndpoint(w.migrator.db, { endpointId: w.seed.id })).toMatchObject({ currentVersion: (await stored(w.migrator, w.seed)).version });
    expect(await events()).toEqual([
      { action: 'credential.resolve', ...ACT, take },
      { action: 'endpoint.resolved', ...ACT, take },
    ]);
    expect(await scrubbing(w.testEnvironment, w.migrator)).toMatchObject({ json: { scrubbed: 1, failed: [] } });
    expect(await verify(w.migrator)).toMatchObject({ complete: true });
  });

  it.each(['row', 'store'] as const)('where the %s is taken, what is not lies beside its secret, wherever new ones are made by now', async (take) => {
    const { json } = await w.decide(take, w.testEnvironment.migrator({ RCM_MIGRATOR_STORE: 'secrets-manager' }));
    const row = await findEndpoint(w.migrator.db, { endpointId: w.seed.id });
    const [kept, own] = [json.kept, row?.secretArn].map((arn) => placeKey(parseReference(String(arn))));
    expect(own).toMatch(/^ssm:/);
    expect(kept).toBe(own);
  });

  it('loses nothing of either, to the last byte', async () => {
    const before = {
      row: (await readLegacy(w.migrator.db, { endpointId: w.seed.id, orgId: w.seed.orgId }))?.reveal(),
      store: (await stored(w.migrator, w.seed)).text,
    };
    const first = await w.decide('store');
    expect(await w.keptText(first.json.kept)).toBe(before.row);
    await w.person.types(w.seed, 'typed again');
    const second = await w.decide('row');
    expect(await w.keptText(second.json.kept)).toBe(before.store);
  });

  it.each(TAKES)('is left as it is where the secret was changed since the person looked (%s)', async (take) => {
    const call = { endpointId: w.seed.id, take, seen: await w.look(), proof: 'none', ...ACT } as const;
    await rotate(w.testEnvironment, w.migrator, w.seed, (payload) => payload);
    const changed = await w.inStore();
    await expect(resolve(w.migrator, call)).rejects.toMatchObject({ code: 'store_conflict', message: expect.stringContaining('version 2 now') as string });
    expect([await w.inRow(), await w.inStore()]).toEqual(['typed', changed]);
    expect(await events()).toEqual([]);
    expect(await w.decide(take)).toMatchObject({ complete: true });
  });

  it('is told of to whoever is to decide: which version the secret has, and nothing is changed', async () => {
    expect((await lookBeforeResolving(w.migrator, w.seed.id)).json).toEqual({ endpointId: w.seed.id, dryRun: true, secretVersion: '1', same: false });
    expect([await w.inRow(), await w.inStore(), await events()]).toEqual(['typed', w.planned(), []]);
    await w.decide('store');
    expect((await lookBeforeResolving(w.migrator, w.seed.id)).json).toMatchObject({ secretVersion: '1', same: true });
  });

  it.each(TAKES)('may be decided again with nothing more done (%s)', async (take) => {
    await w.decide(take);
    const { version } = await stored(w.migrator, w.seed);
    expect(await w.decide(take)).toMatchObject({ complete: true, json: { kept: null, secretVersion: version } });
    expect((await stored(w.migrator, w.seed)).version).toBe(version);
  });

  it('waits for nobody’s rotation: one that is open is refused, and so is a login in use', async () => {
    const lease = await acquireExclusiveLease(w.testEnvironment.db, {
      endpointId: w.seed.id,
      orgId: w.seed.orgId,
      holder: 'rotator',
      ttlMs: 60_000,
      wantMs: 0,
    });
    if (!lease.granted) throw new Error('not free');
    const plan = { attemptId: randomUUID(), owner: 'rotator', reason: 'due', baseVersion: '1', recipeHash: 'h' } as const;
    await planRotation(w.testEnvironment.db, { ...plan, endpointId: w.seed.id, orgId: w.seed.orgId, leaseId: lease.lease.id, fence: lease.lease.fence });
    await releaseLease(w.testEnvironment.db, { leaseId: lease.lease.id, orgId: w.seed.orgId });
    for (const take of TAKES) await expect(w.decide(take)).rejects.toMatchObject({ code: 'state_conflict' });
    expect([await w.inRow(), await w.inStore()]).toEqual(['typed', w.planned()]);
  });

  it('is left alone while an agent works with the login', async () => {
    const soon = { ...w.migrator, clock: { ...w.migrator.clock, sleep: async () => {}, now: ticking() } };
    await acquireSharedLease(w.testEnvironment.db, { endpointId: w.seed.id, orgId: w.seed.orgId, holder: 'agent', ttlMs: 600_000 });
    for (const take of TAKES) await expect(w.decide(take, soon)).rejects.toMatchObject({ code: 'lease_unavailable' });
    expect([await w.inRow(), await w.inStore()]).toEqual(['typed', w.planned()]);
  });

  it.each([
    ['before what is not taken is kept', 'create'],
    ['right before its next version is written', 'replace'],
  ] as const)('keeps a secret that somebody changes %s', async (_when, act) => {
    const { forTenant } = w.migrator.stores;
    // Once: whoever looked again and wrote all the same would find nobody in the way.
    let changed: unknown = null;
    const changeOnce = async (): Promise<void> => {
      if (changed !== null) return;
      await rotate(w.testEnvironment, w.migrator, w.seed, (payload) => payload);
      changed = await w.inStore();
    };
    const beside: OpenMigration = {
      ...w.migrator,
      stores: {
        ...w.migrator.stores,
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
    await expect(w.decide('row', beside)).rejects.toMatchObject({ code: 'store_conflict' });
    expect(await w.inRow()).toBe('typed');
    expect(changed).toMatch(/^rotated-/);
    expect(await w.inStore()).toBe(changed);
  });

  it('is not taken for a rotation, nor for an old copy, after a rotation that the journal knows', async () => {
    await rotate(w.testEnvironment, w.migrator, w.seed, (payload) => payload);
    const rotated = (await stored(w.migrator, w.seed)).text;
    const { json } = await w.decide('row');
    expect(await w.inStore()).toBe('typed');
    expect(await w.keptText(json.kept)).toBe(rotated);
    const idOf = (text: string) => (JSON.parse(text) as { metadata?: { rotation_attempt_id?: string } }).metadata?.rotation_attempt_id;
    expect(idOf((await stored(w.migrator, w.seed)).text)).toBe(idOf(rotated));
    expect(await verify(w.migrator)).toMatchObject({ complete: true });
    expect(await rollback(w.migrator, { endpointId: w.seed.id }, ACT)).toMatchObject({ complete: true });
    expect(await w.inRow()).toBe('typed');
  });

  it('does not take a row of another login, nor one that is no login', async () => {
    await w.person.types({ ...w.seed, credentials: { ...(w.seed.credentials as object), username: 'somebody-else' } }, 'typed');
    await expect(w.decide('row')).rejects.toMatchObject({ code: 'state_conflict' });
    await w.testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET config = '{"credentials": {"username": "a"}}' WHERE id = ${w.seed.id}`,
    );
    await expect(w.decide('row')).rejects.toMatchObject({ code: 'payload_invalid' });
    expect(await w.inStore()).toBe(w.planned());
    const { json } = await w.decide('store');
    expect(await w.inRow()).toBe(w.planned());
    expect(JSON.parse((await w.keptText(json.kept)) ?? '')).toMatchObject({ custom_fields: { row: '{"username": "a"}' } });
  });
});

describe('a secret that lies there before the row names one', { timeout: SLOW_MS }, () => {
  beforeEach(async () => {
    await apply(w.migrator);
    await w.testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = NULL, current_version = NULL WHERE id = ${w.seed.id}`,
    );
    await w.person.types(w.seed, 'typed');
    expect(await apply(w.migrator)).toMatchObject({ complete: false, json: { failed: [{ code: 'store_conflict' }] } });
  });

  it.each(TAKES)('is decided, and the row names it: the %s', async (take) => {
    const right = take === 'row' ? 'typed' : w.planned();
    const { json } = await w.decide(take);
    expect([await w.inRow(), await w.inStore()]).toEqual([right, right]);
    expect(passwordOf(await w.keptText(json.kept))).toBe(take === 'row' ? w.planned() : 'typed');
    expect(await listProofs(w.migrator.db, { endpointId: w.seed.id, limit: 10 })).toMatchObject([{ step: 'applied' }, { step: 'applied' }]);
    expect(await verify(w.migrator)).toMatchObject({ complete: true });
  });
});

/** A clock that is a minute on at each look. */
function ticking(): () => Date {
  let minutes = 0;
  return () => new Date(Date.now() + 60_000 * minutes++);
}
