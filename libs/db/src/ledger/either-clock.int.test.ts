import { type OwnClock, ownClock } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../open-database.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';
import { type Account, BUDGET, Logins } from './account.fixture.ts';
import { beginLoginAttempt } from './attempt.ts';

const [MINUTE_S, HOUR_S, DAY_S] = [60, 3_600, 86_400];
/** The portal forgets after an hour, by its own clock. */
const PORTAL = { lockoutCounts: 'window', lockoutWindowSeconds: HOUR_S, lockoutLastsSeconds: HOUR_S } as const;

let t: TestDatabase;
let clock: OwnClock;
const logins = new Logins(() => t);
beforeAll(async () => {
  t = await openTestDatabase();
  clock = await ownClock(t.url);
});
afterEach(() => clock.setAhead(0));
afterAll(() => t.close());

async function spent(portal: Parameters<Logins['account']>[0] = PORTAL): Promise<Account> {
  const on = await logins.account(portal);
  for (let n = 0; n < BUDGET; n += 1) await logins.login(on, 'rejected');
  return on;
}

/** A lease ends by Postgres's clock alone: whoever goes on has a new one. */
const askedNow = async (on: Account) => logins.begin({ ...on, leaseId: (await logins.leased(on)).leaseId });

/** One that asks with a clock that is so many seconds ahead. */
async function askedBy(on: Account, aheadS: number) {
  const db = openDatabase({
    ...{ url: urlFor('rcm_agent', t.url), role: 'rcm_agent', applicationName: 'other clock', maxConnections: 1 },
    clock: () => Date.now() + aheadS * 1_000,
  });
  try {
    return await beginLoginAttempt(db, logins.ask(on));
  } finally {
    await db.close();
  }
}

describe('a portal that forgets after an hour has forgotten nothing where', () => {
  test.each([
    ['eight minutes after 55', 8 * MINUTE_S, 55 * MINUTE_S],
    ['two hours at once', 2 * HOUR_S, 0],
    ['23 hours', 23 * HOUR_S, 0],
  ])('Postgres’s clock is set ahead: %s', async (_, aheadS, passedS) => {
    const on = await spent();
    await logins.age(on, passedS);
    await clock.setAhead(aheadS);
    expect(await logins.left(on)).toBe(0);
    const answer = await askedNow(on);
    expect(answer).toMatchObject({ allowed: false, reason: 'budget_spent' });
    const waits = answer.allowed ? 0 : (answer.until?.getTime() ?? 0) - Date.now() - aheadS * 1_000;
    expect(waits / 1_000).toBeGreaterThan(HOUR_S - passedS - 5 * MINUTE_S);
    expect(waits / 1_000).toBeLessThanOrEqual(HOUR_S - passedS);
  });

  test('Postgres’s clock was behind when it refused, and is set right', async () => {
    await clock.setAhead(-3 * HOUR_S);
    const on = await spent();
    await clock.setAhead(0);
    expect(await askedNow(on)).toMatchObject({ allowed: false, reason: 'budget_spent' });
  });

  test('the clock of whoever asks is ahead, or behind', async () => {
    const on = await spent();
    for (const aheadS of [2 * HOUR_S, -2 * HOUR_S, 400 * DAY_S, -400 * DAY_S])
      expect(await askedBy(on, aheadS)).toMatchObject({ allowed: false, reason: 'budget_spent' });
  });

  test('it is a lock, or its own word when to come again', async () => {
    const locked = await logins.account(PORTAL);
    await logins.login(locked, 'locked');
    const throttled = await logins.account(PORTAL);
    await logins.login(throttled, 'throttled', { throttledUntil: new Date(Date.now() + HOUR_S * 1_000) });
    await clock.setAhead(2 * HOUR_S);
    expect(await askedNow(locked)).toMatchObject({ allowed: false, reason: 'locked' });
    expect(await askedNow(throttled)).toMatchObject({ allowed: false, reason: 'throttled' });
  });

  test('a login has no answer, and its process may stand still', async () => {
    const on = await logins.account({ ...PORTAL, lockoutThreshold: 3 });
    await logins.begin(on);
    await logins.age(on, 2 * HOUR_S);
    await clock.setAhead(23 * HOUR_S);
    expect(await logins.left(on)).toBe(1);
  });
});

describe('a failure leaves the window', () => {
  test('when an hour has passed by both clocks', async () => {
    const on = await spent();
    await logins.age(on, HOUR_S + MINUTE_S);
    expect(await logins.left(on)).toBe(BUDGET);
    expect((await askedBy(on, 0)).allowed).toBe(true);
  });

  test('a day later at most, whatever the clock of whoever asks says', async () => {
    const on = await spent();
    await logins.age(on, HOUR_S + DAY_S - MINUTE_S);
    expect(await askedBy(on, -400 * DAY_S)).toMatchObject({ allowed: false, reason: 'budget_spent' });
    await logins.age(on, 2 * MINUTE_S);
    expect(await askedBy(on, -400 * DAY_S)).toMatchObject({ allowed: true });
  });

  test('by Postgres’s clock where whoever made it did not say what its own was', async () => {
    const on = await spent();
    await t.sql('UPDATE login_attempt SET asker_ahead_ms = NULL WHERE login_identity = $1', [on.loginIdentity]);
    expect(await logins.left(on)).toBe(0);
    await clock.setAhead(2 * HOUR_S);
    expect(await logins.left(on)).toBe(BUDGET);
  });
});
