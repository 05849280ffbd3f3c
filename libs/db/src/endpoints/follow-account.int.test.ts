import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acquireSharedLease } from '../leases/acquire.ts';
import { listLeases, releaseLease } from '../leases/upkeep.ts';
import { type Account, BUDGET, Logins } from '../ledger/account.fixture.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { remainingBudget } from '../ledger/budget.ts';
import { exclusiveLease, identityOf, makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { reserveTotpStep } from '../totp.ts';
import { type AccountFollowed, followAccount } from './follow-account.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

const another = () => ({ id: identityOf(randomUUID()), keyId: '1' });
const identityNow = async ({ endpointId }: TestEndpoint) =>
  (await t.sql<{ id: string }>('SELECT login_identity AS id FROM integration_endpoint WHERE id = $1', [endpointId]))[0]?.id;
const knownOf = async (loginIdentity: string) => {
  const count = async (table: string) => (await t.sql(`SELECT FROM ${table} WHERE login_identity = $1`, [loginIdentity])).length;
  return { logins: await count('login_attempt'), words: await count('login_clearance'), rotations: await count('rotation_attempt') };
};

/** A login that has failed once, with a person's word and a rotation that is over; nobody has a lease. */
async function used(of: Partial<TestEndpoint> = {}): Promise<Account> {
  const on = await logins.account(undefined, of);
  await logins.login(on, 'rejected');
  await clearLogin(t.rotator, { ...on, kind: 'retry', actor: 'person:jane', reason: 'r' });
  await releaseLease(t.agent, on);
  const { attemptId, leaseId } = await plannedAttempt(t.rotator, on);
  await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE id = $1`, [attemptId]);
  await releaseLease(t.rotator, { leaseId, orgId: on.orgId });
  return on;
}

/** Under the exclusive lease of its own, where no other is given. */
async function follow(
  on: TestEndpoint,
  to = another(),
  rest: { readonly leaseId?: string; readonly because?: 'account' | 'realm' } = {},
): Promise<AccountFollowed> {
  const leaseId = rest.leaseId ?? (await exclusiveLease(t.rotator, on)).id;
  return followAccount(t.rotator, { ...on, from: on.loginIdentity, to, leaseId, actor: 'rotator-1', because: rest.because ?? 'account' });
}

describe('a row that follows its secret to another account', () => {
  test('takes with it what the ledger knows, its rotations and a person’s words, and the lease is gone', async () => {
    const on = await used();
    const to = another();
    expect(await follow(on, to)).toBe('followed');
    expect(await identityNow(on)).toBe(to.id);
    expect([await knownOf(on.loginIdentity), await knownOf(to.id)]).toEqual([
      { logins: 0, words: 0, rotations: 0 },
      { logins: 1, words: 1, rotations: 1 },
    ]);
    expect((await listLeases(t.rotator)).filter(({ endpointId }) => endpointId === on.endpointId)).toEqual([]);
    expect((await remainingBudget(t.agent, { ...on, loginIdentity: to.id })).failuresLeft).toBe(BUDGET - 1);
    expect(await t.sql('SELECT key_id FROM login_identity WHERE id = $1', [to.id])).toEqual([{ key_id: '1' }]);
  });

  test.each([
    ['account', ['other_account']],
    ['realm', []],
  ] as const)('is audited, and people are told only where a person changed the account: %s', async (because, kinds) => {
    const on = await used();
    await follow(on, another(), { because });
    expect(await t.sql(`SELECT actor, action, subject FROM audit_event WHERE org_id = $1 AND action = 'endpoint.account_followed'`, [on.orgId])).toEqual([
      { actor: 'rotator-1', action: 'endpoint.account_followed', subject: on.endpointId },
    ]);
    expect((await t.sql<{ kind: string }>('SELECT kind FROM notice WHERE endpoint_id = $1', [on.endpointId])).map(({ kind }) => kind)).toEqual(kinds);
  });

  test('does not follow where it cannot be audited', async () => {
    const on = await used();
    const lease = await exclusiveLease(t.rotator, on);
    const unnamed = followAccount(t.rotator, { ...on, from: on.loginIdentity, to: another(), leaseId: lease.id, actor: '', because: 'realm' });
    await expect(unnamed).rejects.toMatchObject({ code: 'input_invalid' });
    expect([await identityNow(on), await knownOf(on.loginIdentity)]).toEqual([on.loginIdentity, { logins: 1, words: 1, rotations: 1 }]);
  });

  test('is followed by the others of its organization that share the secret, and not by those with one of their own', async () => {
    const on = await used();
    const sharing = await used({ orgId: on.orgId, loginIdentity: on.loginIdentity, secretArn: on.secretArn });
    const own = await used({ orgId: on.orgId, loginIdentity: on.loginIdentity });
    const to = another();
    expect(await follow(on, to)).toBe('followed');
    expect([await identityNow(on), await identityNow(sharing), await identityNow(own)]).toEqual([to.id, to.id, own.loginIdentity]);
    // Somebody has the old account still: what its portal counts stays with it.
    expect([await knownOf(own.loginIdentity), await knownOf(to.id)]).toEqual([
      { logins: 3, words: 3, rotations: 1 },
      { logins: 0, words: 0, rotations: 2 },
    ]);
  });

  test('moves no row of another organization, and what is known stays for as long as that has the account', async () => {
    const firm = await used();
    const hospital = await used({ loginIdentity: firm.loginIdentity });
    const to = another();
    expect(await follow(firm, to)).toBe('followed');
    expect([await identityNow(firm), await identityNow(hospital)]).toEqual([to.id, hospital.loginIdentity]);
    expect(await knownOf(hospital.loginIdentity)).toEqual({ logins: 2, words: 2, rotations: 1 });
    expect(await follow(hospital, to)).toBe('followed');
    expect([await knownOf(hospital.loginIdentity), await knownOf(to.id)]).toEqual([
      { logins: 0, words: 0, rotations: 0 },
      { logins: 2, words: 2, rotations: 2 },
    ]);
  });

  test('without a secret follows alone', async () => {
    const on = await used();
    await t.sql('UPDATE integration_endpoint SET secret_arn = NULL WHERE id = $1', [on.endpointId]);
    const to = another();
    expect(await follow(on, to)).toBe('followed');
    expect(await identityNow(on)).toBe(to.id);
  });

  test.each([
    [7n, 9n, 9n],
    [9n, 7n, 9n],
  ])('uses no one-time code twice: steps %i and %i', async (was, becomes, step) => {
    const [on, other] = [await used(), await used()];
    for (const [each, last] of [
      [on, was],
      [other, becomes],
    ] as const)
      await t.sql('UPDATE login_identity SET last_totp_step = $2 WHERE id = $1', [each.loginIdentity, last]);
    expect(await follow(on, { id: other.loginIdentity, keyId: '1' })).toBe('followed');
    expect(await t.sql('SELECT last_totp_step AS step FROM login_identity WHERE id = $1', [other.loginIdentity])).toEqual([{ step: String(step) }]);
    expect(await reserveTotpStep(t.agent, { ...other, periodSeconds: 30, skew: 1 })).toHaveProperty('step');
  });
});

describe('a row does not follow', () => {
  test('where it has another identity already', async () => {
    const on = await used();
    const lease = await exclusiveLease(t.rotator, on);
    const from = identityOf('before');
    expect(await followAccount(t.rotator, { ...on, from, to: another(), leaseId: lease.id, actor: 'a', because: 'realm' })).toBe('moved');
  });

  test('without the live exclusive lease of its own organization', async () => {
    const firm = await used();
    const hospital = await used({ loginIdentity: firm.loginIdentity });
    expect(await follow(firm, another(), { leaseId: randomUUID() })).toBe('in_use');
    const reader = await logins.leased(firm);
    expect(await follow(firm, another(), { leaseId: reader.leaseId })).toBe('in_use');
    await releaseLease(t.agent, reader);
    const theirs = await exclusiveLease(t.rotator, hospital);
    expect(await follow(firm, another(), { leaseId: theirs.id })).toBe('in_use');
    await releaseLease(t.rotator, { leaseId: theirs.id, orgId: hospital.orgId });
    const own = await exclusiveLease(t.rotator, firm);
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [own.id]);
    expect(await follow(firm, another(), { leaseId: own.id })).toBe('in_use');
    await expect(follow(firm, another(), { leaseId: 'mine' })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await identityNow(firm)).toBe(firm.loginIdentity);
  });

  test('while somebody is at the other account, until their lease has run out', async () => {
    const [on, other] = [await used(), await used()];
    const reader = await logins.leased(other);
    const to = { id: other.loginIdentity, keyId: '1' };
    const leaseId = (await exclusiveLease(t.rotator, on)).id;
    expect(await follow(on, to, { leaseId })).toBe('in_use');
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [reader.leaseId]);
    expect(await follow(on, to, { leaseId })).toBe('followed');
  });

  test('while a rotation of either account is open, whoever’s', async () => {
    const [on, other] = [await used(), await used()];
    const to = { id: other.loginIdentity, keyId: '1' };
    const theirs = await plannedAttempt(t.rotator, other);
    expect(await follow(on, to)).toBe('rotation_open');
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE login_identity = $1', [on.loginIdentity]);
    await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE id = $1`, [theirs.attemptId]);
    const own = await plannedAttempt(t.rotator, on);
    expect(await follow(on, another(), { leaseId: own.leaseId })).toBe('rotation_open');
    expect(await identityNow(on)).toBe(on.loginIdentity);
  });

  test('for an agent, or to what is no identity', async () => {
    const on = await used();
    const leaseId = (await exclusiveLease(t.rotator, on)).id;
    const asked = { ...on, from: on.loginIdentity, to: another(), leaseId, actor: 'a', because: 'account' } as const;
    await expect(followAccount(t.agent, asked)).rejects.toMatchObject({ code: 'database_failed' });
    await expect(followAccount(t.rotator, { ...asked, to: { id: 'a user name', keyId: '1' } })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(followAccount(t.rotator, { ...asked, to: { ...another(), keyId: 'No!' } })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await identityNow(on)).toBe(on.loginIdentity);
  });
});

