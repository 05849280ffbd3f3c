import { expect, test } from 'vitest';
import { portalCodes } from '../portal-code.ts';
import { MINUTE_MS } from '../testing/clock.fixture.ts';
import { GOOD, openPortals } from '../testing/portals.fixture.ts';

test.each(portalCodes)('%s closed for an hour calls every password wrong from then until then, and counts nothing', async (portal) => {
  await using portals = await openPortals();
  const [first] = GOOD[portal];
  await portals.control.seed({ portal, username: 'ANNA', password: first });
  const after = (minutes: number) => new Date(portals.clock.now().getTime() + minutes * MINUTE_MS).toISOString();
  await portals.control.habits(portal, {
    closedFor: [
      { from: after(10), until: after(70) },
      { from: after(100), until: after(110) },
    ],
  });
  const login = () => portals.guest(portal).login('ANNA', first);
  const ends = [];
  for (const ms of [10 * MINUTE_MS - 1, 1, 60 * MINUTE_MS - 1, 1, 30 * MINUTE_MS]) {
    portals.clock.advance(ms);
    ends.push(await login());
  }
  expect(ends).toEqual(['in', 'rejected', 'rejected', 'in', 'rejected']);
  expect(await portals.control.history(portal, 'ANNA')).toMatchObject({
    failedAttempts: 0,
    loginsRejected: 0,
    tries: ['accepted', 'closed', 'closed', 'accepted', 'closed'].map((ended) => ({ ended, atLocked: false, locks: false })),
  });
});
