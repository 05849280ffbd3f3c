import { describe, expect, test } from 'vitest';
import { portalCodes } from '../portal-code.ts';
import { openRecords, inTransaction } from '../records/database.ts';
import { noteChange, changesOf } from '../records/changes.ts';
import { noteTry, triesOf } from '../records/login-tries.ts';
import { MINUTE_MS } from '../testing/clock.fixture.ts';
import { codeAt, GOOD, openPortals, SEED } from '../testing/portals.fixture.ts';

describe.each(portalCodes)('the history of an account at %s', (portal) => {
  const [first, second] = GOOD[portal];

  test('tells every try in order: when, how it ended, whether at a locked account, which one locked, by whom', async () => {
    await using portals = await openPortals();
    await portals.control.habits(portal, { lockout: { counts: 'window', threshold: 3, windowMs: 60 * MINUTE_MS, lastsMs: 10 * MINUTE_MS, countsCodes: true } });
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const start = portals.clock.now().getTime();
    const at = (minutes: number) => new Date(start + minutes * MINUTE_MS).toISOString();
    const tryWith = async (password: string) => {
      portals.clock.advance(MINUTE_MS);
      await portals.guest(portal).login('ANNA', password);
    };
    await tryWith('wrong');
    await tryWith(first);
    await portals.control.mistype(portal, 'ANNA');
    await tryWith('wrong');
    await tryWith(first);
    await tryWith('wrong');
    const history = await portals.control.history(portal, 'ANNA');
    const plain = { atLocked: false, locks: false, by: 'visitor' };
    expect(history.tries).toEqual([
      { ...plain, at: at(1), ended: 'wrong' },
      { ...plain, at: at(2), ended: 'accepted' },
      { ...plain, at: at(2), ended: 'wrong', by: 'person' },
      { ...plain, at: at(3), ended: 'wrong', locks: true },
      { ...plain, at: at(4), ended: 'locked', atLocked: true },
      { ...plain, at: at(5), ended: 'locked', atLocked: true },
    ]);
    expect(history).toMatchObject({ triesDropped: 0, failedAttempts: 3, locked: true, lockedUntil: at(13), accountsLocked: 1, changes: [] });
    await portals.control.unlock(portal, 'ANNA');
    expect(await portals.control.history(portal, 'ANNA')).toMatchObject({ failedAttempts: 0, locked: false, lockedUntil: null, accountsLocked: 1 });
  });

  test('tells every change that was made, and holds no password', async () => {
    await using portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const guest = portals.guest(portal);
    await guest.login('ANNA', first);
    await guest.change('wrong', second);
    portals.clock.advance(5 * MINUTE_MS);
    await guest.change(first, second);
    const now = portals.clock.now().toISOString();
    const history = await portals.control.history(portal, 'ANNA');
    expect(history).toMatchObject({ changes: [{ at: now, askedAt: now }], changesDropped: 0, changesRefused: 1 });
    expect(JSON.stringify(history)).not.toMatch(new RegExp(`${first}|${second}`));
  });

  test('a person who mistypes four times counts like any visitor, and may be the one who locks', async () => {
    await using portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    expect(await portals.control.mistype(portal, 'ANNA', 2)).toMatchObject({ failedAttempts: 2, loginsRejected: 2, locked: false });
    expect(await portals.control.mistype(portal, 'ANNA', 4)).toMatchObject({ locked: true, accountsLocked: 1, loginsRejected: 6 });
  });

  test('whether a password would be let in now is asked without counting', async () => {
    await using portals = await openPortals();
    await portals.control.seed({ portal, username: 'ANNA', password: first });
    const asked = () => Promise.all([first, 'wrong'].map((password) => portals.control.letsIn(portal, 'ANNA', password)));
    expect(await asked()).toEqual([true, false]);
    await portals.control.habits(portal, { closedSaysWrong: true });
    expect(await asked()).toEqual([false, false]);
    await portals.control.habits(portal, { closedSaysWrong: false });
    await portals.control.mistype(portal, 'ANNA', 5);
    expect(await asked()).toEqual([false, false]);
    expect(await portals.control.accepts(portal, 'ANNA', first)).toBe(true);
    await portals.control.unlock(portal, 'ANNA');
    const guest = portals.guest(portal);
    await guest.login('ANNA', first);
    await portals.control.habits(portal, { newPasswordAfterMs: MINUTE_MS });
    portals.clock.advance(MINUTE_MS);
    await guest.change(first, second);
    expect(await portals.control.letsIn(portal, 'ANNA', second)).toBe(false);
    portals.clock.advance(MINUTE_MS);
    expect(await portals.control.letsIn(portal, 'ANNA', second)).toBe(true);
    expect((await portals.control.history(portal, 'ANNA')).tries).toHaveLength(6);
  });
});

test('a wrong code is told from a wrong password, and a login is one try, told where it was decided', async () => {
  await using portals = await openPortals();
  await portals.control.seed({ portal: 'borealis', username: 'anna', password: GOOD.borealis[0], mfaSeed: SEED });
  const login = (code?: string) => portals.guest('borealis').login('anna', GOOD.borealis[0], code);
  await login('000000');
  await login();
  await login(codeAt(portals.clock.now()));
  expect((await portals.control.history('borealis', 'anna')).tries.map(({ ended }) => ended)).toEqual(['wrong_code', 'accepted']);
});

test('the newest thousand tries and changes of an account are kept, and it shows how many were dropped', () => {
  const records = openRecords(undefined);
  const [anna, bert] = [
    { portal: 'alpine', username: 'anna' },
    { portal: 'alpine', username: 'bert' },
  ] as const;
  inTransaction(records, () => {
    for (let at = 1; at <= 1003; at++) {
      noteTry(records, anna, { at, ended: 'wrong', atLocked: false, locks: false, by: 'visitor' });
      noteChange(records, anna, { at, askedAt: at });
    }
    noteTry(records, bert, { at: 1, ended: 'accepted', atLocked: false, locks: false, by: 'visitor' });
  });
  const [{ tries, dropped }, { changes, dropped: changesDropped }] = [triesOf(records, anna), changesOf(records, anna)];
  expect([tries.length, tries[0]?.at, tries.at(-1)?.at, dropped]).toEqual([1000, 4, 1003, 3]);
  expect([changes.length, changes[0]?.at, changes.at(-1)?.at, changesDropped]).toEqual([1000, 4, 1003, 3]);
  expect(triesOf(records, bert)).toMatchObject({ tries: [{ ended: 'accepted' }], dropped: 0 });
  records.close();
});