describe('with others at work', () => {
  test('whoever waits for the login meanwhile gets it where it is now', async () => {
    const on = await used();
    const to = another();
    const lease = await exclusiveLease(t.rotator, on);
    // Everybody waits for the row that is held here, and goes on as soon as it is not.
    const [locked, free] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const held = t.db.transaction({ tenant: on.orgId }, async (tx) => {
      await tx.$queryRaw`SELECT id FROM login_identity WHERE id = ${on.loginIdentity} FOR UPDATE`;
      locked.resolve(undefined);
      await free.promise;
    });
    await locked.promise;
    const waiting = (count: number) =>
      expect
        .poll(async () => (await t.sql(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)).length, {
          timeout: 60_000,
        })
        .toBe(count);
    const following = follow(on, to, { leaseId: lease.id });
    await waiting(1);
    const asking = acquireSharedLease(t.agent, { ...on, holder: 'agent', ttlMs: 60_000 });
    const telling = clearLogin(t.rotator, { ...on, kind: 'retry', actor: 'person:jane', reason: 'r' });
    await waiting(3);
    free.resolve(undefined);
    await held;
    expect(await following).toBe('followed');
    expect(await asking).toMatchObject({ granted: true, lease: { loginIdentity: to.id } });
    await telling;
    expect(await knownOf(to.id)).toMatchObject({ words: 2 });
  });

  test('of two that follow at once to each other’s account, or to the same new one, none is lost', async () => {
    const [one, two] = [await used(), await used()];
    const leases = [await exclusiveLease(t.rotator, one), await exclusiveLease(t.rotator, two)];
    const to = another();
    const both = await Promise.all([follow(one, to, { leaseId: leases[0]?.id ?? '' }), follow(two, to, { leaseId: leases[1]?.id ?? '' })]);
    expect(both).toEqual(['followed', 'followed']);
    expect([await identityNow(one), await identityNow(two)]).toEqual([to.id, to.id]);
    expect(await knownOf(to.id)).toEqual({ logins: 2, words: 2, rotations: 2 });
    const [three, four] = [await used(), await used()];
    const crossing = [await exclusiveLease(t.rotator, three), await exclusiveLease(t.rotator, four)];
    const answers = await Promise.all([
      follow(three, { id: four.loginIdentity, keyId: '1' }, { leaseId: crossing[0]?.id ?? '' }),
      follow(four, { id: three.loginIdentity, keyId: '1' }, { leaseId: crossing[1]?.id ?? '' }),
    ]);
    // Each holds what the other wants to go to.
    expect(answers).toEqual(['in_use', 'in_use']);
  });
});

test('an endpoint that nobody else has takes the new account’s limits, too', async () => {
  const on = await used();
  const to = another();
  await follow(on, to);
  const next = await logins.leased({ ...on, loginIdentity: to.id });
  expect(await logins.begin(next)).toMatchObject({ allowed: true });
  const elsewhere = await makeEndpoint(t.db);
  expect(await identityNow(elsewhere)).toBe(elsewhere.loginIdentity);
});
