import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followAccount, type LoginName } from '../endpoints/follow-account.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { BUDGET, Logins } from '../ledger/account.fixture.ts';
import { remainingBudget } from '../ledger/budget.ts';
import { recordMigrated } from '../legacy/migrate.ts';
import { exclusiveLease, identityOf, makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { moveLogin } from './move.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

/** One account's names as a process has them: under its current key, then under the other one that it knows. */
interface Account {
  /** Two rollouts of one change: the old key is current, or the new one. */
  readonly before: readonly LoginName[];
  readonly after: readonly LoginName[];
  /** A process that nobody has given the new key, or that no longer has the old one. */
  readonly oldOnly: readonly LoginName[];
  readonly newOnly: readonly LoginName[];
}
function account(name: string = randomUUID()): Account {
  const [one, two] = [
    { id: identityOf(`1 ${name}`), keyId: '1' },
    { id: identityOf(`2 ${name}`), keyId: '2' },
  ];
  return { before: [one, two], after: [two, one], oldOnly: [one], newOnly: [two] };
}

/** An endpoint that is migrated by a process that knows these names. */
async function migrated(names: readonly LoginName[]): Promise<TestEndpoint> {
  const on = await makeEndpoint(t.db, { names });
  return { ...on, loginIdentity: await nameOf(on) };
}

const nameOf = async ({ endpointId }: TestEndpoint): Promise<string> =>
  (await t.sql<{ id: string }>('SELECT login_identity AS id FROM integration_endpoint WHERE id = $1', [endpointId]))[0]?.id ?? '';
const now = async (on: TestEndpoint): Promise<TestEndpoint> => ({ ...on, loginIdentity: await nameOf(on) });
const left = async (on: TestEndpoint): Promise<number> => (await remainingBudget(t.agent, await now(on))).failuresLeft;

async function fail(on: TestEndpoint): Promise<void> {
  const leased = await logins.leased(await now(on));
  await logins.login(leased, 'rejected', { password: randomUUID() });
  await releaseLease(t.agent, leased);
}

async function moveTo(on: TestEndpoint, [to]: readonly LoginName[]): Promise<string> {
  const from = await now(on);
  const { id: leaseId } = await exclusiveLease(t.rotator, from);
  if (!to) throw new Error('no name');
  const answer = await moveLogin(t.rotator, { ...from, from: from.loginIdentity, to, leaseId, actor: 'rotator-1' });
  await releaseLease(t.rotator, { ...from, leaseId });
  return answer;
}

async function followTo(on: TestEndpoint, to: readonly LoginName[], knownAs: readonly string[] = []): Promise<string> {
  const from = await now(on);
  const { id: leaseId } = await exclusiveLease(t.rotator, from);
  const answer = await followAccount(t.rotator, { ...from, from: from.loginIdentity, to, leaseId, actor: 'rotator-1', knownAs });
  await releaseLease(t.rotator, { ...from, leaseId });
  return answer;
}

const rowsOf = (name: LoginName | undefined) => t.sql('SELECT FROM login_identity WHERE id = $1', [name?.id]);

describe('an account that is migrated by processes with the keys in another order', () => {
  test.each([
    ['the old key current first', 'before', 'after'],
    ['the new key current first', 'after', 'before'],
  ] as const)('has one name and one budget: %s', async (_, first, second) => {
    const who = account();
    const one = await migrated(who[first]);
    await fail(one);
    const two = await migrated(who[second]);
    expect(two.loginIdentity).toBe(one.loginIdentity);
    await fail(two);
    expect([await left(one), await left(two)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });

  test('has one name when both do it at the same time, every time', async () => {
    for (let round = 0; round < 15; round += 1) {
      const who = account();
      const [one, two] = await Promise.all([migrated(who.before), migrated(who.after)]);
      expect(await nameOf(one)).toBe(await nameOf(two));
    }
  });

  test('finds what was tried under the other name when nobody had it any more', async () => {
    const who = account();
    const one = await migrated(who.before);
    await fail(one);
    await followTo(one, account().before);
    expect(await left(one)).toBe(BUDGET);
    const two = await migrated(who.after);
    expect(two.loginIdentity).toBe(who.after[0]?.id);
    expect(await left(two)).toBe(BUDGET - 1);
  });

  test('taken back to its plaintext and migrated again after the change keeps its failures', async () => {
    const who = account();
    const one = await migrated(who.before);
    await fail(one);
    await t.sql('UPDATE integration_endpoint SET secret_arn = NULL, current_version = NULL, rotation_status = NULL WHERE id = $1', [one.endpointId]);
    const [name, ...otherNames] = who.after;
    const again = { ...one, version: '2', fingerprint: 'f', loginIdentity: name?.id ?? '', identityKeyId: '2', otherNames };
    expect(await recordMigrated(t.migrator, again)).toBe('recorded');
    expect([await nameOf(one), await left(one)]).toEqual([name?.id, BUDGET - 1]);
  });
});

describe('the command', () => {
  test('moves everybody who has the account, with ledger, journal, words and codes, and the old name is gone', async () => {
    const who = account();
    const [firm, hospital] = [await migrated(who.before), await migrated(who.before)];
    await fail(firm);
    await t.sql('UPDATE login_identity SET last_totp_step = 7 WHERE id = $1', [firm.loginIdentity]);
    expect(await moveTo(firm, who.after)).toBe('moved_over');
    expect([await nameOf(firm), await nameOf(hospital)]).toEqual([who.after[0]?.id, who.after[0]?.id]);
    expect([await left(firm), await left(hospital)]).toEqual([BUDGET - 1, BUDGET - 1]);
    expect(await rowsOf(who.before[0])).toEqual([]);
    expect(await t.sql('SELECT last_totp_step AS step, key_id FROM login_identity WHERE id = $1', [who.after[0]?.id])).toEqual([{ step: '7', key_id: '2' }]);
    expect(await t.sql(`SELECT actor, details FROM audit_event WHERE org_id = $1 AND action = 'endpoint.login_moved'`, [firm.orgId])).toEqual([
      { actor: 'rotator-1', details: { keyId: '2' } },
    ]);
  });

  test('moves a login whose rotation waits, and the rotation is still open', async () => {
    const who = account();
    const on = await migrated(who.before);
    const { attemptId, leaseId } = await plannedAttempt(t.rotator, on);
    await releaseLease(t.rotator, { ...on, leaseId });
    expect(await moveTo(on, who.after)).toBe('moved_over');
    expect(await t.sql('SELECT login_identity AS id FROM rotation_attempt WHERE id = $1 AND ended_at IS NULL', [attemptId])).toEqual([
      { id: who.after[0]?.id },
    ]);
  });

  test('does nothing the second time, and nothing without the exclusive lease', async () => {
    const who = account();
    const on = await migrated(who.before);
    const [to] = who.after;
    if (!to) throw new Error('no name');
    const asked = { ...on, from: on.loginIdentity, to, leaseId: randomUUID(), actor: 'rotator-1' };
    expect(await moveLogin(t.rotator, asked)).toBe('in_use');
    expect(await nameOf(on)).toBe(on.loginIdentity);
    expect(await moveTo(on, who.after)).toBe('moved_over');
    expect(await moveLogin(t.rotator, asked)).toBe('moved');
    expect(await moveTo(on, who.after)).toBe('moved');
  });

  test('two of them at once move each login once, whatever waits, and back and forth too', async () => {
    const who = account();
    const on = await migrated(who.before);
    await fail(on);
    const tried = async (to: readonly LoginName[]) => moveTo(on, to).catch((error: unknown) => String(error));
    for (let round = 0; round < 10; round += 1) await Promise.all([tried(who.after), tried(who.after), tried(who.before)]);
    expect(await left(on)).toBe(BUDGET - 1);
    expect([who.before[0]?.id, who.after[0]?.id]).toContain(await nameOf(on));
    await moveTo(on, who.after);
    expect(await rowsOf(who.before[0])).toEqual([]);
  });

  test('makes one of an account that went by both names', async () => {
    const who = account();
    const [one, two] = [await migrated(who.before), await migrated(account().before)];
    // As processes did that did not look for the other name.
    await t.sql(`INSERT INTO login_identity (id, key_id) VALUES ($1, '2')`, [who.newOnly[0]?.id]);
    await t.sql('UPDATE integration_endpoint SET login_identity = $2 WHERE id = $1', [two.endpointId, who.newOnly[0]?.id]);
    await fail(one);
    await fail(two);
    expect([await left(one), await left(two)]).toEqual([BUDGET - 1, BUDGET - 1]);
    expect(await moveTo(one, who.after)).toBe('moved_over');
    expect([await left(one), await left(two)]).toEqual([BUDGET - 2, BUDGET - 2]);
  });
});

describe('a secret that names another account', () => {
  test('brings its row to the name by which others have that account, not to a second one', async () => {
    const who = account();
    const [other, on] = [await migrated(who.before), await migrated(account().before)];
    await fail(other);
    expect(await followTo(on, who.after)).toBe('followed');
    expect(await nameOf(on)).toBe(other.loginIdentity);
    expect([await left(on), await left(other)]).toEqual([BUDGET - 1, BUDGET - 1]);
  });

  test('is the same account by its name under another known key: nothing is to be done', async () => {
    const who = account();
    const on = await migrated(who.before);
    expect(await followTo(on, who.after)).toBe('moved');
    expect(await nameOf(on)).toBe(on.loginIdentity);
  });
});

describe('a process without a key that rows are named with', () => {
  test('does not take a renamed login for another account', async () => {
    const who = account();
    const on = await migrated(who.before);
    await fail(on);
    await moveTo(on, who.after);
    expect(await followTo(on, who.oldOnly)).toBe('other_key');
    expect([await nameOf(on), await left(on), await rowsOf(who.oldOnly[0])]).toEqual([who.after[0]?.id, BUDGET - 1, []]);
  });

  test('gives no account a second name: it may go by one already that this process cannot make', async () => {
    const who = account();
    const on = await migrated(who.before);
    await moveTo(on, who.after);
    await expect(migrated(who.oldOnly)).rejects.toMatchObject({ code: 'config_invalid' });
    expect(await rowsOf(who.oldOnly[0])).toEqual([]);
  });
});
