import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followAccount } from '../endpoints/follow-account.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { type Account, Logins } from '../ledger/account.fixture.ts';
import { spendBackupCode } from '../ledger/backup-code.ts';
import { exclusiveLease, identityOf, openTestDatabase, printOf, type TestDatabase } from '../testing.fixture.ts';
import { keyRows } from './left.ts';
import { listLoginsToMove, moveLogin, movePrints } from './move.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

/** As a process knows a code that has these keys, its current one's first. */
const known = (code: string, ...keyIds: readonly string[]): string[] => keyIds.map((keyId) => printOf(code, keyId));
const spend = async (on: Account, codes: readonly string[][]): Promise<number | null> => (await spendBackupCode(t.agent, { ...on, codes })).taken;
const listed = async ({ endpointId }: Account, fingerprintKeyId: string) =>
  (await listLoginsToMove(t.rotator, { identityKeyId: '1', fingerprintKeyId, limit: 1000 })).some((login) => login.endpointId === endpointId);
const underKey = async (keyId: string) => (await keyRows(t.rotator)).find((rows) => rows.keyId === keyId && rows.what === 'used backup codes')?.count ?? 0;
const inUse = async (keyId: string) =>
  (await t.agent.transaction('no tenant', (tx) => tx.$queryRaw<{ id: string }[]>`SELECT key_id AS id FROM rcm_keys_in_use() WHERE use = 'fingerprint'`)).some(
    ({ id }) => id === keyId,
  );

describe('while a key is changed, a used backup code', () => {
  test('is known by either key, in whichever order a process has them', async () => {
    const on = await logins.account();
    expect(await spend(on, [known('a', 'k1'), known('b', 'k1')])).toBe(0);
    expect(await spend(on, [known('a', 'k2', 'k1'), known('b', 'k2', 'k1')])).toBe(1);
    expect(await spend(on, [known('a', 'k1', 'k2'), known('b', 'k1', 'k2')])).toBeNull();
  });

  test('is known by the new key alone once it was moved, and the old one is needed no more', async () => {
    const on = await logins.account();
    await spend(on, [known('a', 'm1')]);
    expect([await listed(on, 'm2'), await inUse('m1'), await underKey('m1')]).toEqual([true, true, 1]);
    const stored = [known('a', 'm2', 'm1'), known('b', 'm2', 'm1')];
    expect(await movePrints(t.rotator, { ...on, stored, keyId: 'm2' })).toMatchObject({ followed: 1 });
    expect([await listed(on, 'm2'), await inUse('m1'), await underKey('m1'), await underKey('m2')]).toEqual([false, false, 0, 1]);
    expect(await spend(on, [known('a', 'm2'), known('b', 'm2')])).toBe(1);
  });

  test('that is in no secret any more holds up nothing, and is still known while the old key is', async () => {
    const on = await logins.account();
    await spend(on, [known('gone', 'g1')]);
    await movePrints(t.rotator, { ...on, stored: [], keyId: 'g2' });
    expect([await listed(on, 'g2'), await inUse('g1'), await underKey('g1')]).toEqual([false, false, 0]);
    expect(await spend(on, [known('gone', 'g2', 'g1'), known('b', 'g2', 'g1')])).toBe(1);
  });

  test('that another organization has used waits for that one, and is moved by whoever has it stored', async () => {
    const firm = await logins.account();
    const hospital = await logins.account(undefined, { loginIdentity: firm.loginIdentity });
    await spend(firm, [known('a', 'o1')]);
    await spend(firm, [known('firm’s own', 'o1')]);
    await movePrints(t.rotator, { ...hospital, stored: [known('a', 'o2', 'o1')], keyId: 'o2' });
    expect([await listed(firm, 'o2'), await underKey('o1'), await underKey('o2')]).toEqual([true, 1, 1]);
    await movePrints(t.rotator, { ...firm, stored: [known('firm’s own', 'o2', 'o1')], keyId: 'o2' });
    expect([await listed(firm, 'o2'), await listed(hospital, 'o2'), await underKey('o1'), await underKey('o2')]).toEqual([false, false, 0, 2]);
  });
});

describe('an account by another name', () => {
  const codes = [known('a', '1'), known('b', '1')];
  /** Used by both organizations that have it, and free for whoever changes it. */
  async function used(): Promise<[Account, Account]> {
    const firm = await logins.account();
    const hospital = await logins.account(undefined, { loginIdentity: firm.loginIdentity });
    expect([await spend(firm, codes), await spend(hospital, [known('its own', '1')])]).toEqual([0, 0]);
    for (const on of [firm, hospital]) await releaseLease(t.agent, on);
    return [firm, hospital];
  }
  const again = async (on: Account, loginIdentity: string) => spend(await logins.leased({ ...on, loginIdentity }), codes);

  test('under another identity key has its used codes, for everybody who has it', async () => {
    const [firm, hospital] = await used();
    const to = { id: identityOf(randomUUID()), keyId: '1' };
    const { id: leaseId } = await exclusiveLease(t.rotator, firm);
    expect(await moveLogin(t.rotator, { ...firm, from: firm.loginIdentity, to, leaseId, actor: 'rotator-1' })).toBe('moved_over');
    expect([await again(hospital, to.id), await again(firm, to.id)]).toEqual([1, null]);
  });

  test.each([
    ['renamed', true],
    ['followed', false],
  ] as const)('that a secret names is %s: what was used stays used', async (answer, isSame) => {
    const [firm, hospital] = await used();
    const to = { id: identityOf(randomUUID()), keyId: '1' };
    const { id: leaseId } = await exclusiveLease(t.rotator, firm);
    const knownAs = isSame ? [firm.loginIdentity] : [];
    expect(await followAccount(t.rotator, { ...firm, from: firm.loginIdentity, to: [to], leaseId, actor: 'rotator-1', knownAs })).toBe(answer);
    expect(await again(firm, to.id)).toBe(1);
    expect(await again(hospital, isSame ? to.id : firm.loginIdentity)).toBe(isSame ? null : 1);
    // Of an account that it does not have, the other organization sees nothing.
    const seen = await t.sql('SELECT FROM backup_code_spent WHERE login_identity = $1 AND org_id = $2', [to.id, hospital.orgId]);
    expect(seen).toHaveLength(0);
  });
});
