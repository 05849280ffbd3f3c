import { getEndpoint } from '@rcm/db';
import { upsertPortalType } from '@rcm/db/admin';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itInLongForm } from '../long-form.fixture.ts';
import { throughTheOtherDoor } from './other-door.fixture.ts';
import { DAY, type Fields, HOUR, type Login, MINUTE, openRowEnvironment, type RowEnvironment, SECOND } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment({ endpoints: ['alpine'] })));
afterAll(() => row?.close());

const dyingBefore = (write: string) => (written: string, when: 'before' | 'after') => {
  if (written === write && when === 'before') throw new Error('the process is gone');
};
const never = async (id: string) => expect(await row.history(id)).toMatchObject({ locked: false, accountsLocked: 0 });

describe('one account behind two addresses of a portal', () => {
  it('has one budget: whatever fails at either door, we do not lock it', async () => {
    const www = await row.testEnvironment.addEndpoint('alpine');
    const app = await throughTheOtherDoor(row, www);
    expect([await row.visit(www.id), await row.visit(app.id)]).toEqual(['in', 'in']);
    const { fields } = await row.open(www.id);
    for (let number = 0; number < (isLongForm() ? 3 : 2); number += 1) {
      for (const { id } of [www, app]) {
        await row.edit(id, { password: `Not-the-password-${number}` });
        expect(await row.visit(id)).not.toBe('in');
        await row.mend();
        await never(www.id);
      }
      await row.pass(2 * SECOND);
    }
    for (const { id } of [www, app]) await row.edit(id, { password: fields.password });
    await row.pass(20 * MINUTE);
    expect([await row.visit(www.id), await row.visit(app.id)]).toEqual(['in', 'in']);
    await never(www.id);
  });

  itInLongForm('is not rotated at one door while the other one would be left with a wrong password', async () => {
    const www = await row.testEnvironment.addEndpoint('alpine');
    const app = await throughTheOtherDoor(row, www);
    for (const { id } of [www, app, www]) await row.rotateToEnd(id);
    expect([await row.visit(www.id), await row.visit(app.id)]).toEqual(['in', 'in']);
    await never(www.id);
  });
});

describe('a portal type whose realm or rule of case is changed', () => {
  /** What both doors of a portal say of their accounts; the one that is saved last may not differ from the other meanwhile. */
  async function define(login: Login, change: { readonly accountRealm: string | null }): Promise<void> {
    const known = await getEndpoint(row.testEnvironment.db, { orgId: login.orgId, endpointId: login.id });
    if (!known) throw new Error('no endpoint');
    await upsertPortalType(row.testEnvironment.db, { ...known.portalType, ...change }, { actor: 'test', reason: 'a test' });
  }
  const identityOf = async ({ orgId, id }: Login) => (await getEndpoint(row.testEnvironment.db, { orgId, endpointId: id }))?.loginIdentity;

  it('does not forgive its accounts anything: what failed before counts, at whichever door', async () => {
    const www = await row.testEnvironment.addEndpoint('alpine');
    const app = await throughTheOtherDoor(row, www);
    expect([await row.visit(www.id), await row.visit(app.id)]).toEqual(['in', 'in']);
    const { fields } = await row.open(www.id);
    try {
      for (const realm of isLongForm() ? ['first', 'second', 'third', null] : ['first', null]) {
        for (const login of [www, app]) await define(login, { accountRealm: realm ?? 'alpine' });
        for (const { id } of [www, app]) {
          await row.edit(id, { password: `Not-the-password-${realm}` });
          await row.visit(id);
          await row.mend();
          await row.visit(id);
          await never(www.id);
        }
        expect(await identityOf(www)).toBe(await identityOf(app));
      }
    } finally {
      for (const login of [www, app]) await define(login, { accountRealm: 'alpine' });
    }
    for (const { id } of [www, app]) await row.edit(id, { password: fields.password });
    await row.pass(20 * MINUTE);
    for (const { id } of [www, app]) expect(await row.untilIn(id, { stepMs: (isLongForm() ? 1 : 10) * MINUTE, atMostMs: 2 * DAY })).toBeLessThan(2 * DAY);
    await never(www.id);
  });
});

