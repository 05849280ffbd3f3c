import { describe, expect, test } from 'vitest';
import { portalCodes } from '../portal-code.ts';
import { DAY_MS } from '../testing/clock.fixture.ts';
import { GOOD, openPortals } from '../testing/portals.fixture.ts';

/** A password that has expired meanwhile lets somebody in, to choose another. */
const LET_IN = ['in', 'expired'];
const DISABLED = { alpine: 'locked', borealis: 'locked_until_support', cascade: 'rejected' } as const;

describe.each(portalCodes)('dormancy as a habit of %s', (portal) => {
  const open = async () => {
    const portals = await openPortals();
    await portals.control.habits(portal, { dormantAfterMs: 30 * DAY_MS });
    await portals.control.seed({ portal, username: 'ANNA', password: GOOD[portal][0] });
    return { ...portals, login: () => portals.guest(portal).login('ANNA', GOOD[portal][0]), [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose]() };
  };

  test('an account that is used in time goes on, however long; a wrong try is no use of it', async () => {
    await using portals = await open();
    for (let month = 0; month < 12; month++) {
      portals.clock.advance(29 * DAY_MS);
      expect(LET_IN).toContain(await portals.login());
    }
    portals.clock.advance(20 * DAY_MS);
    await portals.guest(portal).login('ANNA', 'wrong');
    portals.clock.advance(10 * DAY_MS);
    expect(await portals.login()).toBe(DISABLED[portal]);
  });

  test('one that was not reads as locked to the right password, for ever; what support unlocks is used again', async () => {
    await using portals = await open();
    portals.clock.advance(30 * DAY_MS);
    expect(await portals.login()).toBe(DISABLED[portal]);
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ locked: true, lockedUntilSupport: true, accountsLocked: 0 });
    portals.clock.advance(300 * DAY_MS);
    expect(await portals.login()).toBe(DISABLED[portal]);
    await portals.control.unlock(portal, 'ANNA');
    expect(LET_IN).toContain(await portals.login());
  });
});
