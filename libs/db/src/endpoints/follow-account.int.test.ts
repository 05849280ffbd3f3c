import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acquireSharedLease } from '../leases/acquire.ts';
import { listLeases, releaseLease } from '../leases/upkeep.ts';
import { BUDGET, Logins } from '../ledger/account.fixture.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { exclusiveLease, identityOf, openTestDatabase, plannedAttempt, type TestDatabase } from '../testing.fixture.ts';
import { reserveTotpStep } from '../totp.ts';
import { another, Followers } from './follow-account.fixture.ts';
import { followAccount } from './follow-account.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);
const rows = new Followers(() => t);

describe('a row that follows its secret', () => {
  test('has the other account’s id, and the lease is gone', async () => {
    const on = await rows.used();
    const to = another();
    expect(await rows.follow(on, to)).toBe('followed');
    expect(await rows.identityNow(on)).toBe(to.id);
    expect((await listLeases(t.rotator)).filter(({ endpointId }) => endpointId === on.endpointId)).toEqual([]);
    expect(await t.sql('SELECT key_id FROM login_identity WHERE id = $1', [to.id])).toEqual([{ key_id: '1' }]);
  });

  test.each([
    ['another account', ['other_account'], 'the secret names another account'],
    ['the same account', [], 'what counts as one account was defined anew'],
  ] as const)('is audited, and people are told only where a person changed the account: %s', async (which, kinds, reason) => {
    const on = await rows.used();
    await rows.follow(on, another(), { knownAs: which === 'the same account' ? [on.loginIdentity] : [] });
    expect(await t.sql(`SELECT actor, reason, subject FROM audit_event WHERE org_id = $1 AND action = 'endpoint.account_followed'`, [on.orgId])).toEqual([
      { actor: 'rotator-1', reason, subject: on.endpointId },
    ]);
    expect(await rows.kindsOf(on)).toEqual(kinds);
  });

  test('does not follow where it cannot be audited', async () => {
    const on = await rows.used();
    const lease = await exclusiveLease(t.rotator, on);
    const unnamed = followAccount(t.rotator, { ...on, from: on.loginIdentity, to: [another()], leaseId: lease.id, actor: '', knownAs: [on.loginIdentity] });
    await expect(unnamed).rejects.toMatchObject({ code: 'database_failed' });
    expect([await rows.identityNow(on), await rows.knownOf(on.loginIdentity)]).toEqual([on.loginIdentity, { logins: 1, words: 1, rotations: 1 }]);
  });

  test('without a secret follows alone', async () => {
    const on = await rows.used();
    await t.sql('UPDATE integration_endpoint SET secret_arn = NULL WHERE id = $1', [on.endpointId]);
    const to = another();
    expect(await rows.follow(on, to)).toBe('followed');
    expect(await rows.identityNow(on)).toBe(to.id);
  });

  test.each([
    [7n, 9n, 9n],
    [9n, 7n, 9n],
  ])('uses no one-time code twice: steps %i and %i', async (was, becomes, step) => {
    const [on, other] = [await rows.used(), await rows.used()];
    for (const [each, last] of [
      [on, was],
      [other, becomes],
    ] as const)
      await t.sql('UPDATE login_identity SET last_totp_step = $2 WHERE id = $1', [each.loginIdentity, last]);
    expect(await rows.follow(on, { id: other.loginIdentity, keyId: '1' })).toBe('followed');
    expect(await t.sql('SELECT last_totp_step AS step FROM login_identity WHERE id = $1', [other.loginIdentity])).toEqual([{ step: String(step) }]);
    expect(await reserveTotpStep(t.agent, { ...other, periodSeconds: 30, skew: 1 })).toHaveProperty('step');
  });
});

