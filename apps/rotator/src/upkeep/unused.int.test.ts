import { isLongForm } from '@rcm/test-services';
import { afterEach, expect, it, vi } from 'vitest';
import type { Account } from './unused-portals.fixture.ts';
import { openUnusedEnvironment, type UnusedEnvironment } from './unused-environment.fixture.ts';

vi.setConfig({ testTimeout: 7_200_000, hookTimeout: 7_200_000 });

/** Long form: a year and more of all logins. Short: more than twice the shortest time, of a few. */
const [LOGINS, DAYS, STEP_DAYS] = isLongForm() ? [2_000, 400, 0.5] : [10, 70, 2];
/** Rotations alone come too late here. */
const TOO_LATE = [
  { dormantDays: 30, rotatedDays: 60 },
  { dormantDays: 60, rotatedDays: 90 },
  { dormantDays: 120, rotatedDays: 180 },
];
/** Its rotations are logins enough. */
const IN_TIME = { dormantDays: 120, rotatedDays: 50 };
/** Of ten logins, one is at a portal that is rotated in time. */
const PORTALS = [...TOO_LATE, ...TOO_LATE, ...TOO_LATE, IN_TIME];
/** Portals are down from day 20 to 25, 50 to 54, 80 to 85 and so on. */
const isDown = (day: number): boolean => day % 30 >= 20 && day % 30 < (day % 60 < 30 ? 25 : 24);
/** What became due while portals were down says nothing of when it is due, nor does what waited for their rotations. */
const wasDown = (day: number): boolean => [0.5, 1, 1.5, 2].some((ago) => isDown(day - ago));

let testEnvironment: UnusedEnvironment | null = null;
afterEach(() => testEnvironment?.close());

/** So many days with rotations and outages; what became of the accounts of each kind, by the portals' own record. */
async function live(upkeep: boolean) {
  const opened = (testEnvironment = await openUnusedEnvironment({ logins: LOGINS, kinds: PORTALS }));
  const { accounts } = opened.portals;
  const kept: { readonly username: string; readonly idleDays: number; readonly isLate: boolean }[] = [];
  while (opened.day < DAYS) {
    await opened.pass(STEP_DAYS);
    opened.portals.isUp = !isDown(opened.day);
    await opened.rotateDue();
    if (!upkeep) continue;
    for (const username of await opened.keepAlive()) kept.push({ username, idleDays: accounts.get(username)?.idleDays ?? 0, isLate: wasDown(opened.day) });
  }
  const kindOf = (username: string) => PORTALS[Number(username.replace('user-', '')) % PORTALS.length];
  const all = [...TOO_LATE, IN_TIME].map((kind) => {
    const own = [...accounts].filter(([username]) => kindOf(username) === kind).map(([, account]) => account);
    const made = kept.filter(({ username }) => kindOf(username) === kind);
    const count = (of: (account: Account) => boolean) => own.filter(of).length;
    return {
      ...{ ...kind, logins: own.length, lapsed: count(({ lapsedAt }) => lapsedAt !== null), locked: count(({ locked }) => locked) },
      ...{ rotations: own.reduce((sum, { changes }) => sum + changes, 0), kept: made.length },
      soonest: made.reduce((least, { idleDays }) => Math.min(least, idleDays), Number.POSITIVE_INFINITY),
      latest: made.reduce((most, { idleDays, isLate }) => Math.max(most, isLate ? 0 : idleDays), 0),
    };
  });
  process.stderr.write(
    `${DAYS} days of ${LOGINS} logins, ${upkeep ? 'with' : 'without'} keep-alive:\n${all.map((kind) => `  ${JSON.stringify(kind)}\n`).join('')}`,
  );
  return all;
}

it(`in ${DAYS} days none of ${LOGINS} logins that nobody uses lapses under 30, 60 and 120 days, and none is locked, with outages and rotations`, async () => {
  for (const { dormantDays, rotatedDays, logins, lapsed, locked, rotations, kept, soonest, latest } of await live(true)) {
    expect({ dormantDays, lapsed, locked }).toEqual({ dormantDays, lapsed: 0, locked: 0 });
    // Rotations went on meanwhile, as often as portals that are down allow.
    expect(rotations).toBeGreaterThanOrEqual(logins * Math.floor(DAYS / (rotatedDays + 10)));
    if (rotatedDays < dormantDays) expect({ rotatedDays, kept }).toEqual({ rotatedDays, kept: 0 });
    else {
      // From half of the time on, to six tenths of it and what is between two looks.
      expect(soonest).toBeGreaterThanOrEqual(0.5 * dormantDays);
      expect(latest).toBeLessThanOrEqual(0.6 * dormantDays + 2 * STEP_DAYS);
    }
  }
});

it('without it all are lost that lapse in less time than two rotations lie apart, and none is locked', async () => {
  for (const { dormantDays, rotatedDays, logins, lapsed, locked } of await live(false)) {
    expect({ dormantDays, locked }).toEqual({ dormantDays, locked: 0 });
    // The first rotation may come in time, and no other.
    const lost = rotatedDays < dormantDays ? 0 : logins;
    if (DAYS > 2 * dormantDays) expect({ dormantDays, lapsed }).toEqual({ dormantDays, lapsed: lost });
  }
});
