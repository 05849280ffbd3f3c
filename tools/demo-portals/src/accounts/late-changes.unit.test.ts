import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLongForm } from '@rcm/test-services';
import { describe, expect, test } from 'vitest';
import { portalCodes } from '../portal-code.ts';
import { DAY_MS, MINUTE_MS } from '../testing/clock.fixture.ts';
import { GOOD, openPortals } from '../testing/portals.fixture.ts';

const HOUR_MS = 60 * MINUTE_MS;

// On a change at one portal, and what is beside it at the others.
describe.each(isLongForm() ? portalCodes : (['borealis'] as const))('changes that come late or not at all at %s', (portal) => {
  const [first, second] = GOOD[portal];
  const FAILURE = { alpine: /Something went wrong on our side/, borealis: /^failure$/, cascade: /SYS-500/ }[portal];
  const TOO_SHORT = { alpine: /too short/, borealis: /^too_short$/, cascade: /ERR-021/ }[portal];
  const USED = { alpine: /must differ/, borealis: /^used_before$/, cascade: /ERR-022/ }[portal];

  async function openSignedIn() {
    const portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const guest = portals.guest(portal);
    await guest.login('ANNA', first);
    const accepted = async () => Promise.all([first, second].map((password) => portals.control.accepts(portal, 'ANNA', password)));
    return { ...portals, signedIn: guest, accepted, [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose]() };
  }

  test.each([
    ['makes_it_after', FAILURE],
    ['says_too_short_makes_it', TOO_SHORT],
    ['says_used_before_makes_it', USED],
    ['says_changed_makes_it', 'changed'],
  ])('%s: says so at once, and makes the change three hours later to the millisecond', async (fault, says) => {
    await using portals = await openSignedIn();
    const asked = portals.clock.now();
    await portals.control.fault(portal, fault, { delayMs: 3 * HOUR_MS, count: 1 });
    expect(await portals.signedIn.change(first, second)).toMatch(says);
    portals.clock.advance(3 * HOUR_MS - 1);
    expect(await portals.accepted()).toEqual([true, false]);
    expect(await portals.guest(portal).login('ANNA', first)).toBe('in');
    portals.clock.advance(1);
    expect(await portals.guest(portal).login('ANNA', first)).toBe('rejected');
    expect(await portals.guest(portal).login('ANNA', second)).toBe('in');
    const made = new Date(asked.getTime() + 3 * HOUR_MS).toISOString();
    expect(await portals.control.history(portal, 'ANNA')).toMatchObject({
      passwordsChanged: 1,
      passwordChangedAt: made,
      changes: [{ at: made, askedAt: asked.toISOString() }],
    });
  });

  test('seen late, the change is made as of when it was due', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'makes_it_after', { delayMs: HOUR_MS });
    await portals.signedIn.change(first, second);
    const due = new Date(portals.clock.now().getTime() + HOUR_MS).toISOString();
    portals.clock.advance(DAY_MS);
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ passwordChangedAt: due });
  });

  test('the control port can move time to it', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'makes_it_after', { delayMs: 3 * HOUR_MS });
    await portals.signedIn.change(first, second);
    const before = portals.clock.now().getTime();
    expect((await portals.control.advance(3 * HOUR_MS)).getTime()).toBe(before + 3 * HOUR_MS);
    expect(await portals.accepted()).toEqual([false, true]);
  });

  test('with no delay it is made before anything else is seen', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'says_used_before_makes_it', { delayMs: 0 });
    expect(await portals.signedIn.change(first, second)).toMatch(USED);
    expect(await portals.accepted()).toEqual([false, true]);
  });

  test('of one change typed twice, the second comes to nothing; one that another overtook is dropped', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'makes_it_after', { delayMs: HOUR_MS, count: 2 });
    await portals.signedIn.change(first, second);
    await portals.signedIn.change(first, second);
    portals.clock.advance(HOUR_MS);
    expect(await portals.control.history(portal, 'ANNA')).toMatchObject({ passwordsChanged: 1, changes: [{}] });

    const third = `${second.slice(0, -1)}3`;
    const guest = portals.guest(portal);
    await guest.login('ANNA', second);
    await portals.control.fault(portal, 'makes_it_after', { delayMs: HOUR_MS, count: 1 });
    await guest.change(second, third);
    expect(await guest.change(second, `${second.slice(0, -1)}4`)).toBe('changed');
    portals.clock.advance(2 * HOUR_MS);
    expect(await portals.control.accepts(portal, 'ANNA', `${second.slice(0, -1)}4`)).toBe(true);
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ passwordsChanged: 2 });
  });

  test('an account that is set anew has no change to come', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'makes_it_after', { delayMs: HOUR_MS, count: 1 });
    await portals.signedIn.change(first, second);
    const third = `${second.slice(0, -1)}3`;
    await portals.control.seed({ portal, username: 'ANNA', password: third });
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    portals.clock.advance(2 * HOUR_MS);
    expect(await portals.accepted()).toEqual([true, false]);
  });

  test('says_changed_does_not: the page says changed, and the old password holds for ever', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'says_changed_does_not');
    expect(await portals.signedIn.change(first, second)).toBe('changed');
    portals.clock.advance(30 * DAY_MS);
    expect(await portals.accepted()).toEqual([true, false]);
    expect(await portals.control.history(portal, 'ANNA')).toMatchObject({ passwordsChanged: 0, changes: [] });
  });
});

test('a change to come, and time as it was moved, outlive the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-portals-'));
  const [first, second] = GOOD.alpine;
  const before = await openPortals({ dataFile: join(folder, 'portals.db') });
  await before.control.seed({ portal: 'alpine', username: 'anna', password: first });
  const guest = before.guest('alpine');
  await guest.login('anna', first);
  await before.control.fault('alpine', 'makes_it_after', { delayMs: 2 * HOUR_MS });
  await guest.change(first, second);
  const moved = await before.control.advance(HOUR_MS);
  await before.demo.close();
  // The stopped clock begins at the same instant again.
  const after = await openPortals({ dataFile: join(folder, 'portals.db') });
  expect((await after.control.ask('GET', '/clock')).body).toEqual({ now: moved.toISOString() });
  expect(await after.control.accepts('alpine', 'anna', second)).toBe(false);
  await after.control.advance(HOUR_MS);
  expect(await after.control.accepts('alpine', 'anna', second)).toBe(true);
  await after.demo.close();
  await rm(folder, { recursive: true });
});