describe('a row does not follow', () => {
  test('where it has another identity already', async () => {
    const on = await rows.used();
    const lease = await exclusiveLease(t.rotator, on);
    const from = identityOf('before');
    expect(await followAccount(t.rotator, { ...on, from, to: [another()], leaseId: lease.id, actor: 'a', knownAs: [] })).toBe('moved');
    expect(await rows.follow(on, { id: on.loginIdentity, keyId: '1' }, { leaseId: lease.id })).toBe('moved');
  });

  test('without the live exclusive lease of its own organization', async () => {
    const firm = await rows.used();
    const hospital = await rows.used({ loginIdentity: firm.loginIdentity });
    expect(await rows.follow(firm, another(), { leaseId: randomUUID() })).toBe('in_use');
    const reader = await logins.leased(firm);
    expect(await rows.follow(firm, another(), { leaseId: reader.leaseId })).toBe('in_use');
    await releaseLease(t.agent, reader);
    const theirs = await exclusiveLease(t.rotator, hospital);
    expect(await rows.follow(firm, another(), { leaseId: theirs.id })).toBe('in_use');
    await releaseLease(t.rotator, { leaseId: theirs.id, orgId: hospital.orgId });
    const own = await exclusiveLease(t.rotator, firm);
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [own.id]);
    expect(await rows.follow(firm, another(), { leaseId: own.id })).toBe('in_use');
    await expect(rows.follow(firm, another(), { leaseId: 'mine' })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await rows.identityNow(firm)).toBe(firm.loginIdentity);
  });

  test('while somebody has the other account for themselves, until their lease has run out', async () => {
    const [on, other] = [await rows.used(), await rows.used()];
    const theirs = await exclusiveLease(t.rotator, other);
    const to = { id: other.loginIdentity, keyId: '1' };
    const leaseId = (await exclusiveLease(t.rotator, on)).id;
    expect(await rows.follow(on, to, { leaseId })).toBe('in_use');
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [theirs.id]);
    expect(await rows.follow(on, to, { leaseId })).toBe('followed');
  });

  test('while a rotation of either account is open, whoever’s', async () => {
    const [on, other] = [await rows.used(), await rows.used()];
    const to = { id: other.loginIdentity, keyId: '1' };
    const theirs = await plannedAttempt(t.rotator, other);
    expect(await rows.follow(on, to)).toBe('rotation_open');
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE login_identity = $1', [on.loginIdentity]);
    await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE id = $1`, [theirs.attemptId]);
    const own = await plannedAttempt(t.rotator, on);
    expect(await rows.follow(on, another(), { leaseId: own.leaseId })).toBe('rotation_open');
    expect(await rows.identityNow(on)).toBe(on.loginIdentity);
  });

  test('for an agent, or to what is no identity', async () => {
    const on = await rows.used();
    const leaseId = (await exclusiveLease(t.rotator, on)).id;
    const asked = { ...on, from: on.loginIdentity, to: [another()], leaseId, actor: 'a', knownAs: [] } as const;
    await expect(followAccount(t.agent, asked)).rejects.toMatchObject({ code: 'database_failed' });
    await expect(followAccount(t.rotator, { ...asked, to: [{ id: 'a user name', keyId: '1' }] })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(followAccount(t.rotator, { ...asked, to: [{ ...another(), keyId: 'No!' }, another()] })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await rows.identityNow(on)).toBe(on.loginIdentity);
  });
});

describe('with others at work', () => {
  test('whoever waits for the login meanwhile gets it where it is now', async () => {
    const on = await rows.used();
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
    const following = rows.follow(on, to, { leaseId: lease.id });
    await waiting(1);
    const asking = acquireSharedLease(t.agent, { ...on, holder: 'agent', ttlMs: 60_000 });
    const telling = clearLogin(t.rotator, { ...on, kind: 'retry', actor: 'person:os:jane', reason: 'r' });
    await waiting(3);
    free.resolve(undefined);
    await held;
    expect(await following).toBe('followed');
    expect(await asking).toMatchObject({ granted: true, lease: { loginIdentity: to.id } });
    await telling;
    expect(await rows.knownOf(to.id)).toMatchObject({ words: 1 });
  });

  test('is noted no word that was said of the account before', async () => {
    const [on, to] = [await rows.used(), another()];
    expect(await rows.follow(on, to)).toBe('followed');
    const word = { ...on, kind: 'unlocked', actor: 'person:os:jane', reason: 'said of one' } as const;
    await expect(clearLogin(t.rotator, { ...word, saidOf: on.loginIdentity })).rejects.toMatchObject({ code: 'state_conflict' });
    expect([(await rows.knownOf(on.loginIdentity)).words, (await rows.knownOf(to.id)).words]).toEqual([1, 0]);
    expect(await t.sql(`SELECT FROM audit_event WHERE subject = $1 AND reason = 'said of one'`, [on.endpointId])).toEqual([]);
    await clearLogin(t.rotator, { ...word, saidOf: to.id });
    expect((await rows.knownOf(to.id)).words).toBe(1);
  });

  test('of two that follow at once to each other’s account, or to the same new one, none is lost', async () => {
    const [one, two] = [await rows.used(), await rows.used()];
    const leases = [await exclusiveLease(t.rotator, one), await exclusiveLease(t.rotator, two)];
    const to = another();
    const both = await Promise.all([rows.follow(one, to, { leaseId: leases[0]?.id ?? '' }), rows.follow(two, to, { leaseId: leases[1]?.id ?? '' })]);
    expect(both).toEqual(['followed', 'followed']);
    expect([await rows.identityNow(one), await rows.identityNow(two)]).toEqual([to.id, to.id]);
    for (const { loginIdentity } of [one, two]) expect(await rows.knownOf(loginIdentity)).toEqual({ logins: 1, words: 1, rotations: 1 });
    const [three, four] = [await rows.used(), await rows.used()];
    const crossing = [await exclusiveLease(t.rotator, three), await exclusiveLease(t.rotator, four)];
    const answers = await Promise.all([
      rows.follow(three, { id: four.loginIdentity, keyId: '1' }, { leaseId: crossing[0]?.id ?? '' }),
      rows.follow(four, { id: three.loginIdentity, keyId: '1' }, { leaseId: crossing[1]?.id ?? '' }),
    ]);
    // Each holds what the other wants to go to.
    expect(answers).toEqual(['in_use', 'in_use']);
  });

  test('of two organizations whose account has another name at once, one lets it have that, and the other one’s row is there', async () => {
    const firm = await rows.used();
    const hospital = await rows.used({ loginIdentity: firm.loginIdentity });
    const to = another();
    const lease = await exclusiveLease(t.rotator, firm);
    const asked = { leaseId: lease.id, knownAs: [firm.loginIdentity] };
    const answers = await Promise.all([rows.follow(firm, to, asked), rows.follow(firm, to, asked), rows.follow(hospital, to, asked)]);
    expect(answers.filter((answer) => answer === 'renamed')).toHaveLength(1);
    expect(answers.every((answer) => ['renamed', 'moved', 'in_use'].includes(answer))).toBe(true);
    expect([await rows.identityNow(firm), await rows.identityNow(hospital)]).toEqual([to.id, to.id]);
    expect([await rows.left(firm), await rows.left(hospital)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });
});
