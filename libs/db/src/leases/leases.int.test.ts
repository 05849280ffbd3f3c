import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AttemptState } from '../journal/attempt.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { acquireExclusiveLease, acquireSharedLease } from './acquire.ts';
import { findExclusiveLease, listLeases, releaseLease, renewLease } from './upkeep.ts';
import { INTENT_LIMIT_MS, withdrawWriterIntent } from './writer-intent.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const shared = (endpoint: TestEndpoint, holder = 'agent', ttlMs = 60_000) => acquireSharedLease(t.agent, { ...endpoint, holder, ttlMs });
const exclusive = (endpoint: TestEndpoint, holder = 'rotator') => acquireExclusiveLease(t.rotator, { ...endpoint, holder, ttlMs: 60_000, wantMs: 30_000 });
const granted = <A extends { granted: boolean }>(answer: A): Extract<A, { granted: true }> => {
  expect(answer).toMatchObject({ granted: true });
  return answer as Extract<A, { granted: true }>;
};
const expire = (leaseId: string) => t.sql(`UPDATE login_lease SET expires_at = clock_timestamp() - interval '1 ms' WHERE id = $1`, [leaseId]);

describe('who may hold what', () => {
  test('readers share, and learn version and reference with the lease', async () => {
    const endpoint = await makeEndpoint(t.db);
    const one = granted(await shared(endpoint, 'one'));
    const two = granted(await shared(endpoint, 'two'));
    expect(one.lease).toMatchObject({ kind: 'shared', loginIdentity: endpoint.loginIdentity, currentVersion: '1', secretArn: endpoint.secretArn });
    expect(two.lease.fence).toBeGreaterThan(one.lease.fence);
    expect((await listLeases(t.rotator)).filter((lease) => lease.endpointId === endpoint.endpointId).map((lease) => lease.holder)).toEqual(['one', 'two']);
  });

  test('while one changes the login, nobody else gets anything', async () => {
    const endpoint = await makeEndpoint(t.db);
    granted(await exclusive(endpoint));
    expect(await shared(endpoint)).toEqual({ granted: false, reason: 'exclusive_held' });
    expect(await exclusive(endpoint, 'another')).toEqual({ granted: false, reason: 'exclusive_held' });
  });

  test('who changes a login is found by the login, and not among all that are held; a reader changes none', async () => {
    const [one, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    granted(await shared(other));
    const { lease } = granted(await exclusive(one, 'rotator-7'));
    expect(await findExclusiveLease(t.migrator, one)).toMatchObject({ id: lease.id, holder: 'rotator-7', orgId: one.orgId });
    expect(await findExclusiveLease(t.rotator, other)).toBeNull();
    await expire(lease.id);
    expect(await findExclusiveLease(t.migrator, one)).toBeNull();
  });

  test('the login is what is leased, whichever endpoint of it is named', async () => {
    const one = await makeEndpoint(t.db);
    const two = await makeEndpoint(t.db, { loginIdentity: one.loginIdentity });
    granted(await exclusive(one));
    expect(await shared(two)).toMatchObject({ reason: 'exclusive_held' });
  });

  test('an endpoint of another organization is not there', async () => {
    const [mine, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    await expect(shared({ ...mine, orgId: other.orgId })).rejects.toMatchObject({ code: 'endpoint_unknown' });
  });

  test.each<[AttemptState, string | null, string | null]>([
    ['planned', null, null],
    ['staged', null, null],
    ['submitting', null, 'rotation_open'],
    ['applied', null, 'rotation_open'],
    ['verified', null, 'rotation_open'],
    ['promoted', null, null],
    ['waiting', 'staged', null],
    ['waiting', 'submitting', 'rotation_open'],
    ['waiting', 'applied', 'rotation_open'],
    ['waiting', 'verified', 'rotation_open'],
    ['waiting', 'promoted', null],
    ['blocked', 'planned', 'blocked'],
    ['blocked', 'submitting', 'blocked'],
  ])('with an attempt in %s (from %s) and no exclusive lease, a reader hears: %s', async (state, from, reason) => {
    const endpoint = await makeEndpoint(t.db);
    const { leaseId } = await plannedAttempt(t.rotator, endpoint);
    await releaseLease(t.rotator, { ...endpoint, leaseId });
    await t.sql(
      `UPDATE rotation_attempt SET state = $2, waiting_from = $3, waiting_until = CASE WHEN $2 = 'waiting' THEN now() END, submit_deadline_at = now(), promoted_version = '2' WHERE login_identity = $1`,
      [endpoint.loginIdentity, state, from],
    );
    expect(await shared(endpoint)).toMatchObject(reason ? { granted: false, reason } : { granted: true });
  });
});

describe('time', () => {
  test('a holder that died is free by expiry, and its renewal is refused', async () => {
    const endpoint = await makeEndpoint(t.db);
    const dead = granted(await exclusive(endpoint, 'dead'));
    expect(await shared(endpoint)).toMatchObject({ reason: 'exclusive_held' });
    await expire(dead.lease.id);
    expect(await renewLease(t.agent, { ...endpoint, leaseId: dead.lease.id, ttlMs: 1000 })).toBeNull();
    const next = granted(await exclusive(endpoint, 'next'));
    expect(next.lease.fence).toBeGreaterThan(dead.lease.fence);
  });

  test('a renewal lets it live longer, from Postgres’s now', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { lease } = granted(await shared(endpoint, 'agent', 1000));
    const until = await renewLease(t.agent, { ...endpoint, leaseId: lease.id, ttlMs: 60_000 });
    expect(until?.getTime()).toBeGreaterThan(lease.expiresAt.getTime() + 50_000);
  });

  test('a renewal, the commonest change of all, writes into no index', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { lease } = granted(await shared(endpoint));
    const renewed = await t.db.transaction({ tenant: endpoint.orgId }, async (tx) => {
      await tx.$executeRaw`UPDATE login_lease SET expires_at = expires_at + interval '1 s' WHERE id = ${lease.id}::uuid`;
      return tx.$queryRaw<object[]>`SELECT n_tup_upd::int AS updated, n_tup_hot_upd::int AS hot FROM pg_stat_xact_user_tables WHERE relname = 'login_lease'`;
    });
    expect(renewed).toEqual([{ updated: 1, hot: 1 }]);
  });

  test('giving back twice, or after expiry, is fine', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { lease } = granted(await shared(endpoint));
    await expire(lease.id);
    await releaseLease(t.rotator, { ...endpoint, leaseId: lease.id });
    await releaseLease(t.rotator, { ...endpoint, leaseId: lease.id });
  });

  test('a lease counts from the moment it is given, not from the moment it was asked for', async () => {
    const endpoint = await makeEndpoint(t.db);
    const locked = Promise.withResolvers<void>();
    const holding = t.db.transaction({ tenant: endpoint.orgId }, async (tx) => {
      await tx.$queryRaw`SELECT 1 AS one FROM login_identity WHERE id = ${endpoint.loginIdentity} FOR UPDATE`;
      locked.resolve();
      await delay(700);
      return Date.now();
    });
    await locked.promise;
    const { lease } = granted(await shared(endpoint, 'agent', 1000));
    expect(lease.expiresAt.getTime() - (await holding)).toBeGreaterThan(900);
  });
});

