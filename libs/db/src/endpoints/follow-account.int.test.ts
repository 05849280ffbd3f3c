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
  await clearLogin(t.rotator, { ...on, kind: 'retry', actor: 'person:os:jane', reason: 'r' });
  await releaseLease(t.agent, on);
  const { attemptId, leaseId } = await plannedAttempt(t.rotator, on);
  await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE id = $1`, [attemptId]);
  await releaseLease(t.rotator, { leaseId, orgId: on.orgId });
  return on;
}

/** Under the exclusive lease of its own, where no other is given. `knownAs`: nothing, or it is another account. */
async function follow(
  on: TestEndpoint,
  to = another(),
  rest: { readonly leaseId?: string; readonly knownAs?: readonly string[] } = {},
): Promise<AccountFollowed> {
  const leaseId = rest.leaseId ?? (await exclusiveLease(t.rotator, on)).id;
  return followAccount(t.rotator, { ...on, from: on.loginIdentity, to: [to], leaseId, actor: 'rotator-1', knownAs: rest.knownAs ?? [] });
}

/** The same account by another name; returns the endpoint as it is then. */
async function rename<E extends TestEndpoint>(on: E, to = another(), knownAs = [on.loginIdentity]): Promise<E> {
  expect(await follow(on, to, { knownAs })).toBe('renamed');
  return { ...on, loginIdentity: to.id };
}

async function left(on: TestEndpoint): Promise<number> {
  const { failuresLeft } = await remainingBudget(t.agent, { ...on, loginIdentity: (await identityNow(on)) ?? '' });
  return failuresLeft;
}

/** Fails once more, with a password that never cools down. */
async function fail(on: TestEndpoint): Promise<void> {
  const leased = await logins.leased({ ...on, loginIdentity: (await identityNow(on)) ?? '' });
  await logins.login(leased, 'rejected', { password: randomUUID() });
  await releaseLease(t.agent, leased);
}

const kindsOf = async (on: TestEndpoint) =>
  (await t.sql<{ kind: string }>('SELECT kind FROM notice WHERE endpoint_id = $1', [on.endpointId])).map(({ kind }) => kind);

describe('a row that follows its secret', () => {
  test('has the other account’s id, and the lease is gone', async () => {
    const on = await used();
    const to = another();
    expect(await follow(on, to)).toBe('followed');
    expect(await identityNow(on)).toBe(to.id);
    expect((await listLeases(t.rotator)).filter(({ endpointId }) => endpointId === on.endpointId)).toEqual([]);
    expect(await t.sql('SELECT key_id FROM login_identity WHERE id = $1', [to.id])).toEqual([{ key_id: '1' }]);
  });

  test.each([
    ['another account', ['other_account'], 'the secret names another account'],
    ['the same account', [], 'what counts as one account was defined anew'],
  ] as const)('is audited, and people are told only where a person changed the account: %s', async (which, kinds, reason) => {
    const on = await used();
    await follow(on, another(), { knownAs: which === 'the same account' ? [on.loginIdentity] : [] });
    expect(await t.sql(`SELECT actor, reason, subject FROM audit_event WHERE org_id = $1 AND action = 'endpoint.account_followed'`, [on.orgId])).toEqual([
      { actor: 'rotator-1', reason, subject: on.endpointId },
    ]);
    expect(await kindsOf(on)).toEqual(kinds);
  });

  test('does not follow where it cannot be audited', async () => {
    const on = await used();
    const lease = await exclusiveLease(t.rotator, on);
    const unnamed = followAccount(t.rotator, { ...on, from: on.loginIdentity, to: [another()], leaseId: lease.id, actor: '', knownAs: [on.loginIdentity] });
    await expect(unnamed).rejects.toMatchObject({ code: 'database_failed' });
    expect([await identityNow(on), await knownOf(on.loginIdentity)]).toEqual([on.loginIdentity, { logins: 1, words: 1, rotations: 1 }]);
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

describe('to another account, a row', () => {
  test('takes nothing along that is known of the old one, though nobody has that any more: its copies are not the other’s to remove', async () => {
    const on = await used();
    const to = another();
    await follow(on, to);
    expect([await knownOf(on.loginIdentity), await knownOf(to.id)]).toEqual([
      { logins: 1, words: 1, rotations: 1 },
      { logins: 0, words: 0, rotations: 0 },
    ]);
    expect(await left({ ...on, loginIdentity: to.id })).toBe(BUDGET);
  });

  test('that somebody has, brings no failures to it, and takes its failures for its own', async () => {
    const [on, other] = [await used(), await used()];
    await fail(other);
    await follow(on, { id: other.loginIdentity, keyId: '1' });
    expect([await left(on), await left(other)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });

  test('and back again finds the failures that it had', async () => {
    const on = await used();
    await fail(on);
    const there = another();
    await follow(on, there);
    await fail(on);
    expect(await left(on)).toBe(BUDGET - 1);
    expect(await follow({ ...on, loginIdentity: there.id }, { id: on.loginIdentity, keyId: '1' })).toBe('followed');
    expect(await left(on)).toBe(BUDGET - 2);
  });

  test('leaves a lock and a cool-down where they are', async () => {
    const on = await used();
    const leased = await logins.leased(on);
    await logins.login(leased, 'locked', { password: 'another' });
    await releaseLease(t.agent, leased);
    const there = another();
    await follow(on, there);
    expect(await left(on)).toBe(BUDGET);
    await follow({ ...on, loginIdentity: there.id }, { id: on.loginIdentity, keyId: '1' });
    expect(await left(on)).toBe(0);
  });

  test('is followed by the others of its organization that share the secret, and by nobody else', async () => {
    const on = await used();
    const sharing = await used({ orgId: on.orgId, loginIdentity: on.loginIdentity, secretArn: on.secretArn });
    const own = await used({ orgId: on.orgId, loginIdentity: on.loginIdentity });
    const hospital = await makeEndpoint(t.db, { loginIdentity: on.loginIdentity });
    const to = another();
    expect(await follow(on, to)).toBe('followed');
    expect([await identityNow(on), await identityNow(sharing)]).toEqual([to.id, to.id]);
    expect([await identityNow(own), await identityNow(hospital)]).toEqual([on.loginIdentity, on.loginIdentity]);
    expect([await knownOf(own.loginIdentity), await knownOf(to.id)]).toEqual([
      { logins: 3, words: 3, rotations: 3 },
      { logins: 0, words: 0, rotations: 0 },
    ]);
  });

  test('an agent’s login that was under way counts at the account where it was made', async () => {
    const on = await used();
    const agent = await logins.leased(on);
    const begun = await logins.with(agent, 'late');
    if (!begun.allowed) throw new Error(begun.reason);
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [agent.leaseId]);
    const there = another();
    await follow(on, there);
    await logins.end(agent, begun.loginAttemptId, 'rejected');
    expect(await left(on)).toBe(BUDGET);
    await follow({ ...on, loginIdentity: there.id }, { id: on.loginIdentity, keyId: '1' });
    expect(await left(on)).toBe(BUDGET - 2);
  });

  test('joins those who are at it, who keep their leases', async () => {
    const [on, other] = [await used(), await used()];
    const reader = await logins.leased(other);
    expect(await follow(on, { id: other.loginIdentity, keyId: '1' })).toBe('followed');
    expect(await logins.begin(reader)).toMatchObject({ allowed: true });
  });
});

describe('the same account by another name', () => {
  test('has one id and one budget: everybody who has it goes along, whoever they are, with all that is known', async () => {
    const firm = await used();
    const hospital = await used({ loginIdentity: firm.loginIdentity });
    const to = another();
    const renamed = await rename(firm, to);
    expect([await identityNow(firm), await identityNow(hospital)]).toEqual([to.id, to.id]);
    expect([await knownOf(firm.loginIdentity), await knownOf(to.id)]).toEqual([
      { logins: 0, words: 0, rotations: 0 },
      { logins: 2, words: 2, rotations: 2 },
    ]);
    await fail(hospital);
    expect([await left(renamed), await left(hospital)]).toEqual([BUDGET - 3, BUDGET - 3]);
    const again = await logins.leased(renamed);
    expect(await logins.with(again, 'one more')).toMatchObject({ allowed: false, reason: 'budget_spent' });
  });

  test('that others have already, is one with theirs', async () => {
    const [on, other] = [await used(), await used()];
    await rename(on, { id: other.loginIdentity, keyId: '1' });
    expect([await left(on), await left(other)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });

  test('and by the old one again, has what it had', async () => {
    const on = await used();
    const there = await rename(on);
    await fail(there);
    await rename(there, { id: on.loginIdentity, keyId: '1' });
    expect(await left(on)).toBe(BUDGET - 2);
    await rename(on, { id: there.loginIdentity, keyId: '1' });
    expect(await left(there)).toBe(BUDGET - 2);
  });

  test('a login that was under way counts, whichever way it ends', async () => {
    const on = await used();
    const agent = await logins.leased(on);
    const begun = await logins.with(agent, 'late');
    if (!begun.allowed) throw new Error(begun.reason);
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [agent.leaseId]);
    await rename(on);
    expect(await left(on)).toBe(BUDGET - 2);
    await logins.end(agent, begun.loginAttemptId, 'locked');
    expect(await left(on)).toBe(0);
  });
});

describe('what was one account and is several', () => {
  /** Two logins of two organizations that were one, of which the first goes by a new name, and the second by its own. */
  async function parted() {
    const one = await used();
    const two = await used({ loginIdentity: one.loginIdentity });
    const renamed = await rename(one);
    const to = another();
    const asked = { leaseId: (await exclusiveLease(t.rotator, { ...two, loginIdentity: renamed.loginIdentity })).id, knownAs: [one.loginIdentity] };
    expect(await follow({ ...two, loginIdentity: renamed.loginIdentity }, to, asked)).toBe('parted');
    return { formerly: one.loginIdentity, one: renamed, two: { ...two, loginIdentity: to.id } };
  }

  test('counts at each what was tried before, and from then on only its own', async () => {
    const { one, two } = await parted();
    expect([await identityNow(one), await identityNow(two)]).toEqual([one.loginIdentity, two.loginIdentity]);
    expect([await left(one), await left(two)]).toEqual([BUDGET - 2, BUDGET - 2]);
    await fail(one);
    expect([await left(one), await left(two)]).toEqual([0, BUDGET - 2]);
    const leased = await logins.leased(two);
    await logins.login(leased, 'accepted');
    expect([await left(one), await left(two)]).toEqual([0, BUDGET]);
    expect(await kindsOf(two)).toEqual([]);
  });

  test('has the lock and the cool-down of before at each, until a person says that it is over', async () => {
    const one = await used();
    const two = await used({ loginIdentity: one.loginIdentity });
    const leased = await logins.leased(one);
    await logins.login(leased, 'locked', { password: 'another', throttledUntil: new Date(Date.now() + 3_600_000) });
    await releaseLease(t.agent, leased);
    const renamed = await rename(one);
    const to = another();
    expect(await follow({ ...two, loginIdentity: renamed.loginIdentity }, to, { knownAs: [one.loginIdentity] })).toBe('parted');
    expect([await left(one), await left(two)]).toEqual([0, 0]);
    await clearLogin(t.rotator, { ...two, kind: 'unlocked', actor: 'person:os:jane', reason: 'r' });
    expect([await left(one), await left(two)]).toEqual([0, BUDGET]);
  });

  test('counts it still when either of them goes by yet another name', async () => {
    const { one, two } = await parted();
    const [first, second] = [await rename(one), await rename(two)];
    expect([await left(first), await left(second)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });

  test('lets each of two that share a secret go by its own realm, and neither takes the other one along', async () => {
    const north = await used();
    const shared = { orgId: north.orgId, loginIdentity: north.loginIdentity, secretArn: north.secretArn };
    const south = await makeEndpoint(t.db, { ...shared, portal: { code: 'south' } });
    const [there, toSouth] = [await rename(north), another()];
    expect(await identityNow(south)).toBe(there.loginIdentity);
    expect(await follow({ ...south, loginIdentity: there.loginIdentity }, toSouth, { knownAs: [north.loginIdentity] })).toBe('parted');
    expect([await identityNow(north), await identityNow(south)]).toEqual([there.loginIdentity, toSouth.id]);
    const elsewhere = another();
    expect(await follow(there, elsewhere)).toBe('followed');
    expect([await identityNow(north), await identityNow(south)]).toEqual([elsewhere.id, toSouth.id]);
  });

  test('counts it once when they are one again', async () => {
    const { one, two } = await parted();
    await rename(two, { id: one.loginIdentity, keyId: '1' });
    expect([await left(one), await left(two)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });

  test('is known by the name that it had, where a process that knows no later one takes it back', async () => {
    const on = await used();
    const renamed = await rename(on);
    expect(await follow(renamed, { id: on.loginIdentity, keyId: '1' })).toBe('parted');
    expect(await left(on)).toBe(BUDGET - 1);
  });
});

describe('a row does not follow', () => {
  test('where it has another identity already', async () => {
    const on = await used();
    const lease = await exclusiveLease(t.rotator, on);
    const from = identityOf('before');
    expect(await followAccount(t.rotator, { ...on, from, to: [another()], leaseId: lease.id, actor: 'a', knownAs: [] })).toBe('moved');
    expect(await follow(on, { id: on.loginIdentity, keyId: '1' }, { leaseId: lease.id })).toBe('moved');
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

  test('while somebody has the other account for themselves, until their lease has run out', async () => {
    const [on, other] = [await used(), await used()];
    const theirs = await exclusiveLease(t.rotator, other);
    const to = { id: other.loginIdentity, keyId: '1' };
    const leaseId = (await exclusiveLease(t.rotator, on)).id;
    expect(await follow(on, to, { leaseId })).toBe('in_use');
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [theirs.id]);
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
    const asked = { ...on, from: on.loginIdentity, to: [another()], leaseId, actor: 'a', knownAs: [] } as const;
    await expect(followAccount(t.agent, asked)).rejects.toMatchObject({ code: 'database_failed' });
    await expect(followAccount(t.rotator, { ...asked, to: [{ id: 'a user name', keyId: '1' }] })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(followAccount(t.rotator, { ...asked, to: [{ ...another(), keyId: 'No!' }, another()] })).rejects.toMatchObject({ code: 'input_invalid' });
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
    const telling = clearLogin(t.rotator, { ...on, kind: 'retry', actor: 'person:os:jane', reason: 'r' });
    await waiting(3);
    free.resolve(undefined);
    await held;
    expect(await following).toBe('followed');
    expect(await asking).toMatchObject({ granted: true, lease: { loginIdentity: to.id } });
    await telling;
    expect(await knownOf(to.id)).toMatchObject({ words: 1 });
  });

  test('of two that follow at once to each other’s account, or to the same new one, none is lost', async () => {
    const [one, two] = [await used(), await used()];
    const leases = [await exclusiveLease(t.rotator, one), await exclusiveLease(t.rotator, two)];
    const to = another();
    const both = await Promise.all([follow(one, to, { leaseId: leases[0]?.id ?? '' }), follow(two, to, { leaseId: leases[1]?.id ?? '' })]);
    expect(both).toEqual(['followed', 'followed']);
    expect([await identityNow(one), await identityNow(two)]).toEqual([to.id, to.id]);
    for (const { loginIdentity } of [one, two]) expect(await knownOf(loginIdentity)).toEqual({ logins: 1, words: 1, rotations: 1 });
    const [three, four] = [await used(), await used()];
    const crossing = [await exclusiveLease(t.rotator, three), await exclusiveLease(t.rotator, four)];
    const answers = await Promise.all([
      follow(three, { id: four.loginIdentity, keyId: '1' }, { leaseId: crossing[0]?.id ?? '' }),
      follow(four, { id: three.loginIdentity, keyId: '1' }, { leaseId: crossing[1]?.id ?? '' }),
    ]);
    // Each holds what the other wants to go to.
    expect(answers).toEqual(['in_use', 'in_use']);
  });

  test('of two organizations whose account has another name at once, one lets it have that, and the other one’s row is there', async () => {
    const firm = await used();
    const hospital = await used({ loginIdentity: firm.loginIdentity });
    const to = another();
    const lease = await exclusiveLease(t.rotator, firm);
    const asked = { leaseId: lease.id, knownAs: [firm.loginIdentity] };
    const answers = await Promise.all([follow(firm, to, asked), follow(firm, to, asked), follow(hospital, to, asked)]);
    expect(answers.filter((answer) => answer === 'renamed')).toHaveLength(1);
    expect(answers.every((answer) => ['renamed', 'moved', 'in_use'].includes(answer))).toBe(true);
    expect([await identityNow(firm), await identityNow(hospital)]).toEqual([to.id, to.id]);
    expect([await left(firm), await left(hospital)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });
});

describe('whatever rows follow whichever names of one account', () => {
  /** Small and the same every time. */
  function* drawn(seed: number): Generator<number, never> {
    for (let state = seed; ;) yield (state = (state * 48271) % 2147483647);
  }

  test.each([1, 2, 3, 4, 5, 6])('no more logins fail than the account has (%i)', async (seed) => {
    const draw = drawn(seed * 7919);
    const names = [another(), another(), another()];
    const pick = <V>(from: readonly V[]): V => from[draw.next().value % from.length] as V;
    const ids = names.map(({ id }) => id);
    await t.sql('INSERT INTO login_identity (id) SELECT unnest($1::text[])', [ids]);
    const [home = ''] = ids;
    const doors = [
      await makeEndpoint(t.db, { loginIdentity: home }),
      await makeEndpoint(t.db, { loginIdentity: home }),
      await makeEndpoint(t.db, { loginIdentity: home }),
    ];
    let failed = 0;
    for (let step = 0; step < 25; step += 1) {
      const door = pick(doors);
      const on = { ...door, loginIdentity: (await identityNow(door)) ?? '' };
      if (pick([true, false])) {
        const to = pick(names);
        const lease = await exclusiveLease(t.rotator, on);
        const answer = await follow(on, to, { leaseId: lease.id, knownAs: ids });
        expect(answer).toBe(to.id === on.loginIdentity ? 'moved' : 'renamed');
        if (answer === 'moved') await releaseLease(t.rotator, { leaseId: lease.id, orgId: on.orgId });
      } else {
        const leased = await logins.leased(on);
        const begun = await logins.with(leased, randomUUID());
        if (begun.allowed) {
          failed += 1;
          if (pick([true, false])) await logins.end(leased, begun.loginAttemptId, 'rejected');
        }
        await releaseLease(t.agent, leased);
      }
    }
    expect(failed).toBeLessThanOrEqual(BUDGET);
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
