import { isLongForm } from '@rcm/test-services';
import { describe, expect, test } from 'vitest';
import { GOOD, openPortals } from '../testing/portals.fixture.ts';
import { portalCodes } from '../portal-code.ts';

// On a change at one portal, and what is beside it at the others.
describe.each(isLongForm() ? portalCodes : (['alpine'] as const))('faults at %s', (portal) => {
  const [first, second] = GOOD[portal];

  async function openSignedIn() {
    const portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const guest = portals.guest(portal);
    await guest.login('ANNA', first);
    const accepted = async () =>
      (await portals.control.accepts(portal, 'ANNA', first)) ? 'first' : (await portals.control.accepts(portal, 'ANNA', second)) ? 'second' : 'neither';
    return { ...portals, signedIn: guest, accepted, [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose]() };
  }
  const FAILURE = { alpine: /Something went wrong on our side/, borealis: /^failure$/, cascade: /SYS-500/ }[portal];

  test('500_before_commit: an error page, and the old password holds', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, '500_before_commit');
    expect(await portals.signedIn.change(first, second)).toMatch(FAILURE);
    expect(await portals.accepted()).toBe('first');
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ passwordsChanged: 0 });
  });

  test('500_after_commit: an error page, and the new password holds', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, '500_after_commit');
    expect(await portals.signedIn.change(first, second)).toMatch(FAILURE);
    expect(await portals.accepted()).toBe('second');
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ passwordsChanged: 1 });
  });

  test('drop_after_commit: no answer, and the new password holds', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'drop_after_commit');
    await expect(portals.signedIn.change(first, second)).rejects.toThrow('fetch failed');
    expect(await portals.accepted()).toBe('second');
    expect(await portals.signedIn.isIn()).toBe(portal !== 'borealis');
  });

  test('slow_answer: made at once, answered late', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'slow_answer', { delayMs: 4321 });
    await portals.signedIn.change(first, second);
    expect(portals.clock.slept).toContain(4321);
    expect(await portals.accepted()).toBe('second');
  });

  test('late_commit: an error page, and the change is made afterwards', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'late_commit', { delayMs: 4321 });
    expect(await portals.signedIn.change(first, second)).toMatch(FAILURE);
    expect(portals.clock.slept).toContain(4321);
    await expect.poll(portals.accepted, { timeout: 5_000 }).toBe('second');
  });

  test('a fault of one account meets no other', async () => {
    await using portals = await openSignedIn();
    await portals.control.seed({ portal, username: 'BERT', password: first });
    await portals.control.ask('PUT', `/accounts/${portal}/BERT/faults`, { fault: '500_before_commit' });
    await portals.signedIn.change(first, second);
    expect(await portals.accepted()).toBe('second');
    const bert = portals.guest(portal);
    await bert.login('BERT', first);
    expect(await bert.change(first, second)).toMatch(FAILURE);
    expect(await portals.control.accepts(portal, 'BERT', first)).toBe(true);
  });

  test('a change that is refused anyway does not use the fault up', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, '500_after_commit', { count: 1 });
    expect(await portals.signedIn.change('wrong', second)).not.toMatch(FAILURE);
    expect(await portals.signedIn.change(first, second)).toMatch(FAILURE);
    expect((await portals.control.ask('GET', `/faults/${portal}`)).body).toMatchObject({ fault: 'none' });
  });

  test('a fault with a count ends after so many requests', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'maintenance', { count: 2 });
    const statuses = [];
    for (let request = 0; request < 3; request++) statuses.push((await portals.signedIn.visitor.get('/')).status);
    expect(statuses).toEqual([503, 503, 200]);
  });

  test('maintenance closes every page and counts no try; the session is there afterwards', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'maintenance');
    const answer = await portals.signedIn.visitor.get('/');
    expect([answer.status, answer.text]).toEqual([503, expect.stringMatching(/maint/i)]);
    expect((await portals.signedIn.visitor.postForm('/login', { username: 'ANNA', password: 'wrong' })).status).toBe(503);
    await portals.control.fault(portal, 'none');
    expect(await portals.signedIn.isIn()).toBe(true);
    expect(await portals.control.account(portal, 'ANNA')).toMatchObject({ loginsRejected: 0, loginsAccepted: 1 });
  });

  test('slow delays every page by what was asked, at this portal alone', async () => {
    await using portals = await openSignedIn();
    await portals.control.fault(portal, 'slow', { delayMs: 1234 });
    await portals.signedIn.visitor.get('/api/session');
    expect(portals.clock.slept).toEqual([1234]);
    for (const other of portalCodes.filter((code) => code !== portal)) await portals.guest(other).visitor.get('/');
    expect(portals.clock.slept).toEqual([1234]);
  });
});