describe('neither kind starves the other', () => {
  test('a writer intent stops new readers, those that live may end, then it is granted', async () => {
    const endpoint = await makeEndpoint(t.db);
    const reader = granted(await shared(endpoint));
    expect(await exclusive(endpoint)).toEqual({ granted: false, reason: 'in_use' });
    expect(await shared(endpoint, 'late')).toEqual({ granted: false, reason: 'exclusive_wanted' });
    expect(await exclusive(endpoint, 'another')).toEqual({ granted: false, reason: 'exclusive_wanted' });
    await releaseLease(t.rotator, { ...endpoint, leaseId: reader.lease.id });
    const changer = granted(await exclusive(endpoint));
    await releaseLease(t.rotator, { ...endpoint, leaseId: changer.lease.id });
    granted(await shared(endpoint, 'late'));
  });

  test('a writer intent ends by itself, and can be withdrawn only by who has it', async () => {
    const endpoint = await makeEndpoint(t.db);
    granted(await shared(endpoint));
    await exclusive(endpoint, 'rotator');
    expect(await shared(endpoint)).toMatchObject({ reason: 'exclusive_wanted' });
    await t.sql(`UPDATE login_identity SET exclusive_wanted_until = clock_timestamp() - interval '1 ms' WHERE id = $1`, [endpoint.loginIdentity]);
    granted(await shared(endpoint));
    await exclusive(endpoint, 'rotator');
    await withdrawWriterIntent(t.rotator, { ...endpoint, holder: 'another' });
    expect(await shared(endpoint)).toMatchObject({ reason: 'exclusive_wanted' });
    await withdrawWriterIntent(t.rotator, { ...endpoint, holder: 'rotator' });
    granted(await shared(endpoint));
  });

  test('a writer intent that is renewed for ever ends at its limit, and readers get a turn before the next', async () => {
    const endpoint = await makeEndpoint(t.db);
    granted(await shared(endpoint));
    await exclusive(endpoint);
    const age = (ms: number) =>
      t.sql(
        `UPDATE login_identity SET exclusive_wanted_since = exclusive_wanted_since - $2 * interval '1 ms', exclusive_wanted_until = exclusive_wanted_until - $2 * interval '1 ms',
                    exclusive_rest_until = exclusive_rest_until - $2 * interval '1 ms' WHERE id = $1`,
        [endpoint.loginIdentity, ms],
      );
    for (let polled = 0; polled < INTENT_LIMIT_MS; polled += 20_000) {
      expect(await exclusive(endpoint)).toEqual({ granted: false, reason: 'in_use' });
      expect(await shared(endpoint)).toMatchObject({ reason: 'exclusive_wanted' });
      await age(20_000);
    }
    expect(await exclusive(endpoint)).toEqual({ granted: false, reason: 'in_use' });
    granted(await shared(endpoint));
    await age(20_000);
    await exclusive(endpoint);
    expect(await shared(endpoint)).toMatchObject({ reason: 'exclusive_wanted' });
  });
});
