import { listNotifications } from '@rcm/db/notifications';
import { afterEach, expect, it } from 'vitest';
import { keepAlive } from './keep-alive.ts';
import { openUnusedEnvironment, type UnusedEnvironment } from './unused-environment.fixture.ts';

let testEnvironment: UnusedEnvironment | null = null;
afterEach(async () => {
  await testEnvironment?.close();
  testEnvironment = null;
});

it('a password that nobody uses is tried once in so many days; one that is wrong is refused once, told of and never locked', async () => {
  // These portals disable nobody within the test, and a rotation comes after it.
  const opened = (testEnvironment = await openUnusedEnvironment({ logins: 3, kinds: [{ dormantDays: 10_000 }], verifyEveryDays: 2 }));
  const signal = new AbortController().signal;
  const round = async () => Object.fromEntries((await keepAlive(opened.rotator, { limit: 10, signal })).map(({ endpointId, result }) => [endpointId, result]));
  const logins = () => [...opened.portals.accounts.values()].map(({ logins: made, failures, locked }) => ({ made, failures, locked }));
  expect(await round()).toEqual({});

  const wrong = opened.portals.accounts.get('user-1');
  if (!wrong) throw new Error('no such account');
  wrong.password = 'changed by somebody at the portal';
  await opened.pass(2);
  expect(await round()).toEqual({ 'login-0': 'kept', 'login-1': 'not_in', 'login-2': 'kept' });
  expect(await round()).toEqual({});
  await opened.pass(1);
  expect(await round()).toEqual({});
  const once = { made: 1, failures: 0, locked: false };
  expect(logins()).toEqual([once, { made: 0, failures: 1, locked: false }, once]);
  const told = (await listNotifications(opened.db, { limit: 100 })).filter(({ kind }) => kind === 'refused').map(({ endpointId }) => endpointId);
  expect(told).toEqual(['login-1']);

  await opened.pass(1);
  expect(await round()).toEqual({ 'login-0': 'kept', 'login-2': 'kept' });
});
