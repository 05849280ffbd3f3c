import { startDemoPortals } from '@rcm/demo-portals';
import { expect, test } from 'vitest';
import { portalControl } from './portal-control.ts';

const LOGIN = { portal: 'alpine', username: 'anna' } as const;
const PASSWORD = 'Alpine-First-1';

async function open() {
  const demo = await startDemoPortals();
  const control = portalControl(demo.control.baseUrl);
  await control.createAccount({ ...LOGIN, password: PASSWORD });
  return { demo, control, [Symbol.asyncDispose]: () => demo.close() };
}

test('a person mistypes, support unlocks, and the history tells it', async () => {
  await using portals = await open();
  const { control } = portals;
  const lockout = { counts: 'until_unlocked', threshold: 2, windowMs: null, lastsMs: null, countsCodes: false } as const;
  await control.setHabits('alpine', { lockout, oneText: true });
  await control.mistype(LOGIN);
  await control.mistype(LOGIN, 2);
  expect(await control.history(LOGIN)).toMatchObject({
    ...{ locked: true, lockedUntil: null, lockedUntilSupport: true, failedAttempts: 2, accountsLocked: 1, changes: [] },
    tries: [
      { ended: 'wrong', locks: false, by: 'person' },
      { ended: 'wrong', locks: true, by: 'person' },
      { ended: 'locked', atLocked: true, by: 'person' },
    ],
  });
  expect([await control.accepts({ ...LOGIN, password: PASSWORD }), await control.letsIn({ ...LOGIN, password: PASSWORD })]).toEqual([true, false]);
  await control.unlock(LOGIN);
  expect(await control.letsIn({ ...LOGIN, password: PASSWORD })).toBe(true);
  expect(await control.history(LOGIN)).toMatchObject({ locked: false, failedAttempts: 0, accountsLocked: 1 });
});

test('time is moved at the portals, and a password expires at a time', async () => {
  await using portals = await open();
  const { control } = portals;
  const before = await control.now();
  const hours = 5 * 60 * 60_000;
  expect((await control.advance(hours)).getTime()).toBeGreaterThanOrEqual(before.getTime() + hours);
  const at = new Date('2031-04-01T00:00:00.000Z');
  await control.expire(LOGIN, at);
  expect(await control.history(LOGIN)).toMatchObject({ expiresAt: at.toISOString() });
  await control.expire(LOGIN);
  expect(Date.parse((await control.history(LOGIN)).expiresAt ?? '')).toBeGreaterThanOrEqual(before.getTime() + hours);
});

test('a second door is another address of the same portal', async () => {
  await using portals = await open();
  const door = await portals.control.openDoor('alpine');
  expect(door).not.toBe(portals.demo.portals.alpine.baseUrl);
  expect((await fetch(new URL('/login', door))).status).toBe(200);
});

test('a fault or habit that there is not is refused', async () => {
  await using portals = await open();
  await expect(portals.control.setAccountFault(LOGIN, { fault: 'maintenance' })).rejects.toThrow('400');
  await expect(portals.control.setFault({ portal: 'alpine', fault: 'explode' })).rejects.toThrow('400');
});
