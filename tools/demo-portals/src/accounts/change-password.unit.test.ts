import { describe, expect, test } from 'vitest';
import { GOOD, openPortals } from '../testing/portals.fixture.ts';
import { portalCodes } from '../portal-code.ts';

describe.each(portalCodes)('password change at %s', (portal) => {
  const [first, second] = GOOD[portal];

  test('the new password is accepted at once and the old one no more', async () => {
    await using portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const guest = portals.guest(portal);
    await guest.login('ANNA', first);
    expect(await guest.change(first, second)).toBe('changed');
    expect(await portals.guest(portal).login('ANNA', first)).toBe('rejected');
    expect(await portals.guest(portal).login('ANNA', second)).toBe('in');
    expect([await portals.control.accepts(portal, 'ANNA', first), await portals.control.accepts(portal, 'ANNA', second)]).toEqual([false, true]);
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({
      passwordsChanged: 1,
      changesRefused: 0,
      passwordChangedAt: portals.clock.now().toISOString(),
    });
  });

  test('a wrong current password is refused and is no login try', async () => {
    await using portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const guest = portals.guest(portal);
    await guest.login('ANNA', first);
    expect(await guest.change('wrong', second)).toMatch(/current|ERR-020/);
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ passwordsChanged: 0, changesRefused: 1, loginsRejected: 0, failedAttempts: 0 });
    expect(await portals.control.accepts(portal, 'ANNA', first)).toBe(true);
  });

  test('of two changes at the same instant one is made, and its password holds', async () => {
    await using portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const guests = [portals.guest(portal), portals.guest(portal)];
    for (const guest of guests) await guest.login('ANNA', first);
    const wanted = [second, `${second}X`.slice(-12).padStart(12, 'Zz9-')].map((password) => (portal === 'cascade' ? password.replaceAll('-', '!') : password));
    const ends = await Promise.all(guests.map((guest, at) => guest.change(first, wanted[at] ?? '')));
    expect(ends.filter((end) => end === 'changed')).toHaveLength(1);
    expect(await portals.control.accepts(portal, 'ANNA', wanted[ends.indexOf('changed')] ?? '')).toBe(true);
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ passwordsChanged: 1 });
  });
});

test('cascade refuses the last 5 passwords, the present one included, and takes the sixth back', async () => {
  await using portals = await openPortals();
  const password = (n: number): string => `Cascade#0${n}`;
  await portals.control.seed({ portal: 'cascade', username: 'ANNA', password: password(0) });
  const guest = portals.guest('cascade');
  await guest.login('ANNA', password(0));
  for (let n = 1; n <= 4; n++) expect(await guest.change(password(n - 1), password(n))).toBe('changed');
  for (let n = 0; n <= 4; n++) expect(await guest.change(password(4), password(n))).toBe('ERR-022');
  expect(await guest.change(password(4), password(5))).toBe('changed');
  expect(await guest.change(password(5), password(0))).toBe('changed');
});
