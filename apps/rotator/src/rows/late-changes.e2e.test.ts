import type { ChangeFault } from '@rcm/demo-portals';
import { listNotifications } from '@rcm/db/notifications';
import { isLongForm } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { itInLongForm } from '../long-form.fixture.ts';
import { DAY, HOUR, type Login, MINUTE, openRowEnvironment, refusals, type RowEnvironment } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterEach(() => row.testEnvironment.portals.setHabits('alpine', { keepsFirst: null }));
afterAll(() => row?.close());

const told = async ({ id }: Login, kind: string) =>
  (await listNotifications(row.testEnvironment.db, { limit: 1_000 })).some((notification) => notification.endpointId === id && notification.kind === kind);

/** In the end the portal accepts what is current, agents work, and nobody was locked out by us. */
async function expectRight({ id }: Login): Promise<void> {
  expect(await row.testEnvironment.portalAcceptsStore(id)).toBe(true);
  expect(await row.visit(id)).toBe('in');
  expect(refusals(await row.history(id))).toMatchObject({ atLocked: 0, lockedByUs: 0 });
}

describe('a portal that makes the change later', () => {
  const late: readonly (readonly [string, ChangeFault, number])[] = [
    ['hours after it said "changed"', 'says_changed_makes_it', 5 * HOUR],
    ['minutes after an error page', 'makes_it_after', 20 * MINUTE],
    ['hours after it called the password too short', 'says_too_short_makes_it', 5 * HOUR],
    ['hours after it called the password used before', 'says_used_before_makes_it', 5 * HOUR],
    ['hours after an error page', 'makes_it_after', 5 * HOUR],
  ];
  it.each(isLongForm() ? late : late.slice(0, 1))('%s: what it made becomes current, and nobody waits for a person', async (_what, fault, delayMs) => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.visit(login.id)).toBe('in');
    await row.testEnvironment.portals.setAccountFault(login, { fault, delayMs });
    await row.rotateToEnd(login.id);
    expect(await row.holdsAccepted(login.id)).toBe(true);
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'none' });
    await row.pass(delayMs);
    expect(await row.holdsAccepted(login.id)).toBe(true);
    await row.untilIn(login.id, { stepMs: 10 * MINUTE, atMostMs: 3 * HOUR });
    await expectRight(login);
    expect((await row.history(login.id)).passwordsChanged).toBe(1);
  });

  it('and keeps only the first 14 characters of it: these are found long after the rotation was given up', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.visit(login.id)).toBe('in');
    await row.testEnvironment.portals.setHabits('alpine', { keepsFirst: 14 });
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'says_used_before_makes_it', delayMs: 5 * HOUR });
    expect(await row.rotateToEnd(login.id)).toBe('abandoned');
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'none' });
    await row.pass(5 * HOUR);
    await row.untilIn(login.id, { stepMs: 10 * MINUTE, atMostMs: DAY });
    await expectRight(login);
    expect(String((await row.open(login.id)).fields.password)).toHaveLength(14);
  });

  itInLongForm('after it was seen to accept the current password, while nobody was at it: the new one is asked for before anything older', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    expect(await row.rotateToEnd(login.id)).toBe('done');
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'makes_it_after', delayMs: 20 * MINUTE });
    let returns = 0;
    const gone = {
      ...row.patient,
      onJournalWrite: (written: string, when: 'before' | 'after') => {
        if (written === 'staged' && when === 'after' && (returns += 1) === 2) throw new Error('the process is gone');
      },
    };
    await expect(row.rotateToEnd(login.id, gone)).rejects.toThrow('the process is gone');
    const before = refusals(await row.history(login.id)).wrong;
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'none' });
    await row.pass(20 * MINUTE);
    expect(await row.rotateToEnd(login.id)).toBe('done');
    await expectRight(login);
    // What was current, once.
    expect(refusals(await row.history(login.id)).wrong - before).toBe(1);
  });

  it('keeps the copy for as long as nobody has been let in with what is current', async () => {
    const login = await row.testEnvironment.addEndpoint('alpine');
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'makes_it_after', delayMs: 5 * HOUR });
    await row.rotateToEnd(login.id);
    await row.testEnvironment.portals.setAccountFault(login, { fault: 'none' });
    await row.pass(31 * DAY);
    await row.removeOldCopies();
    expect(await row.holdsAccepted(login.id)).toBe(true);
    await row.untilIn(login.id, { stepMs: 10 * MINUTE, atMostMs: 3 * HOUR });
    await expectRight(login);
    await row.pass(31 * DAY);
    await row.removeOldCopies();
    await expectRight(login);
  });
});

if (isLongForm())
  describe('a portal that says "changed"', () => {
    it('and makes none of the first two tries: the third is no other password', async () => {
      const login = await row.testEnvironment.addEndpoint('alpine');
      await row.testEnvironment.portals.setAccountFault(login, { fault: 'says_changed_does_not', count: 2 });
      expect(await row.rotateToEnd(login.id)).toBe('done');
      await expectRight(login);
      expect((await row.history(login.id)).passwordsChanged).toBe(1);
    });

    it('and keeps the first 14 characters: these are current in the end, and people are told', async () => {
      const login = await row.testEnvironment.addEndpoint('alpine');
      expect(await row.visit(login.id)).toBe('in');
      await row.testEnvironment.portals.setHabits('alpine', { keepsFirst: 14 });
      await row.rotateToEnd(login.id);
      await expectRight(login);
      const { password } = (await row.open(login.id)).fields;
      expect(String(password)).toHaveLength(14);
      expect(await told(login, 'found')).toBe(true);
    });
  });

describe('a database that fails over and has lost the commit of `submitting`', () => {
  it.each(isLongForm() ? (['applied', 'verified'] as const) : (['verified'] as const))(
    'is found out by the copy that the portal accepts (lost up to %s)',
    async (write) => {
      const login = await row.testEnvironment.addEndpoint('alpine');
      await expect(
        row.rotate(login.id, {
          ...row.patient,
          onJournalWrite(written, when) {
            if (written === write && when === 'before') throw new Error('the database is gone');
          },
        }),
      ).rejects.toThrow('the database is gone');
      expect((await row.history(login.id)).passwordsChanged).toBe(1);
      // The standby took over with the rows as they were before the change was let out: what was tried since is forgotten, too.
      await row.sql(`UPDATE rotation_attempt SET state = 'staged', submit_deadline_at = NULL WHERE login_identity = $1`, [login.loginIdentity]);
      await row.sql(`DELETE FROM login_attempt WHERE login_identity = $1 AND version LIKE 'staged:%'`, [login.loginIdentity]);
      expect(await row.rotateToEnd(login.id)).toBe('done');
      await expectRight(login);
      expect((await row.history(login.id)).passwordsChanged).toBe(1);
    },
  );
});
