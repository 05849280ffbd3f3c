import { describe, expect, test } from 'vitest';
import { MINUTE_MS } from '../testing/clock.fixture.ts';
import type { Guest } from '../testing/guests.fixture.ts';
import { GOOD, openPortals } from '../testing/portals.fixture.ts';
import { portalCodes } from '../portal-code.ts';
import { inTransaction, one, openRecords } from '../records/database.ts';
import { openSession, readSession } from '../records/sessions.ts';

describe.each(portalCodes)('sessions at %s', (portal) => {
  const [first, second] = GOOD[portal];

  async function openWithGuests(count: number) {
    const portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const guests = Array.from({ length: count }, () => portals.guest(portal));
    for (const guest of guests) expect(await guest.login('ANNA', first)).toBe('in');
    return { ...portals, guests, [Symbol.asyncDispose]: () => portals[Symbol.asyncDispose]() };
  }

  test('a change ends the sessions that the portal says it ends', async () => {
    await using portals = await openWithGuests(3);
    await portals.guests[0]?.change(first, second);
    const stillIn = await Promise.all(portals.guests.map((guest) => guest.isIn()));
    expect(stillIn).toEqual({ alpine: [true, false, false], borealis: [false, false, false], cascade: [true, true, true] }[portal]);
  });

  test('a change at one account leaves another account signed in', async () => {
    await using portals = await openWithGuests(1);
    await portals.control.seed({ portal, username: 'BERT', password: first });
    const other = portals.guest(portal);
    await other.login('BERT', first);
    await portals.guests[0]?.change(first, second);
    expect(await other.isIn()).toBe(true);
  });

  test('a session idles out after 30 minutes without a request', async () => {
    await using portals = await openWithGuests(1);
    portals.clock.advance(29 * MINUTE_MS);
    expect(await portals.guests[0]?.isIn()).toBe(true);
    portals.clock.advance(29 * MINUTE_MS);
    expect(await portals.guests[0]?.isIn()).toBe(true);
    portals.clock.advance(30 * MINUTE_MS);
    expect(await portals.guests[0]?.isIn()).toBe(false);
  });

  test('a login opens a session under a new id, and the id from before is worth nothing', async () => {
    await using portals = await openWithGuests(0);
    const guest = portals.guest(portal);
    await guest.visitor.get(portal === 'borealis' ? '/api/session' : '/main');
    const [[name, before]] = [...guest.visitor.cookies] as [[string, string]];
    await guest.login('ANNA', first);
    expect(guest.visitor.cookies.get(name)).not.toBe(before);
    guest.visitor.cookies.set(name, before);
    expect(await guest.isIn()).toBe(false);
  });

  test('after signing out, the cookie from before is worth nothing', async () => {
    await using portals = await openWithGuests(1);
    const [guest] = portals.guests as [Guest];
    const cookies = [...guest.visitor.cookies];
    await guest.visitor.get({ alpine: '/home', borealis: '/api/session', cascade: '/main' }[portal]);
    if (portal === 'alpine') await guest.visitor.postForm('/logout', { _csrf: guest.visitor.token });
    else if (portal === 'borealis') await guest.visitor.postJson('/api/sign-out', {});
    else await guest.visitor.get('/signoff');
    for (const [name, value] of cookies) guest.visitor.cookies.set(name, value);
    expect(await guest.isIn()).toBe(false);
  });

  test('the cookie cannot be read by scripts', async () => {
    await using portals = await openPortals();
    const response = await fetch(new URL(portal === 'alpine' ? '/login' : '/', portals.demo.portals[portal].baseUrl));
    expect(response.headers.getSetCookie().join()).toMatch(/^(alpine_session|borealis_sid|CASCADESESS)=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/);
  });
});

