import { describe, expect, test } from 'vitest';
import { portalCodes } from '../portal-code.ts';
import { GOOD, openPortals } from '../testing/portals.fixture.ts';

const swapCase = (text: string): string => [...text].map((each) => (each === each.toUpperCase() ? each.toLowerCase() : each.toUpperCase())).join('');

describe.each(portalCodes)('passwords at %s', (portal) => {
  const [first, second] = GOOD[portal];

  async function openSignedIn(habits: Readonly<Record<string, unknown>>) {
    const portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    await portals.control.habits(portal, habits);
    const guest = portals.guest(portal);
    await guest.login('ANNA', first);
    return { ...portals, signedIn: guest, [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose]() };
  }

  test('a portal that keeps 9 characters says that it changed, and only the first 9 are the password', async () => {
    await using portals = await openSignedIn({ keepsFirst: 9 });
    expect(await portals.signedIn.change(first, second)).toBe('changed');
    expect(await portals.guest(portal).login('ANNA', second)).toBe('rejected');
    expect(await portals.guest(portal).login('ANNA', first)).toBe('rejected');
    expect(await portals.guest(portal).login('ANNA', second.slice(0, 9))).toBe('in');
    expect([await portals.control.accepts(portal, 'ANNA', second), await portals.control.accepts(portal, 'ANNA', second.slice(0, 9))]).toEqual([false, true]);
  });

  test('what it keeps is what the next change asks for as current', async () => {
    await using portals = await openSignedIn({ keepsFirst: 9 });
    await portals.signedIn.change(first, second);
    const guest = portals.guest(portal);
    await guest.login('ANNA', second.slice(0, 9));
    expect(await guest.change(second, first)).toMatch(/current|ERR-020/);
    await portals.control.habits(portal, { keepsFirst: null });
    expect(await guest.change(second.slice(0, 9), `${first}9`)).toBe('changed');
    expect(await portals.guest(portal).login('ANNA', `${first}9`)).toBe('in');
  });

  test('a password that is no longer than what is kept stays whole', async () => {
    await using portals = await openSignedIn({ keepsFirst: second.length });
    await portals.signedIn.change(first, second);
    expect(await portals.guest(portal).login('ANNA', second)).toBe('in');
  });

  test('a portal that folds case takes any case, also of a password from before', async () => {
    await using portals = await openSignedIn({});
    expect(await portals.guest(portal).login('ANNA', swapCase(first))).toBe('rejected');
    await portals.control.habits(portal, { foldsCase: true });
    expect(await portals.guest(portal).login('ANNA', swapCase(first))).toBe('in');
    expect(await portals.guest(portal).login('ANNA', first)).toBe('in');
    expect(await portals.guest(portal).login('ANNA', `${first}x`)).toBe('rejected');
    expect(await portals.control.accepts(portal, 'ANNA', swapCase(first))).toBe(true);
    expect(await portals.signedIn.change(first, swapCase(first))).toMatch(/differ|used_before|ERR-022/);
    expect(await portals.signedIn.change(swapCase(first), second)).toBe('changed');
    expect(await portals.guest(portal).login('ANNA', swapCase(second))).toBe('in');
    await portals.control.habits(portal, { foldsCase: false });
    expect(await portals.guest(portal).login('ANNA', swapCase(second))).toBe('rejected');
  });

  test('a change sent twice reads as a wrong current password, or as used before where the portal looks at that first', async () => {
    await using portals = await openSignedIn({});
    await portals.signedIn.change(first, second);
    const guest = portals.guest(portal);
    await guest.login('ANNA', second);
    expect(await guest.change(first, second)).toMatch(/current|ERR-020/);
    await portals.control.habits(portal, { reuseBeforeCurrent: true });
    expect(await guest.change(first, second)).toMatch(/differ|used_before|ERR-022/);
    expect(await guest.change('wrong', `${second.slice(0, -1)}7`)).toMatch(/current|ERR-020/);
  });
});
