import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { BUDGET, Logins } from './account.fixture.ts';

let t: TestDatabase;
const logins = new Logins(() => t);
beforeAll(async () => {
  t = await openTestDatabase();
});
afterAll(() => t.close());

test('a change that the portal answered is no failure and wipes none out; one that is open, or whose end is unknown, counts', async () => {
  const on = await logins.account({ lockoutCounts: 'consecutive' });
  await logins.login(on, 'rejected');
  await logins.login(on, 'change_answered');
  expect(await logins.left(on)).toBe(BUDGET - 1);
  await logins.login(on, 'unknown');
  expect(await logins.left(on)).toBe(BUDGET - 2);
  await logins.begin(on);
  expect(await logins.left(on)).toBe(0);
});
