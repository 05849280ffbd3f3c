import { isLongForm } from '@rcm/test-services';
import { afterEach, expect, it, vi } from 'vitest';
import { keepAlive } from './keep-alive.ts';
import { openUnusedWorld, type UnusedWorld } from './unused-world.fixture.ts';

vi.setConfig({ testTimeout: 7_200_000, hookTimeout: 7_200_000 });

/** Long form: a year and more of all logins. Short: more than twice the shortest time, of a few. */
const [LOGINS, DAYS, STEP_DAYS] = isLongForm() ? [2_000, 400, 0.5] : [6, 70, 1];
const DORMANT = [30, 60, 120];

let world: UnusedWorld | null = null;
afterEach(() => world?.close());

/** So many days with rotations, and portals that are down for up to five days each month; what became of the accounts, by the portals' own record. */
async function live(upkeep: boolean) {
  world = await openUnusedWorld({ logins: LOGINS, dormantDays: DORMANT });
  const { signal } = new AbortController();
  while (world.day < DAYS) {
    await world.pass(STEP_DAYS);
    // Down from day 20 to 25, 50 to 54, 80 to 85 and so on.
    const inMonth = world.day % 30;
    world.isUp = !(inMonth >= 20 && inMonth < (world.day % 60 < 30 ? 25 : 24));
    await world.rotateDue();
    if (upkeep) for (let made = 1; made > 0;) made = (await keepAlive(world.rotator, { limit: 100, signal })).length;
  }
  const accounts = [...world.accounts.values()];
  const count = (of: (account: (typeof accounts)[number]) => boolean) => accounts.filter(of).length;
  return {
    lapsed: count(({ lapsedAt }) => lapsedAt !== null),
    locked: count(({ locked }) => locked),
    changes: accounts.reduce((sum, { changes }) => sum + changes, 0),
    logins: accounts.reduce((sum, { logins }) => sum + logins, 0),
    lapsedByDays: Object.fromEntries(DORMANT.map((days) => [days, count(({ lapsedAt, dormantDays }) => lapsedAt !== null && dormantDays === days)])),
  };
}

it(`in ${DAYS} days none of ${LOGINS} logins that nobody uses lapses under 30, 60 and 120 days, and none is locked, with outages and rotations`, async () => {
  const end = await live(true);
  process.stderr.write(`with keep-alive: ${JSON.stringify(end)}\n`);
  expect(end).toMatchObject({ lapsed: 0, locked: 0 });
  // Rotations went on meanwhile.
  expect(end.changes).toBeGreaterThanOrEqual(LOGINS * Math.max(1, Math.floor(DAYS / 80)));
});

it(`without it, those that lapse in less time than two rotations lie apart are lost`, async () => {
  const end = await live(false);
  process.stderr.write(`without: ${JSON.stringify(end)}\n`);
  expect(end.lapsedByDays['30']).toBeGreaterThan(0);
  expect(end.locked).toBe(0);
});
