import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { recordMigrated } from '../legacy/migrate.ts';
import { forgetName } from '../legacy/name-row.ts';
import { type Account, Logins } from '../ledger/account.fixture.ts';
import { spendBackupCode } from '../ledger/backup-code.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { exclusiveLease, identityOf, openTestDatabase, printOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { moveLogin } from '../keys/move.ts';
import { reserveTotpStep } from '../totp.ts';
import { reinstateEndpoint, retireEndpoint } from './retire.ts';
import { WHY } from './retiring.fixture.ts';

/** A row names no account for a while, and then one by another name: the portal may know the account by the new name and its codes as before. */
let t: TestDatabase;
let operator: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());
const logins = new Logins(() => t);

const CODES = ['one', 'two', 'three'].map((code) => [printOf(code)]);
async function spend(on: Account): Promise<number | null> {
  const { taken } = await spendBackupCode(t.agent, { ...on, codes: CODES });
  await releaseLease(t.agent, { leaseId: on.leaseId, orgId: on.orgId });
  return taken;
}
/** Also in the last seconds of a step, in which its code is too late and the next one's is taken. */
const step = ({ orgId, loginIdentity }: TestEndpoint) => reserveTotpStep(t.agent, { orgId, loginIdentity, periodSeconds: 600, skew: 1 });

async function retired(on: TestEndpoint): Promise<void> {
  expect(await retireEndpoint(operator, on.endpointId, WHY)).toBe('retired');
}
/** As the secret names its account by now. */
async function backAs(on: TestEndpoint, name: string): Promise<Account> {
  await reinstateEndpoint(operator, on.endpointId, WHY);
  const named = { ...on, loginIdentity: identityOf(name) };
  expect(await recordMigrated(t.db, { ...named, version: '2', fingerprint: 'f' })).toBe('recorded');
  return logins.leased(named);
}

test('a login that comes back by another user name is given no code that it had used, and no step of its seed', async () => {
  const on = await logins.account();
  const first = await step(on);
  expect(await spend(on)).toBe(0);
  await retired(on);
  const back = await backAs(on, 'another name');
  const second = await step(back);
  expect('step' in first && (!('step' in second) || second.step > first.step)).toBe(true);
  expect(await spend(back)).toBe(1);
});

test('a row that lost its login and holds another one later keeps what was used', async () => {
  const on = await logins.account();
  expect(await spend(on)).toBe(0);
  await t.sql('UPDATE integration_endpoint SET secret_arn = NULL, current_version = NULL WHERE id = $1', [on.endpointId]);
  await forgetName(t.migrator, on);
  const named = { ...on, loginIdentity: identityOf('a login of later') };
  await recordMigrated(t.db, { ...named, version: '1', fingerprint: 'f' });
  expect(await spend(await logins.leased(named))).toBe(1);
});

test('a login that comes back by its own name has used what it used, and nothing of what others did', async () => {
  const [on, stranger] = [await logins.account(), await logins.account()];
  expect([await spend(stranger), await spend(on)]).toEqual([0, 0]);
  await retired(on);
  await reinstateEndpoint(operator, on.endpointId, WHY);
  await recordMigrated(t.db, { ...on, version: '2', fingerprint: 'f' });
  expect(await spend(await logins.leased(on))).toBe(1);
  const used = ({ loginIdentity }: TestEndpoint) => t.sql('SELECT FROM backup_code_spent WHERE login_identity = $1', [loginIdentity]);
  expect([(await used(on)).length, (await used(stranger)).length]).toEqual([2, 1]);
});

test('what another login of the account used until then is used, too; what its name is made with may change meanwhile', async () => {
  const on = await logins.account();
  await releaseLease(t.agent, { leaseId: on.leaseId, orgId: on.orgId });
  const other = await logins.account(undefined, { orgId: on.orgId, loginIdentity: on.loginIdentity, secretArn: on.secretArn });
  await retired(on);
  expect(await spend(other)).toBe(0);
  const lease = await exclusiveLease(t.rotator, other);
  const to = { id: identityOf('by a newer key'), keyId: '2' };
  expect(await moveLogin(t.rotator, { ...other, from: on.loginIdentity, to, leaseId: lease.id, actor: 'rotator' })).toBe('moved_over');
  await reinstateEndpoint(operator, on.endpointId, WHY);
  const named = { ...on, loginIdentity: identityOf('a third name') };
  expect(
    await recordMigrated(t.db, { ...named, version: '2', fingerprint: 'f', identityKeyId: '2', otherNames: [{ id: identityOf('older'), keyId: '1' }] }),
  ).toBe('recorded');
  expect(await spend(await logins.leased(named))).toBe(1);
});
