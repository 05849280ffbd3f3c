import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { retireEndpoint } from '../endpoints/retire.ts';
import { WHY } from '../endpoints/retiring.fixture.ts';
import { noteSecretRemoved } from '../endpoints/secret-removed.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { BUDGET, Logins } from '../ledger/account.fixture.ts';
import { remainingBudget } from '../ledger/budget.ts';
import { passwordTries } from '../ledger/password.ts';
import { makeEndpoint, openTestDatabase, printOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { forgetLeftPasswords, keyRows } from './left.ts';
import { movePrints } from './move.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
beforeEach(() => t.sql('UPDATE login_attempt SET fingerprint = NULL'));
afterAll(() => t.close());
const logins = new Logins(() => t);

const printsOf = async ({ endpointId }: TestEndpoint) =>
  (
    await t.sql<{ print: string }>('SELECT fingerprint AS print FROM login_attempt WHERE endpoint_id = $1 AND fingerprint IS NOT NULL ORDER BY started_at', [
      endpointId,
    ])
  ).map(({ print }) => print);
/** One refusal that cools down, with a password. */
async function refused(password: string, of: Partial<TestEndpoint> = {}) {
  const on = await logins.account(undefined, of);
  await logins.login(on, 'rejected', { password, effect: 'bad', coolDownMs: 3_600_000 });
  return on;
}
const coolsDown = async (on: TestEndpoint, prints: readonly string[]) =>
  (await passwordTries(t.agent, { ...on, fingerprints: prints, since: new Date(0) })).coolsDownUntil !== null;

test('a stored password is known by the current key, with its cool-down; of others only that they failed', async () => {
  const on = await refused('stored');
  await logins.login(on, 'rejected', { password: 'gone' });
  const [two, one] = [printOf('stored', '2'), printOf('stored', '1')];
  expect(await coolsDown(on, [two])).toBe(false);
  expect(await movePrints(t.rotator, { ...on, stored: [[two, one]], keyId: '2' })).toEqual({ followed: 1, forgotten: 1 });
  expect([await coolsDown(on, [two]), await coolsDown(on, [one])]).toEqual([true, false]);
  expect(await printsOf(on)).toEqual([two]);
  expect((await remainingBudget(t.agent, on)).failuresLeft).toBe(BUDGET - 2);
  expect(await movePrints(t.rotator, { ...on, stored: [[two, one]], keyId: '2' })).toEqual({ followed: 0, forgotten: 0 });
});

test('what another organization tried with the same password follows, and what it tried with others is its own to forget', async () => {
  const on = await refused('stored');
  const hospital = await logins.account(undefined, { loginIdentity: on.loginIdentity });
  await t.sql('UPDATE login_attempt SET org_id = $2, endpoint_id = $3 WHERE endpoint_id = $1', [on.endpointId, hospital.orgId, hospital.endpointId]);
  await logins.login(hospital, 'rejected', { password: 'its own' });
  await movePrints(t.rotator, { ...on, stored: [[printOf('stored', '2'), printOf('stored', '1')]], keyId: '2' });
  expect(await printsOf(hospital)).toEqual([printOf('stored', '2'), printOf('its own', '1')]);
});

test('a tenant moves nothing of a login that it does not have', async () => {
  const [on, other] = [await refused('stored'), await makeEndpoint(t.db)];
  const stored = [[printOf('stored', '2'), printOf('stored', '1')]];
  expect(await movePrints(t.rotator, { ...on, orgId: other.orgId, stored, keyId: '2' })).toEqual({ followed: 0, forgotten: 0 });
  expect(await printsOf(on)).toEqual([printOf('stored', '1')]);
});

test('a login that no endpoint has in a store forgets its passwords: by another key at once, else when they are old; what failed counts on', async () => {
  const [left, had] = [await refused('left'), await refused('had')];
  await t.sql('UPDATE integration_endpoint SET secret_arn = NULL WHERE id = $1', [left.endpointId]);
  expect(await forgetLeftPasswords(t.rotator, { days: 30 })).toBe(0);
  expect(await forgetLeftPasswords(t.rotator, { keptKeyId: '1' })).toBe(0);
  expect(await forgetLeftPasswords(t.rotator, { keptKeyId: '2' })).toBe(1);
  expect([await printsOf(left), await printsOf(had)]).toEqual([[], [printOf('had')]]);
  expect((await remainingBudget(t.agent, left)).failuresLeft).toBe(BUDGET - 1);
  const old = await refused('old');
  await t.sql('UPDATE integration_endpoint SET secret_arn = NULL WHERE id = $1', [old.endpointId]);
  await t.sql(`UPDATE login_attempt SET started_at = now() - interval '31 days' WHERE endpoint_id = $1`, [old.endpointId]);
  expect(await forgetLeftPasswords(t.rotator, { days: 30 })).toBe(1);
});

test('what is under which key is told in numbers, and to rotators alone', async () => {
  await refused('one');
  const rows = await keyRows(t.rotator);
  expect(rows.find(({ use, what }) => use === 'fingerprint' && what === 'passwords')).toEqual({ use: 'fingerprint', keyId: '1', what: 'passwords', count: 1 });
  expect(rows.find(({ what }) => what === 'logins')?.count).toBeGreaterThan(3);
  await expect(keyRows(t.agent)).rejects.toMatchObject({ code: 'database_failed' });
});

test('a row that is not migrated yet is told of under the key that names it, where no secret takes its name along', async () => {
  const named = async () =>
    (await keyRows(t.rotator)).find(({ use, keyId, what }) => use === 'identity' && keyId === '1' && what === 'rows that are not migrated')?.count ?? 0;
  const before = await named();
  const [alone, elsewhere, moved] = [await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db)];
  await t.sql(`UPDATE integration_endpoint SET secret_arn = NULL, config = '{"credentials": {"username": "u"}}' WHERE id = $1`, [alone.endpointId]);
  await t.sql(`UPDATE integration_endpoint SET secret_arn = NULL, config = '{"settings": {"username": "u"}}' WHERE id = $1`, [elsewhere.endpointId]);
  await t.sql(`UPDATE integration_endpoint SET config = '{"credentials": {"username": "u"}}' WHERE id = $1`, [moved.endpointId]);
  expect((await named()) - before).toBe(2);
});

test('a retired login whose failures its portal counts for good may return, and holds the key that names it, until it got in or its secret is gone', async () => {
  const operator = t.another('rcm_operator');
  const mayReturn = async () => (await keyRows(t.rotator)).find(({ keyId, what }) => keyId === '1' && what === 'logins that nobody has now')?.count ?? 0;
  const months = async (lockoutWindowSeconds: number | null, ...outcomes: readonly ('rejected' | 'accepted')[]): Promise<TestEndpoint> => {
    const on = await logins.account({ lockoutWindowSeconds });
    for (const outcome of outcomes) await logins.login(on, outcome);
    await logins.age(on, 60 * 86_400);
    await releaseLease(t.agent, { orgId: on.orgId, leaseId: on.leaseId });
    expect(await retireEndpoint(operator, on.endpointId, WHY)).toBe('retired');
    return on;
  };
  const before = await mayReturn();
  await months(900, 'rejected');
  await months(null, 'rejected', 'accepted');
  expect((await mayReturn()) - before).toBe(0);
  const on = await months(null, 'accepted', 'rejected');
  expect((await mayReturn()) - before).toBe(1);
  await noteSecretRemoved(t.another('rcm_migrator'), on, WHY);
  expect((await mayReturn()) - before).toBe(0);
});
