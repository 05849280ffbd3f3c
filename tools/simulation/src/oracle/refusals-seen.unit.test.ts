import { describe, expect, test } from 'vitest';
import type { Portal } from '../portal/portal.ts';
import type { Told } from '../portal/visit.ts';
import { lockedWrittenLate, refusalsSeen } from './refusals-seen.ts';

const minutes = (count: number): number => count * 60_000;
const NOW = minutes(1_000);

interface Given {
  readonly outcome: string | null;
  readonly ended?: number | null;
  readonly isDead?: boolean;
  readonly hurt?: number;
  readonly stop?: readonly [at: number, until: number];
}
/** In minutes. It ends at once, in a process that nothing happens to. */
const login = (at: number, { outcome, ended = at, isDead = false, hurt, stop }: Given): Told => ({
  ...{ at: minutes(at), username: 'user', password: 'p', outcome, endedAt: ended === null ? null : minutes(ended) },
  process: {
    isDead,
    hurts: hurt === undefined ? [] : [minutes(hurt)],
    stops: stop === undefined ? [] : [{ at: minutes(stop[0]), until: minutes(stop[1]) }],
  } as unknown as Told['process'],
});
const accepted = (at: number): Told => login(at, { outcome: 'accepted' });

function seen(
  told: readonly Told[],
  {
    counts = 'consecutive',
    support = 0,
    toldOfChanges = [],
  }: { readonly counts?: 'consecutive' | 'window'; readonly support?: number; readonly toldOfChanges?: readonly Told[] } = {},
): number {
  const portal = {
    accounts: new Map([['user', { supportToldAt: minutes(support) }]]),
    told,
    toldOfChanges,
    habits: { lockout: { counts, windowMs: counts === 'window' ? minutes(60) : null } },
  } as unknown as Portal;
  return refusalsSeen(portal, 'user', NOW);
}

describe('where an accepted login makes the portal forget', () => {
  test.each<[string, Told, number]>([
    ['was refused before it', login(10, { outcome: 'rejected' }), 0],
    ['was asked before it and refused after it', login(10, { outcome: 'rejected', ended: 40 }), 1],
    ['nobody was told of, by a process that died before it', login(10, { outcome: null, ended: null, isDead: true, hurt: 11 }), 0],
    ['nobody was told of, by a process that died after it', login(10, { outcome: null, ended: null, isDead: true, hurt: 40 }), 1],
    ['is still not answered, in a process that lives', login(10, { outcome: null, ended: null }), 1],
    ['ended before it, in a process that stood still before it could say so', login(10, { outcome: 'unknown', hurt: 10, stop: [10, 200] }), 1],
    ['ended before it, in a process that stood still for a short time', login(10, { outcome: 'unknown', hurt: 10, stop: [10, 20] }), 0],
    ['ended before it, in a process that stood still long after', login(10, { outcome: 'unknown', stop: [25, 200] }), 0],
  ])('a login that %s', (_, before, count) => {
    expect(seen([before, accepted(30)])).toBe(count);
    expect(seen([accepted(5), before])).toBe(1);
  });

  test('support makes it forget, too', () => {
    expect(seen([login(10, { outcome: 'rejected', ended: 40 }), accepted(30)], { support: 50 })).toBe(0);
    expect(seen([login(10, { outcome: 'unknown', ended: 60, stop: [10, 60] }), accepted(5)], { support: 50 })).toBe(1);
    // Refused before support, and written down after by a process that had stood still: whoever reads that cannot tell which was first.
    expect(seen([login(10, { outcome: 'rejected_or_locked', stop: [10, 90] }), accepted(5)], { support: 50 })).toBe(1);
  });
});

test('where time alone makes it forget, an accepted login tells nothing, and what is older than the window counts no more', () => {
  const all = [login(930, { outcome: 'rejected' }), login(950, { outcome: 'rejected' }), accepted(990)];
  expect(seen(all, { counts: 'window' })).toBe(1);
});

describe('a change that', () => {
  test.each<[string, Told, number]>([
    ['was told that its current password is wrong', login(31, { outcome: 'current_wrong' }), 1],
    ['was told nothing clear', login(31, { outcome: 'unknown' }), 1],
    ['nobody was told of, by a process that died', login(31, { outcome: null, ended: null, isDead: true, hurt: 32 }), 1],
    ['is still not answered', login(31, { outcome: null, ended: null }), 1],
    ['was made, by a process that died before it could say so', login(31, { outcome: 'applied', isDead: true, hurt: 32 }), 1],
    ['was made', login(31, { outcome: 'applied' }), 0],
    ['was refused for something else', login(31, { outcome: 'refused' }), 0],
    ['was not sent', login(31, { outcome: 'not_submitted' }), 0],
  ])('%s may have counted beside what was refused, or not', (_, change, count) => {
    expect(seen([accepted(30), login(40, { outcome: 'rejected' })], { toldOfChanges: [change] })).toBe(1 + count);
  });

  test.each<[string, Told, number]>([
    ['may have counted is forgotten with the next login that gets in', login(31, { outcome: 'current_wrong' }), 0],
    ['nobody was told of is, too', login(31, { outcome: null, ended: null, isDead: true, hurt: 31 }), 0],
    ['nobody could say so of before that login may count still', login(31, { outcome: 'current_wrong', stop: [31, 50] }), 1],
  ])('%s', (_, change, count) => {
    expect(seen([accepted(30), accepted(32)], { toldOfChanges: [change] })).toBe(count);
  });

  test('was made is no login that the portal forgives by', () => {
    expect(seen([login(30, { outcome: 'rejected' })], { toldOfChanges: [login(31, { outcome: 'applied' })] })).toBe(1);
  });
});

test('time and support make it forget such a change, too', () => {
  const all = [login(930, { outcome: 'current_wrong' }), login(950, { outcome: 'current_wrong' })];
  expect(seen([], { counts: 'window', toldOfChanges: all })).toBe(1);
  expect(seen([], { support: 940, toldOfChanges: all })).toBe(1);
});

test.each<[string, Told, boolean]>([
  ['written down before support unlocked it', login(10, { outcome: 'locked' }), false],
  ['written down after that, by a process that had stood still', login(10, { outcome: 'locked', stop: [10, 90] }), true],
  ['told after that', login(60, { outcome: 'locked' }), false],
])('a lock that is %s', (_, told, isLate) => {
  const portal = { accounts: new Map([['user', { supportToldAt: minutes(50) }]]), told: [told] } as unknown as Portal;
  expect(lockedWrittenLate(portal, 'user', NOW)).toBe(isLate);
});
