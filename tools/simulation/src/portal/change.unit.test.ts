import { describe, expect, test } from 'vitest';
import { Inside } from '../time/inside.fixture.ts';
import type { PortalHabits } from './habits.ts';
import { countingFailures, type LockoutRules } from './lockout.ts';
import { Portal } from './portal.ts';

const OURS = { by: 'rotator', process: 'rotator' } as const;
const HOUR_MS = 3_600_000;
const WINDOW: LockoutRules = { counts: 'window', threshold: 3, windowMs: HOUR_MS, lastsMs: HOUR_MS, countsCodes: true };

function portalWith(more: Partial<PortalHabits> = {}) {
  const { scheduler, random } = new Inside('the form of a change');
  const habits: PortalHabits = {
    ...{ lockout: WINDOW, oneText: false, tellsUntil: false, keepsFirst: null, foldsCase: false, propagationDelayMs: 0, whilePropagating: 'old or new' },
    ...{ asksForCode: false, codeSkew: 1, history: 0, historyFirst: false, countsCurrent: true, changeMeetsAnyPart: false, expiresAfterMs: null },
    ...{ changes: { made: 1 }, lateMs: 1, longAfterMs: 1, ...more },
  };
  const portal = new Portal(scheduler, { realm: 'alder', habits, random });
  const account = portal.add({ username: 'user', password: 'right', mfaSeed: null });
  return {
    ...{ portal, scheduler },
    change: (current: string, next = 'next') => portal.change(OURS, 'user', current, next).decision,
    counting: () => countingFailures(habits.lockout, account, scheduler.now).map(({ by }) => by),
    acts: () => portal.record.map(({ act, ended, said, counted }) => [act, ended, said, counted]),
  };
}

describe('a wrong current password in the form of a change', () => {
  test('counts as a failed login does, together with those, and locks', () => {
    const { portal, change, counting, acts } = portalWith();
    portal.tryPassword(OURS, 'user', 'wrong');
    expect(change('wrong')).toBe('current_wrong');
    expect(counting()).toEqual(['us', 'us']);
    expect(change('wrong')).toBe('current_wrong');
    expect(acts()).toEqual([
      ['login', 'wrong', null, true],
      ['change', 'refused', 'current_wrong', true],
      ['change', 'refused', 'current_wrong', true],
      ['locked', 'done', null, false],
    ]);
    expect(portal.tryPassword(OURS, 'user', 'right')).toBe('at locked');
  });

  test('counts nothing at a locked account, which refuses a right one, too', () => {
    const { portal, change, counting, acts } = portalWith();
    for (let i = 0; i < 3; i += 1) portal.tryPassword(OURS, 'user', 'wrong');
    expect(change('right')).toBe('current_wrong');
    expect(acts().at(-1)).toEqual(['change', 'refused', 'current_wrong', false]);
    expect(counting()).toHaveLength(3);
  });

  test('costs nothing at a portal that does not count it, and nothing where something else is refused', () => {
    const lax = portalWith({ countsCurrent: false });
    expect([lax.change('wrong'), lax.counting()]).toEqual(['current_wrong', []]);
    for (let i = 0; i < 3; i += 1) lax.portal.tryPassword(OURS, 'user', 'wrong');
    expect(lax.change('right')).toBe('changed');
    const strict = portalWith({ historyFirst: true });
    expect([strict.change('wrong', 'right'), strict.counting()]).toEqual(['reused', []]);
  });
});

describe('while a new password propagates, the form of a change', () => {
  const answers = (changeMeetsAnyPart: boolean, current: string): ReadonlySet<string> => {
    const lockout = { ...WINDOW, threshold: 1_000 };
    const { portal, change, scheduler } = portalWith({ lockout, changeMeetsAnyPart, propagationDelayMs: HOUR_MS });
    expect(change('right')).toBe('changed');
    const account = portal.accounts.get('user');
    const all = new Set<string>();
    for (let i = 0; i < 40; i += 1) {
      all.add(change(current));
      Object.assign(account ?? {}, { password: 'next', before: 'right', propagatedAt: scheduler.now + HOUR_MS });
    }
    return all;
  };

  test('meets a part that does not know it yet, at some portals', () => {
    expect(answers(true, 'next')).toEqual(new Set(['current_wrong', 'reused']));
    expect(answers(false, 'next')).toEqual(new Set(['reused']));
  });

  test('never takes the former one, which parts still let in', () => {
    expect(answers(true, 'right')).toEqual(new Set(['current_wrong']));
  });
});
