import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseLease } from '../leases/upkeep.ts';
import { BUDGET, Logins } from '../ledger/account.fixture.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { exclusiveLease, makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { another, Followers } from './follow-account.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);
const rows = new Followers(() => t);

describe('the same account by another name', () => {
  test('has one id and one budget: everybody who has it goes along, whoever they are, with all that is known', async () => {
    const firm = await rows.used();
    const hospital = await rows.used({ loginIdentity: firm.loginIdentity });
    const to = another();
    const renamed = await rows.rename(firm, to);
    expect([await rows.identityNow(firm), await rows.identityNow(hospital)]).toEqual([to.id, to.id]);
    expect([await rows.knownOf(firm.loginIdentity), await rows.knownOf(to.id)]).toEqual([
      { logins: 0, words: 0, rotations: 0 },
      { logins: 2, words: 2, rotations: 2 },
    ]);
    await rows.fail(hospital);
    expect([await rows.left(renamed), await rows.left(hospital)]).toEqual([BUDGET - 3, BUDGET - 3]);
    const again = await logins.leased(renamed);
    expect(await logins.with(again, 'one more')).toMatchObject({ allowed: false, reason: 'budget_spent' });
  });

  test('that others have already, is one with theirs', async () => {
    const [on, other] = [await rows.used(), await rows.used()];
    await rows.rename(on, { id: other.loginIdentity, keyId: '1' });
    expect([await rows.left(on), await rows.left(other)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });

  test('and by the old one again, has what it had', async () => {
    const on = await rows.used();
    const there = await rows.rename(on);
    await rows.fail(there);
    await rows.rename(there, { id: on.loginIdentity, keyId: '1' });
    expect(await rows.left(on)).toBe(BUDGET - 2);
    await rows.rename(on, { id: there.loginIdentity, keyId: '1' });
    expect(await rows.left(there)).toBe(BUDGET - 2);
  });

  test('a login that was under way counts, whichever way it ends', async () => {
    const on = await rows.used();
    const agent = await logins.leased(on);
    const begun = await logins.with(agent, 'late');
    if (!begun.allowed) throw new Error(begun.reason);
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [agent.leaseId]);
    await rows.rename(on);
    expect(await rows.left(on)).toBe(BUDGET - 2);
    await logins.end(agent, begun.loginAttemptId, 'locked');
    expect(await rows.left(on)).toBe(0);
  });
});

describe('what was one account and is several', () => {
  /** Two logins of two organizations that were one, of which the first goes by a new name, and the second by its own. */
  async function parted() {
    const one = await rows.used();
    const two = await rows.used({ loginIdentity: one.loginIdentity });
    const renamed = await rows.rename(one);
    const to = another();
    const asked = { leaseId: (await exclusiveLease(t.rotator, { ...two, loginIdentity: renamed.loginIdentity })).id, knownAs: [one.loginIdentity] };
    expect(await rows.follow({ ...two, loginIdentity: renamed.loginIdentity }, to, asked)).toBe('parted');
    return { formerly: one.loginIdentity, one: renamed, two: { ...two, loginIdentity: to.id } };
  }

  test('counts at each what was tried before, and from then on only its own', async () => {
    const { one, two } = await parted();
    expect([await rows.identityNow(one), await rows.identityNow(two)]).toEqual([one.loginIdentity, two.loginIdentity]);
    expect([await rows.left(one), await rows.left(two)]).toEqual([BUDGET - 2, BUDGET - 2]);
    await rows.fail(one);
    expect([await rows.left(one), await rows.left(two)]).toEqual([0, BUDGET - 2]);
    const leased = await logins.leased(two);
    await logins.login(leased, 'accepted');
    expect([await rows.left(one), await rows.left(two)]).toEqual([0, BUDGET]);
    expect(await rows.kindsOf(two)).toEqual([]);
  });

  test('has the lock and the cool-down of before at each, until a person says that it is over', async () => {
    const one = await rows.used();
    const two = await rows.used({ loginIdentity: one.loginIdentity });
    const leased = await logins.leased(one);
    await logins.login(leased, 'locked', { password: 'another', throttledUntil: new Date(Date.now() + 3_600_000) });
    await releaseLease(t.agent, leased);
    const renamed = await rows.rename(one);
    const to = another();
    expect(await rows.follow({ ...two, loginIdentity: renamed.loginIdentity }, to, { knownAs: [one.loginIdentity] })).toBe('parted');
    expect([await rows.left(one), await rows.left(two)]).toEqual([0, 0]);
    await clearLogin(t.rotator, { ...two, kind: 'unlocked', actor: 'person:os:jane', reason: 'r' });
    expect([await rows.left(one), await rows.left(two)]).toEqual([0, BUDGET]);
  });

  test('counts it still when either of them goes by yet another name', async () => {
    const { one, two } = await parted();
    const [first, second] = [await rows.rename(one), await rows.rename(two)];
    expect([await rows.left(first), await rows.left(second)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });

  test('lets each of two that share a secret go by its own realm, and neither takes the other one along', async () => {
    const north = await rows.used();
    const shared = { orgId: north.orgId, loginIdentity: north.loginIdentity, secretArn: north.secretArn };
    const south = await makeEndpoint(t.db, { ...shared, portal: { code: 'south' } });
    const [there, toSouth] = [await rows.rename(north), another()];
    expect(await rows.identityNow(south)).toBe(there.loginIdentity);
    expect(await rows.follow({ ...south, loginIdentity: there.loginIdentity }, toSouth, { knownAs: [north.loginIdentity] })).toBe('parted');
    expect([await rows.identityNow(north), await rows.identityNow(south)]).toEqual([there.loginIdentity, toSouth.id]);
    const elsewhere = another();
    expect(await rows.follow(there, elsewhere)).toBe('followed');
    expect([await rows.identityNow(north), await rows.identityNow(south)]).toEqual([elsewhere.id, toSouth.id]);
  });

  test('counts it once when they are one again', async () => {
    const { one, two } = await parted();
    await rows.rename(two, { id: one.loginIdentity, keyId: '1' });
    expect([await rows.left(one), await rows.left(two)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });

  test('is known by the name that it had, where a process that knows no later one takes it back', async () => {
    const on = await rows.used();
    const renamed = await rows.rename(on);
    expect(await rows.follow(renamed, { id: on.loginIdentity, keyId: '1' })).toBe('parted');
    expect(await rows.left(on)).toBe(BUDGET - 1);
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
      const on = { ...door, loginIdentity: (await rows.identityNow(door)) ?? '' };
      if (pick([true, false])) {
        const to = pick(names);
        const lease = await exclusiveLease(t.rotator, on);
        const answer = await rows.follow(on, to, { leaseId: lease.id, knownAs: ids });
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