const POSTS = [
  ['alpine', '/login', { username: 'anna', password: GOOD.alpine[0] }],
  ['alpine', '/password', { current_password: GOOD.alpine[0], new_password: GOOD.alpine[1], confirm_password: GOOD.alpine[1] }],
  ['alpine', '/logout', {}],
  ['borealis', '/api/identify', { username: 'anna' }],
  ['borealis', '/api/password-change', { current: GOOD.borealis[0], next: GOOD.borealis[1], repeated: GOOD.borealis[1] }],
  ['borealis', '/api/sign-out', {}],
  ['cascade', '/signon', { USRID: 'ANNA', PWD: GOOD.cascade[0] }],
  ['cascade', '/password', { OLDPWD: GOOD.cascade[0], NEWPWD: GOOD.cascade[1], NEWPWD2: GOOD.cascade[1] }],
] as const;

test.each(POSTS)('%s %s does nothing without the session’s own token', async (portal, path, fields) => {
  await using portals = await openPortals();
  await portals.control.seed({ portal, username: 'anna', password: GOOD[portal][0] });
  const { visitor, login, isIn } = portals.guest(portal);
  await login('anna', GOOD[portal][0]);
  for (const token of ['', 'x'.repeat(24)]) {
    visitor.token = token;
    const answer = await (portal === 'borealis' ? visitor.postJson(path, fields) : visitor.postForm(path, { ...fields, _csrf: token, TOKEN: token }));
    expect(answer.text).toMatch(portal === 'cascade' ? /INF-009/ : /expired|page_expired/);
  }
  expect(await isIn()).toBe(true);
  expect(await portals.control.account(portal, 'anna')).toMatchObject({ loginsAccepted: 1, loginsRejected: 0, passwordsChanged: 0, changesRefused: 0 });
});

test('cascade holds one session an account when that habit is on, and any number when it is off', async () => {
  await using portals = await openPortals();
  await portals.control.seed({ portal: 'cascade', username: 'ANNA', password: GOOD.cascade[0] });
  const guests = [portals.guest('cascade'), portals.guest('cascade'), portals.guest('cascade')];
  for (const guest of guests.slice(0, 2)) await guest.login('ANNA', GOOD.cascade[0]);
  expect(await Promise.all(guests.map((guest) => guest.isIn()))).toEqual([true, true, false]);
  await portals.control.habits('cascade', { oneSessionPerAccount: true });
  await guests[2]?.login('ANNA', GOOD.cascade[0]);
  expect(await Promise.all(guests.map((guest) => guest.isIn()))).toEqual([false, false, true]);
});

test('sessions are bounded: the oldest of an account and of the visitors end', () => {
  const records = openRecords(undefined);
  const [first, visitor] = inTransaction(records, () => {
    const opened = openSession(records, { portal: 'alpine', stage: 'signed_in', username: 'anna' }, 0);
    const unknown = openSession(records, { portal: 'alpine', stage: 'anonymous', username: null }, 0);
    for (let more = 0; more < 1100; more++) openSession(records, { portal: 'alpine', stage: 'anonymous', username: null }, 0);
    for (let more = 0; more < 49; more++) openSession(records, { portal: 'alpine', stage: 'signed_in', username: 'anna' }, 0);
    return [opened, unknown];
  });
  expect(readSession(records, 'alpine', visitor.id, 0)).toBeNull();
  expect(readSession(records, 'alpine', first.id, 0)).not.toBeNull();
  openSession(records, { portal: 'alpine', stage: 'signed_in', username: 'anna' }, 0);
  expect(readSession(records, 'alpine', first.id, 0)).toBeNull();
  expect(one<{ count: number }>(records, 'SELECT count(*) AS count FROM session')?.count).toBe(1050);
  records.close();
});

test('a body larger than 16 KB is refused', async () => {
  await using portals = await openPortals();
  for (const portal of portalCodes) {
    const answer = await portals.guest(portal).visitor.postForm(portal === 'borealis' ? '/api/identify' : '/login', { username: 'a'.repeat(17 * 1024) });
    expect(answer.status).toBe(413);
  }
});
