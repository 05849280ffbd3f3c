import { type OwnClock, ownClock } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Account, BUDGET, Logins } from '../ledger/account.fixture.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { recordRestore } from './restore.ts';

const HOUR_S = 3_600;
const PORTAL = { lockoutWindowSeconds: 900 };

let t: TestDatabase;
let clock: OwnClock;
beforeAll(async () => {
  t = await openTestDatabase();
  clock = await ownClock(t.url);
});
afterEach(async () => {
  await clock.setAhead(0);
  await t.sql('TRUNCATE database_restore');
});
afterAll(() => t.close());
const logins = new Logins(() => t);
const restored = () => recordRestore(t.db, { kind: 'restored', actor: 'person:os:jane', reason: 'the disk was lost' });
const unlocked = ({ orgId, endpointId }: Account) =>
  clearLogin(t.rotator, { orgId, endpointId, kind: 'unlocked', actor: 'person:os:jane', reason: 'support has called back' });

describe('after a restore all cools down until the portal has forgotten', () => {
  test('also where Postgres’s clock is set ahead meanwhile', async () => {
    const on = await logins.account(PORTAL);
    await restored();
    await clock.setAhead(2 * HOUR_S);
    expect(await logins.left(on)).toBe(0);
    await t.sql(`UPDATE database_restore SET at = at - interval '901 s'`);
    expect(await logins.left(on)).toBe(BUDGET);
  });

  test('also where a person’s word was noted an hour too late before it; their word after it ends that', async () => {
    const on = await logins.account(PORTAL);
    await clock.setAhead(HOUR_S);
    await unlocked(on);
    await clock.setAhead(0);
    await restored();
    expect(await logins.left(on)).toBe(0);
    const other = await logins.account(PORTAL);
    await unlocked(other);
    expect(await logins.left(other)).toBe(BUDGET);
  });
});
