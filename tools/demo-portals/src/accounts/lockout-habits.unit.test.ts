import { isLongForm } from '@rcm/test-services';
import { describe, expect, test } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../testing/clock.fixture.ts';
import { codeAt, GOOD, openPortals, SEED } from '../testing/portals.fixture.ts';
import { portalCodes, type PortalCode } from '../portal-code.ts';
import type { Lockout } from '../records/lockout.ts';

// Cascade has one text for both; that it locks shows in its account.
const LOCKED = { alpine: 'locked', borealis: 'locked', cascade: 'rejected' } as const;

async function openLocking(portal: PortalCode, lockout: Partial<Lockout>) {
  const portals = await openPortals();
  await portals.control.habits(portal, {
    lockout: { counts: 'consecutive', threshold: 3, windowMs: null, lastsMs: 30 * MINUTE_MS, countsCodes: true, ...lockout },
  });
  await portals.control.seed({ portal, username: 'ANNA', password: GOOD[portal][0] });
  return {
    ...portals,
    fail: () => portals.guest(portal).login('ANNA', 'wrong'),
    succeed: () => portals.guest(portal).login('ANNA', GOOD[portal][0]),
    account: () => portals.control.account(portal, 'ANNA'),
    [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose](),
  };
}

// On a change at one portal, and what is beside it at the others.
describe.each(isLongForm() ? portalCodes : (['cascade'] as const))('lockout as a habit of %s', (portal) => {
  test('consecutive without a window: a try counts however old it is, until a login is accepted', async () => {
    await using portals = await openLocking(portal, { counts: 'consecutive' });
    await portals.fail();
    await portals.fail();
    expect(await portals.succeed()).toBe('in');
    await portals.fail();
    portals.clock.advance(300 * DAY_MS);
    await portals.fail();
    expect(await portals.account()).toMatchObject({ failedAttempts: 2, locked: false });
    await portals.fail();
    expect(await portals.account()).toMatchObject({ failedAttempts: 3, locked: true, accountsLocked: 1 });
  });

  test('consecutive: a lock that ends by time ends the row, and the next one needs the whole threshold again', async () => {
    await using portals = await openLocking(portal, { counts: 'consecutive' });
    for (let tries = 0; tries < 3; tries++) await portals.fail();
    portals.clock.advance(30 * MINUTE_MS);
    expect(await portals.account()).toMatchObject({ failedAttempts: 0, locked: false });
    await portals.fail();
    await portals.fail();
    expect(await portals.account()).toMatchObject({ failedAttempts: 2, locked: false });
    await portals.fail();
    expect(await portals.account()).toMatchObject({ locked: true, accountsLocked: 2 });
  });

  test('window: three wrong tries within 120 minutes lock, whatever succeeds between', async () => {
    await using portals = await openLocking(portal, { counts: 'window', windowMs: 120 * MINUTE_MS });
    await portals.fail();
    expect(await portals.succeed()).toBe('in');
    portals.clock.advance(60 * MINUTE_MS);
    await portals.fail();
    expect(await portals.succeed()).toBe('in');
    expect(await portals.account()).toMatchObject({ failedAttempts: 2, locked: false });
    portals.clock.advance(60 * MINUTE_MS - 1);
    expect(await portals.fail()).toBe(LOCKED[portal]);
    expect(await portals.account()).toMatchObject({ locked: true, loginsAccepted: 2, accountsLocked: 1 });
  });

  test('window: a try of exactly 120 minutes ago counts no more', async () => {
    await using portals = await openLocking(portal, { counts: 'window', windowMs: 120 * MINUTE_MS });
    await portals.fail();
    await portals.fail();
    portals.clock.advance(120 * MINUTE_MS);
    expect(await portals.fail()).toBe('rejected');
    expect(await portals.account()).toMatchObject({ failedAttempts: 1, locked: false });
  });

  test('window: where the lock ends before its tries are too old, the next wrong one locks again', async () => {
    await using portals = await openLocking(portal, { counts: 'window', windowMs: 120 * MINUTE_MS });
    for (let tries = 0; tries < 3; tries++) await portals.fail();
    portals.clock.advance(30 * MINUTE_MS);
    expect(await portals.succeed()).toBe('in');
    expect(await portals.fail()).toBe(LOCKED[portal]);
    expect(await portals.account()).toMatchObject({ failedAttempts: 4, locked: true, accountsLocked: 2 });
  });

  test('until unlocked: neither a login nor a year wipes a try out, only support does', async () => {
    await using portals = await openLocking(portal, { counts: 'until_unlocked', lastsMs: null });
    await portals.fail();
    expect(await portals.succeed()).toBe('in');
    portals.clock.advance(365 * DAY_MS);
    await portals.fail();
    expect(await portals.account()).toMatchObject({ failedAttempts: 2, locked: false });
    await portals.control.unlock(portal, 'ANNA');
    expect(await portals.account()).toMatchObject({ failedAttempts: 0 });
    for (let tries = 0; tries < 3; tries++) await portals.fail();
    expect(await portals.account()).toMatchObject({ locked: true });
  });

  test('a lock without an end holds against the right password for ever, and until support lifts it', async () => {
    await using portals = await openLocking(portal, { lastsMs: null });
    for (let tries = 0; tries < 3; tries++) await portals.fail();
    portals.clock.advance(1000 * DAY_MS);
    expect(await portals.succeed()).toBe(portal === 'borealis' ? 'locked_until_support' : LOCKED[portal]);
    expect(await portals.account()).toMatchObject({ locked: true, lockedUntil: null, lockedUntilSupport: true });
    expect(await portals.control.unlock(portal, 'ANNA')).toMatchObject({ locked: false, lockedUntilSupport: false, failedAttempts: 0, accountsLocked: 1 });
    expect(await portals.succeed()).toMatch(/in|expired/);
  });

  test('tries at a locked account count nothing, and do not lengthen the lock', async () => {
    await using portals = await openLocking(portal, { counts: 'window', windowMs: 120 * MINUTE_MS });
    for (let tries = 0; tries < 8; tries++) await portals.fail();
    expect(await portals.account()).toMatchObject({ failedAttempts: 3, accountsLocked: 1, loginsRejected: 8, mostFailures: 3 });
    portals.clock.advance(30 * MINUTE_MS);
    expect(await portals.succeed()).toBe('in');
  });

  test('null goes back to the portal’s own policy', async () => {
    await using portals = await openLocking(portal, { threshold: 1 });
    await portals.control.habits(portal, { lockout: null });
    await portals.fail();
    expect(await portals.account()).toMatchObject({ failedAttempts: 1, locked: false });
  });

  test('with one text, a locked account reads like a wrong password', async () => {
    await using portals = await openLocking(portal, { lastsMs: null });
    await portals.control.habits(portal, { oneText: true });
    for (let tries = 0; tries < 4; tries++) expect(await portals.fail()).toBe('rejected');
    expect(await portals.succeed()).toBe('rejected');
    expect(await portals.account()).toMatchObject({ locked: true });
  });
});

