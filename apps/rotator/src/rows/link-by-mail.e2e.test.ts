import { listNotifications } from '@rcm/db/notifications';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LinkPortal, linkRecipe } from './link-portal.fixture.ts';
import { addOwnLogin, saveOwnType } from './own-login.fixture.ts';
import type { OwnAccount } from './own-portal.fixture.ts';
import { DAY, HOUR, LOCKOUT, type Login, MINUTE, openRowEnvironment, type RowEnvironment } from './row-environment.fixture.ts';

let row: RowEnvironment;
const portal = new LinkPortal({ threshold: 4, windowMs: LOCKOUT });
beforeAll(async () => {
  await portal.open();
  row = await openRowEnvironment({ endpoints: ['alpine'] });
  row.alsoPasses((ms) => portal.advance(ms));
});
afterEach(() => void (portal.onTry = null));
afterAll(async () => {
  await portal.close();
  await row?.close();
});

/** Where a recipe knows no words for the page, a change ends with its time: all of it is waited for. */
const rotateToEnd = ({ id }: Login) => row.rotateToEnd(id, { ...row.patient, timing: { ...row.patient.timing, submitDeadlineMs: 10_000 } });
const messages = (account: OwnAccount): number => portal.mails.filter((mail) => mail.account === account).length;

/** The password that the portal accepts lies in the store, and nobody has locked the account. */
async function expectHeld({ id }: Login, account: OwnAccount): Promise<void> {
  expect(await row.storedPasswords(id)).toContain(account.password);
  expect(account.timesLocked).toBe(0);
  expect(account.tries.filter(({ ended }) => ended === 'locked')).toEqual([]);
}

/** Nobody says anything, and agents get in with what is current. */
async function expectFound(login: Login, account: OwnAccount): Promise<void> {
  await row.untilIn(login.id, { stepMs: 10 * MINUTE, atMostMs: 3 * HOUR });
  expect((await row.open(login.id)).fields.password).toBe(account.password);
  await expectHeld(login, account);
}

const WORDS = [
  ['calls it refused: link_wanted', 'is: refused, rule: link_wanted'],
  ['calls it applied', 'is: applied'],
  ['calls it unknown', 'is: unknown'],
  ['does not know the page', null],
] as const;
/** Failures that are left to people: the fewer are ours, the sooner a search has to wait. */
const SHARES = [2, 1];
const all = SHARES.flatMap((share) => WORDS.map(([what, sent], index) => ({ what, share, sent, code: `link-${index}-${share}` })));

describe.each(isLongForm() ? all : all.slice(0, 2))(
  'a change that waits for the link of a message: a recipe $what, $share failures are left to people',
  (of) => {
    beforeAll(() => saveOwnType(row, portal, { ...of, recipe: linkRecipe(of.sent) }));
    const add = () => addOwnLogin(row, portal, of.code);

    it('leaves everybody working with the old password for as long as nobody opens it', async () => {
      const { login, account } = await add();
      for (let day = 0; day < (isLongForm() ? 3 : 1); day += 1) {
        expect(await rotateToEnd(login)).toBe('abandoned');
        await expectFound(login, account);
        await row.pass(DAY + HOUR);
      }
    });

    it('finds the new password where the link is opened after the rotation was given up', async () => {
      const { login, account } = await add();
      expect(await rotateToEnd(login)).toBe('abandoned');
      await row.pass(5 * HOUR);
      await portal.openLink(account);
      await expectFound(login, account);
    });

    it('finds it where the link of an earlier rotation is opened', async () => {
      const { login, account } = await add();
      expect(await rotateToEnd(login)).toBe('abandoned');
      await row.pass(DAY + HOUR);
      expect(await rotateToEnd(login)).toBe('abandoned');
      await row.untilIn(login.id, { stepMs: 10 * MINUTE, atMostMs: HOUR });
      await portal.openLink(account, 'first');
      await expectFound(login, account);
    });

    it('finds it where the link is opened in the middle of the search', async () => {
      const { login, account } = await add();
      const old = account.password;
      // What was refused a moment ago is right from now on, and the old one is wrong when it is typed next.
      portal.onTry = async (tried, { ended }) => {
        if (tried === account && ended === 'wrong' && account.password === old) await portal.openLink(account);
      };
      expect(await rotateToEnd(login)).toBe('done');
      await expectFound(login, account);
    });
  },
);

it('of a recipe that says link_wanted, a rotation sends one message, and people are told what to do', async () => {
  await saveOwnType(row, portal, { code: 'link-once', share: 1, recipe: linkRecipe('is: refused, rule: link_wanted') });
  const { login, account } = await addOwnLogin(row, portal, 'link-once');
  expect(await rotateToEnd(login)).toBe('abandoned');
  expect(messages(account)).toBe(1);
  const told = (await listNotifications(row.testEnvironment.db, { limit: 1_000 })).filter(({ endpointId }) => endpointId === login.id);
  expect(told.map(({ kind, detail }) => [kind, detail])).toEqual([['failed', expect.stringMatching(/opens the link/)]]);
});