describe('a person who puts another user name into a secret', () => {
  const take = ({ username, password }: Fields) => ({ username, password });

  itInLongForm('moves the login to the other account, whose budget holds from then on', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.visit(login.id)).toBe('in');
    const other = { portal: 'alpine', username: 'somebody-else', password: 'Set-by-a-person-1' } as const;
    await row.testEnvironment.portals.createAccount(other);
    await row.edit(login.id, take(other));
    expect(await row.untilIn(login.id, { stepMs: MINUTE, atMostMs: 5 * MINUTE })).toBeLessThan(5 * MINUTE);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    expect(await row.visit(login.id)).toBe('in');
    expect(await row.testEnvironment.portals.history(other)).toMatchObject({ passwordsChanged: 1, accountsLocked: 0 });
    expect(await row.history(login.id)).toMatchObject({ passwordsChanged: 0 });
  });

  it('in the middle of a rotation ends that one: agents get in as the other account, and the old one’s password is not lost', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.visit(login.id)).toBe('in');
    const gone = { ...row.patient, onJournalWrite: dyingBefore('applied') };
    await expect(row.rotate(login.id, gone)).rejects.toThrow('the process is gone');
    expect(await row.history(login.id)).toMatchObject({ passwordsChanged: 1 });
    const other = { portal: 'alpine', username: 'the-one-after', password: 'Set-by-a-person-1' } as const;
    await row.testEnvironment.portals.createAccount(other);
    await row.edit(login.id, take(other));
    await row.pass(MINUTE);
    expect(await row.rotateToEnd(login.id)).toBe('abandoned');
    expect(await row.untilIn(login.id, { stepMs: MINUTE, atMostMs: 5 * MINUTE })).toBeLessThan(5 * MINUTE);
    for (let months = 0; months < 2; months += 1) {
      await row.pass(31 * DAY);
      expect(await row.visit(login.id)).toBe('in');
      await row.removeOldCopies();
    }
    expect(await row.holdsAccepted(login.id)).toBe(true);
  });

  it('and is undone by somebody who saves an older copy: the new password of the account between them is not lost', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.visit(login.id)).toBe('in');
    const { fields: opened } = await row.open(login.id);
    const other = { portal: 'alpine', username: 'the-one-between', password: 'Set-by-a-person-1' } as const;
    await row.testEnvironment.portals.createAccount(other);
    await row.edit(login.id, take(other));
    await row.untilIn(login.id, { stepMs: MINUTE, atMostMs: 5 * MINUTE });
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await row.save(login.id, opened);
    await row.untilIn(login.id, { stepMs: MINUTE, atMostMs: 5 * MINUTE });
    await row.pass(DAY);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    const accepted = (await row.storedPasswords(login.id)).map((password) => row.testEnvironment.portals.accepts({ ...other, password }));
    expect(await Promise.all(accepted)).toContain(true);
  });

  it('and back, as often as they like, has the budget of each account and never more', async () => {
    const [login, other] = [
      await row.testEnvironment.addEndpoint('alpine'),
      { portal: 'alpine', username: 'to-and-fro', password: 'Set-by-a-person-2' } as const,
    ];
    await row.testEnvironment.portals.createAccount(other);
    const own = take((await row.open(login.id)).fields);
    for (let number = 0; number < (isLongForm() ? 4 : 3); number += 1) {
      for (const { username } of [own, other]) {
        await row.edit(login.id, { username, password: `Not-the-password-${number}` });
        for (let visit = 0; visit < 2; visit += 1) {
          await row.visit(login.id);
          await row.mend();
        }
        await row.pass(2 * SECOND);
      }
    }
    await never(login.id);
    expect(await row.testEnvironment.portals.history(other)).toMatchObject({ locked: false, accountsLocked: 0 });
  });

  itInLongForm('while that one’s change is late, and puts its old account into another secret: the new password is found beside the first', async () => {
    const left = await row.testEnvironment.addEndpoint('alpine', 'vault');
    const taken = await row.testEnvironment.addEndpoint('alpine', 'vault');
    const spare = await row.testEnvironment.addEndpoint('alpine');
    const account = take((await row.open(left.id)).fields);
    await row.testEnvironment.portals.setAccountFault(left, { fault: 'makes_it_after', delayMs: 12 * HOUR });
    expect(await row.rotateToEnd(left.id)).toBe('abandoned');
    await row.edit(taken.id, account);
    await row.edit(left.id, take((await row.open(spare.id)).fields));
    await row.pass(12 * HOUR);
    await row.untilIn(taken.id, { stepMs: 10 * MINUTE, atMostMs: 6 * HOUR });
    expect((await row.open(taken.id)).fields.username).toBe(account.username);
    expect(await row.testEnvironment.portals.history({ ...taken, username: String(account.username) })).toMatchObject({ locked: false, accountsLocked: 0 });
  });

  it('that another secret has already: neither is rotated and leaves the other behind, and both share a budget', async () => {
    const [own, taken] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine')];
    await row.edit(own.id, take((await row.open(taken.id)).fields));
    await row.untilIn(own.id, { stepMs: MINUTE, atMostMs: 5 * MINUTE });
    for (const { id } of [own, taken, own]) await row.rotateToEnd(id);
    expect([await row.visit(own.id), await row.visit(taken.id)]).toEqual(['in', 'in']);
    for (let number = 0; number < (isLongForm() ? 3 : 2); number += 1) {
      for (const { id } of [own, taken]) {
        await row.edit(id, { password: `Not-the-password-${number}` });
        await row.visit(id);
        await row.mend();
      }
      await row.pass(2 * SECOND);
    }
    await never(taken.id);
    await row.pass(DAY);
  });

  it('that another secret has already, whose password a person changes and saves in one of the two: the other one follows, password only', async () => {
    const [own, taken] = [await row.testEnvironment.addEndpoint('alpine'), await row.testEnvironment.addEndpoint('alpine', 'vault')];
    await row.edit(own.id, { ...take((await row.open(taken.id)).fields), note: 'Ask at the desk' });
    await row.untilIn(own.id, { stepMs: MINUTE, atMostMs: 5 * MINUTE });
    await row.setAtPortal(taken.id, 'Set-by-a-person-3');
    await row.edit(taken.id, { password: 'Set-by-a-person-3' });
    expect(await row.visit(own.id)).not.toBe('in');
    expect(await row.visit(taken.id)).toBe('in');
    await row.pass(2 * SECOND);
    await row.mend();
    expect(await row.visit(own.id)).toBe('in');
    expect((await row.open(own.id)).fields).toMatchObject({ password: 'Set-by-a-person-3', note: 'Ask at the desk' });
    expect(await row.history(taken.id)).toMatchObject({ locked: false, accountsLocked: 0 });
  });
});