describe('one-time codes', () => {
  const tryCode = (portals: Awaited<ReturnType<typeof openLocking>>, code: string) => portals.guest('borealis').login('ANNA', GOOD.borealis[0], code);

  async function openWithSeed(lockout: Partial<Lockout>) {
    const portals = await openLocking('borealis', lockout);
    await portals.control.seed({ portal: 'borealis', username: 'ANNA', password: GOOD.borealis[0], mfaSeed: SEED });
    return portals;
  }

  test('a wrong code counts where the portal counts codes', async () => {
    await using portals = await openWithSeed({ countsCodes: true });
    const ends = [];
    for (let tries = 0; tries < 3; tries++) ends.push(await tryCode(portals, '000000'));
    expect(ends).toEqual(['code_rejected', 'code_rejected', 'locked']);
  });

  test('and does not where it counts passwords alone', async () => {
    await using portals = await openWithSeed({ countsCodes: false });
    for (let tries = 0; tries < 7; tries++) expect(await tryCode(portals, '000000')).toBe('code_rejected');
    expect(await portals.account()).toMatchObject({ failedAttempts: 0, mfaRejected: 7, loginsRejected: 7, accountsLocked: 0 });
    await portals.fail();
    await portals.fail();
    expect(await portals.account()).toMatchObject({ failedAttempts: 2 });
    expect(await tryCode(portals, codeAt(portals.clock.now()))).toBe('in');
  });

  test('with one text, a lock reads at the code like a wrong code', async () => {
    await using portals = await openWithSeed({ countsCodes: true });
    await portals.control.habits('borealis', { oneText: true });
    for (let tries = 0; tries < 3; tries++) expect(await tryCode(portals, '000000')).toBe('code_rejected');
    expect(await portals.account()).toMatchObject({ locked: true });
  });

  test('moving the portals’ time does not move the codes', async () => {
    await using portals = await openWithSeed({});
    await portals.control.advance(7 * MINUTE_MS);
    expect(await tryCode(portals, codeAt(portals.clock.now()))).toBe('in');
  });
});

test('portals that are started with another lockout window lock for as long, and count as long', async () => {
  await using portals = await openPortals({ lockoutWindowMs: 5_000 });
  await portals.control.seed({ portal: 'alpine', username: 'anna', password: GOOD.alpine[0] });
  const login = (password: string) => portals.guest('alpine').login('anna', password);
  await login('wrong');
  portals.clock.advance(5_000);
  for (let tries = 0; tries < 2; tries++) expect(await login('wrong')).toBe('rejected');
  expect(await login('wrong')).toBe('locked');
  portals.clock.advance(4_999);
  expect(await login(GOOD.alpine[0])).toBe('locked');
  portals.clock.advance(1);
  expect(await login(GOOD.alpine[0])).toBe('in');
});
