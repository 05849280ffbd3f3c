import { describe, expect, test } from 'vitest';
import { MINUTE_MS } from '../testing/clock.fixture.ts';
import { codeAt, GOOD, openPortals, SEED } from '../testing/portals.fixture.ts';
import { portalCodes } from '../portal-code.ts';
import { policies } from './policies.ts';

// Cascade has one text for both; that it locks shows in its account.
const LOCKED = { alpine: 'locked', borealis: 'locked', cascade: 'rejected' } as const;

describe.each(portalCodes)('lockout at %s', (portal) => {
  const [good] = GOOD[portal];
  const threshold = policies[portal].lockout.threshold;

  async function openWithAccount() {
    const portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: good });
    const fail = () => portals.guest(portal).login('ANNA', 'wrong');
    return { ...portals, fail, [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose]() };
  }

  test('the try that reaches the threshold locks and says so; then the right password is rejected too', async () => {
    await using portals = await openWithAccount();
    for (let tries = 1; tries < threshold; tries++) expect(await portals.fail()).toBe('rejected');
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ locked: false, failedAttempts: threshold - 1 });
    expect(await portals.fail()).toBe(LOCKED[portal]);
    expect(await portals.guest(portal).login('ANNA', good)).toBe(LOCKED[portal]);
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ locked: true, loginsRejected: threshold + 1, loginsAccepted: 0, accountsLocked: 1 });
  });

  test('the lock ends 15 minutes after the try that made it, however often was tried meanwhile', async () => {
    await using portals = await openWithAccount();
    for (let tries = 0; tries < threshold; tries++) await portals.fail();
    portals.clock.advance(15 * MINUTE_MS - 1);
    expect(await portals.guest(portal).login('ANNA', good)).toBe(LOCKED[portal]);
    portals.clock.advance(1);
    expect(await portals.guest(portal).login('ANNA', good)).toBe('in');
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ locked: false, lockedUntil: null, failedAttempts: 0 });
  });

  test('wrong tries older than the window do not count', async () => {
    await using portals = await openWithAccount();
    await portals.fail();
    portals.clock.advance(15 * MINUTE_MS);
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ failedAttempts: 0 });
    for (let tries = 1; tries < threshold; tries++) expect(await portals.fail()).toBe('rejected');
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ locked: false, failedAttempts: threshold - 1 });
  });

  test('an accepted login clears the wrong tries', async () => {
    await using portals = await openWithAccount();
    for (let tries = 1; tries < threshold; tries++) await portals.fail();
    expect(await portals.guest(portal).login('ANNA', good)).toBe('in');
    expect(await portals.fail()).toBe('rejected');
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ failedAttempts: 1, loginsAccepted: 1 });
  });

  test('tries at the same instant are each counted, and lock once', async () => {
    await using portals = await openWithAccount();
    await Promise.all(Array.from({ length: 12 }, () => portals.fail()));
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ locked: true, loginsRejected: 12, accountsLocked: 1, failedAttempts: threshold });
  });

  test('an unknown user name reads like a wrong password, is counted, and never locks', async () => {
    await using portals = await openPortals();
    for (let tries = 0; tries <= threshold; tries++) expect(await portals.guest(portal).login('NOBODY', 'wrong')).toBe('rejected');
    expect((await portals.control.figures()).byPortal[portal]).toMatchObject({ loginsRejected: threshold + 1, accountsLocked: 0 });
  });
});

test('a wrong code counts towards the lock like a wrong password', async () => {
  await using portals = await openPortals();
  await portals.control.seed({ portal: 'borealis', username: 'anna', password: GOOD.borealis[0], mfaSeed: SEED });
  const tryCode = (code: string) => portals.guest('borealis').login('anna', GOOD.borealis[0], code);
  for (let tries = 1; tries < 5; tries++) expect(await tryCode('000000')).toBe('code_rejected');
  expect(await tryCode('000000')).toBe('locked');
  expect(await tryCode(codeAt(portals.clock.now()))).toBe('locked');
  expect(await portals.control.account('borealis', 'anna')).toMatchObject({ mfaRejected: 5, loginsRejected: 6, accountsLocked: 1, loginsAccepted: 0 });
});
