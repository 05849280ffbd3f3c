import { describe, expect, test } from 'vitest';
import { portalCodes } from '../portal-code.ts';
import { DAY_MS, MINUTE_MS } from '../testing/clock.fixture.ts';
import { GOOD, openPortals } from '../testing/portals.fixture.ts';

const INSIDE = {
  alpine: ['/home', '/claims', '/password', '/password/changed'],
  borealis: ['/api/claims?number='],
  cascade: ['/main', '/claims', '/password'],
} as const;
const ONLY_THIS = { alpine: /id="password-expired"/, borealis: /signed_out/, cascade: /INF-005/ } as const;

describe.each(portalCodes)('an expired password at %s', (portal) => {
  const [first, second] = GOOD[portal];

  async function openExpired() {
    const portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    await portals.control.expire(portal, 'ANNA');
    const guest = portals.guest(portal);
    return { ...portals, anna: guest, [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose]() };
  }

  test('shows behind the correct password only', async () => {
    await using portals = await openExpired();
    expect(await portals.anna.login('ANNA', 'wrong')).toBe('rejected');
    expect(await portals.anna.login('ANNA', first)).toBe('expired');
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ loginsAccepted: 1, loginsRejected: 1 });
  });

  test('opens nothing but the change, and the change opens the rest', async () => {
    await using portals = await openExpired();
    await portals.anna.login('ANNA', first);
    for (const path of INSIDE[portal]) expect((await portals.anna.visitor.get(path)).text).toMatch(ONLY_THIS[portal]);
    expect(await portals.anna.isIn()).toBe(false);
    expect(await portals.anna.changeExpired(first, second)).toBe('changed');
    expect(await portals.anna.isIn()).toBe(portal === 'alpine');
    expect(await portals.guest(portal).login('ANNA', first)).toBe('rejected');
    expect(await portals.guest(portal).login('ANNA', second)).toBe('in');
  });

  test('a refused new password leaves everything as it was', async () => {
    await using portals = await openExpired();
    await portals.anna.login('ANNA', first);
    expect(await portals.anna.changeExpired(first, 'short')).toMatch(/short|ERR-021/);
    expect(await portals.anna.changeExpired(first, first)).toMatch(/differ|used_before|ERR-022/);
    expect(await portals.guest(portal).login('ANNA', first)).toBe('expired');
    expect(await portals.anna.changeExpired(first, second)).toBe('changed');
  });

  test('the page of the change is nothing without such a login', async () => {
    await using portals = await openExpired();
    expect(await portals.anna.changeExpired(first, second)).not.toBe('changed');
    await portals.control.seed({ portal, username: 'BERT', password: first });
    const bert = portals.guest(portal);
    await bert.login('BERT', first);
    if (portal !== 'borealis') expect(await bert.changeExpired(first, second)).not.toBe('changed');
    expect(await portals.control.figures()).toMatchObject({ passwordsChanged: 0 });
  });

  test('a session that was open before goes on; expiry is asked at the login', async () => {
    await using portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const guest = portals.guest(portal);
    await guest.login('ANNA', first);
    await portals.control.expire(portal, 'ANNA');
    expect(await guest.isIn()).toBe(true);
    expect(await portals.guest(portal).login('ANNA', first)).toBe('expired');
  });

  test('the control port lets it expire at a time', async () => {
    await using portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const soon = new Date(portals.clock.now().getTime() + DAY_MS);
    await portals.control.expire(portal, 'ANNA', soon);
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ expiresAt: soon.toISOString() });
    portals.clock.advance(DAY_MS - 1);
    expect(await portals.guest(portal).login('ANNA', first)).toBe('in');
    portals.clock.advance(1);
    expect(await portals.guest(portal).login('ANNA', first)).toBe('expired');
  });

  test('by itself it expires after 90 days at borealis, and never elsewhere', async () => {
    await using portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    portals.clock.advance(90 * DAY_MS - 1);
    expect(await portals.guest(portal).login('ANNA', first)).toBe('in');
    portals.clock.advance(1);
    expect(await portals.guest(portal).login('ANNA', first)).toBe(portal === 'borealis' ? 'expired' : 'in');
    const guest = portals.guest(portal);
    await guest.login('ANNA', first);
    await (portal === 'borealis' ? guest.changeExpired(first, second) : guest.change(first, second));
    const next = portal === 'borealis' ? new Date(portals.clock.now().getTime() + 90 * DAY_MS).toISOString() : null;
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ expiresAt: next });
  });

  test('the forced change idles out like any session', async () => {
    await using portals = await openExpired();
    await portals.anna.login('ANNA', first);
    portals.clock.advance(30 * MINUTE_MS);
    expect(await portals.anna.changeExpired(first, second)).not.toBe('changed');
    expect(await portals.control.accepts(portal, 'ANNA', first)).toBe(true);
  });
});

test('the notice of borealis tells the day', async () => {
  await using portals = await openPortals();
  await portals.control.seed({ portal: 'borealis', username: 'anna', password: GOOD.borealis[0] });
  const soon = new Date(portals.clock.now().getTime() + DAY_MS);
  await portals.control.expire('borealis', 'anna', soon);
  const guest = portals.guest('borealis');
  await guest.login('anna', GOOD.borealis[0]);
  expect((await guest.visitor.get('/api/session')).text).toContain(`"passwordExpiresOn":"${soon.toISOString().slice(0, 10)}"`);
});
