import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { type Account, BUDGET, Logins } from './account.fixture.ts';
import { checkLoginAttempt } from './attempt.ts';
import { clearLogin } from './clearance.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

const FOR_EVER = { lockoutCounts: 'consecutive', lockoutWindowSeconds: null, lockoutLastsSeconds: 600 } as const;
const WINDOW = { lockoutCounts: 'window', lockoutWindowSeconds: 900 } as const;

const asked = (on: Account) => checkLoginAttempt(t.agent, logins.ask(on));
const told = (on: Account) =>
  t.sql<{ kind: string; detail: string }>(
    `SELECT kind, detail FROM notice WHERE endpoint_id = $1 AND org_id = $2 AND kind = 'person_wanted' ORDER BY created_at`,
    [on.endpointId, on.orgId],
  );
/** Each with another password, so that none of them cools down. */
async function spend(on: Account): Promise<void> {
  for (let n = 0; n < BUDGET; n += 1) await logins.login(on, 'rejected', { password: `wrong ${n}` });
}

describe('where only a person brings the logins back, people are told', () => {
  test.each([
    ['at the look before a browser is opened', asked],
    ['at the moment of sending', (on: Account) => logins.begin(on)],
  ])('%s, once a day and not before one is wanted', async (_, ask) => {
    const on = await logins.account(FOR_EVER);
    await spend(on);
    expect(await told(on)).toEqual([]);
    for (let n = 0; n < 3; n += 1) expect(await ask(on)).toMatchObject({ allowed: false, reason: 'budget_spent', until: null });
    expect(await told(on)).toEqual([{ kind: 'person_wanted', detail: expect.stringMatching(/forgets none of them by time alone/) as string }]);
    await t.sql(`UPDATE notice SET dedup_key = left(dedup_key, -11) || ':2020-01-01' WHERE endpoint_id = $1`, [on.endpointId]);
    await ask(on);
    expect(await told(on)).toHaveLength(2);
  });

  test('of a lock that no time ends, in the words for it', async () => {
    const on = await logins.account({ ...FOR_EVER, lockoutLastsSeconds: null });
    await logins.login(on, 'locked', { password: 'wrong' });
    expect(await asked(on)).toMatchObject({ allowed: false, reason: 'locked', until: null });
    expect(await told(on)).toEqual([{ kind: 'person_wanted', detail: expect.stringMatching(/unlocks none by time alone/) as string }]);
  });

  test('also while the password that spent it cools down: that ends, and the budget stays spent', async () => {
    const on = await logins.account(FOR_EVER);
    for (let n = 1; n < BUDGET; n += 1) await logins.login(on, 'rejected', { password: `wrong ${n}` });
    await logins.login(on, 'rejected');
    await t.sql(
      `UPDATE login_attempt SET effect = 'bad', rests_until = clock_timestamp() + interval '7 days'
        WHERE id = (SELECT id FROM login_attempt WHERE endpoint_id = $1 ORDER BY started_at DESC LIMIT 1)`,
      [on.endpointId],
    );
    expect(await asked(on)).toMatchObject({ allowed: false, reason: 'password_bad', until: expect.any(Date) as Date });
    expect(await told(on)).toEqual([{ kind: 'person_wanted', detail: expect.stringMatching(/forgets none of them by time alone/) as string }]);
  });

  test('and no more once somebody has said so', async () => {
    const on = await logins.account(FOR_EVER);
    await spend(on);
    await clearLogin(t.rotator, { ...on, kind: 'unlocked', actor: 'person:os:jane', reason: 'support has called back' });
    expect(await asked(on)).toMatchObject({ allowed: true });
    expect(await told(on)).toEqual([]);
  });
});

test.each([
  ['the window frees the budget', WINDOW],
  ['the lock ends by itself', { ...WINDOW, lockoutLastsSeconds: 600 }],
])('nobody is told where %s', async (_, portal) => {
  const on = await logins.account(portal);
  if (portal === WINDOW) await spend(on);
  else await logins.login(on, 'locked', { password: 'wrong' });
  expect(await asked(on)).toMatchObject({ allowed: false, until: expect.any(Date) as Date });
  expect(await told(on)).toEqual([]);
});

test('nor of a lease that is over: whoever asks then asks for nothing', async () => {
  const on = await logins.account(FOR_EVER);
  await spend(on);
  await t.sql(`UPDATE login_lease SET expires_at = clock_timestamp() - interval '1 s' WHERE id = $1::uuid`, [on.leaseId]);
  expect(await asked(on)).toMatchObject({ allowed: false, reason: 'lease_lost' });
  expect(await told(on)).toEqual([]);
});

test('an agent tells so of the account that it holds a lease for, and of no other, nor for a day to come', async () => {
  const [mine, other] = [await logins.account(FOR_EVER), await logins.account(FOR_EVER)];
  const [{ today, later } = { today: '', later: '' }] = await t.sql<{ today: string; later: string }>(
    `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS today, to_char(now() AT TIME ZONE 'UTC' + interval '3 days', 'YYYY-MM-DD') AS later`,
  );
  const writes = (loginIdentity: string, day: string) =>
    t.agent.transaction(
      { tenant: mine.orgId },
      (tx) => tx.$executeRaw`
        INSERT INTO notice (kind, dedup_key, org_id, endpoint_id) VALUES ('person_wanted', ${`person_wanted:${loginIdentity}:${day}`}, ${mine.orgId}, ${mine.endpointId})`,
    );
  await expect(writes(other.loginIdentity, today)).rejects.toMatchObject({ code: 'database_failed' });
  await expect(writes(mine.loginIdentity, later)).rejects.toMatchObject({ code: 'database_failed' });
  expect(await writes(mine.loginIdentity, today)).toBe(1);
});
