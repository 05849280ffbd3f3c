import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseLease } from '../leases/upkeep.ts';
import { BUDGET, Logins } from '../ledger/account.fixture.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { another, Followers } from './follow-account.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);
const rows = new Followers(() => t);

describe('to another account, a row', () => {
  test('takes nothing along that is known of the old one, though nobody has that any more: its copies are not the other’s to remove', async () => {
    const on = await rows.used();
    const to = another();
    await rows.follow(on, to);
    expect([await rows.knownOf(on.loginIdentity), await rows.knownOf(to.id)]).toEqual([
      { logins: 1, words: 1, rotations: 1 },
      { logins: 0, words: 0, rotations: 0 },
    ]);
    expect(await rows.left({ ...on, loginIdentity: to.id })).toBe(BUDGET);
  });

  test('that somebody has, brings no failures to it, and takes its failures for its own', async () => {
    const [on, other] = [await rows.used(), await rows.used()];
    await rows.fail(other);
    await rows.follow(on, { id: other.loginIdentity, keyId: '1' });
    expect([await rows.left(on), await rows.left(other)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });

  test('and back again finds the failures that it had', async () => {
    const on = await rows.used();
    await rows.fail(on);
    const there = another();
    await rows.follow(on, there);
    await rows.fail(on);
    expect(await rows.left(on)).toBe(BUDGET - 1);
    expect(await rows.follow({ ...on, loginIdentity: there.id }, { id: on.loginIdentity, keyId: '1' })).toBe('followed');
    expect(await rows.left(on)).toBe(BUDGET - 2);
  });

  test('leaves a lock and a cool-down where they are', async () => {
    const on = await rows.used();
    const leased = await logins.leased(on);
    await logins.login(leased, 'locked', { password: 'another' });
    await releaseLease(t.agent, leased);
    const there = another();
    await rows.follow(on, there);
    expect(await rows.left(on)).toBe(BUDGET);
    await rows.follow({ ...on, loginIdentity: there.id }, { id: on.loginIdentity, keyId: '1' });
    expect(await rows.left(on)).toBe(0);
  });

  test('is followed by the others of its organization that share the secret, and by nobody else', async () => {
    const on = await rows.used();
    const sharing = await rows.used({ orgId: on.orgId, loginIdentity: on.loginIdentity, secretArn: on.secretArn });
    const own = await rows.used({ orgId: on.orgId, loginIdentity: on.loginIdentity });
    const hospital = await makeEndpoint(t.db, { loginIdentity: on.loginIdentity });
    const to = another();
    expect(await rows.follow(on, to)).toBe('followed');
    expect([await rows.identityNow(on), await rows.identityNow(sharing)]).toEqual([to.id, to.id]);
    expect([await rows.identityNow(own), await rows.identityNow(hospital)]).toEqual([on.loginIdentity, on.loginIdentity]);
    expect([await rows.knownOf(own.loginIdentity), await rows.knownOf(to.id)]).toEqual([
      { logins: 3, words: 3, rotations: 3 },
      { logins: 0, words: 0, rotations: 0 },
    ]);
  });

  test('an agent’s login that was under way counts at the account where it was made', async () => {
    const on = await rows.used();
    const agent = await logins.leased(on);
    const begun = await logins.with(agent, 'late');
    if (!begun.allowed) throw new Error(begun.reason);
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [agent.leaseId]);
    const there = another();
    await rows.follow(on, there);
    await logins.end(agent, begun.loginAttemptId, 'rejected');
    expect(await rows.left(on)).toBe(BUDGET);
    await rows.follow({ ...on, loginIdentity: there.id }, { id: on.loginIdentity, keyId: '1' });
    expect(await rows.left(on)).toBe(BUDGET - 2);
  });

  test('joins those who are at it, who keep their leases', async () => {
    const [on, other] = [await rows.used(), await rows.used()];
    const reader = await logins.leased(other);
    expect(await rows.follow(on, { id: other.loginIdentity, keyId: '1' })).toBe('followed');
    expect(await logins.begin(reader)).toMatchObject({ allowed: true });
  });
});

test('an endpoint that nobody else has takes the new account’s limits, too', async () => {
  const on = await rows.used();
  const to = another();
  await rows.follow(on, to);
  const next = await logins.leased({ ...on, loginIdentity: to.id });
  expect(await logins.begin(next)).toMatchObject({ allowed: true });
  const elsewhere = await makeEndpoint(t.db);
  expect(await rows.identityNow(elsewhere)).toBe(elsewhere.loginIdentity);
});
