import type { Database } from '@rcm/db';
import { describe, expect, it } from 'vitest';
import { chance, clockOf, type Delay, refusedBy, stallsNowAndThen, turnsOf, virtualTime } from './held-up.fixture.ts';
import { createPacer } from './pacer.ts';

const PER_SECOND = 3;
const never = new AbortController().signal;
/** The pacers here get their turns from elsewhere. */
const NO_DATABASE = {} as Database;

interface Process {
  readonly calls: number;
  readonly sleeps: Delay;
  /** What else it waits for: Postgres, the store. Default: as it sleeps. */
  readonly hears?: Delay;
}

/** Processes with four workers each, who call a store at their turns; when each call came there, by process. */
async function callsOf(processes: readonly Process[], random: () => number): Promise<number[][]> {
  const time = virtualTime();
  const turns = turnsOf(time, random);
  const all = processes.map(({ calls, sleeps, hears = sleeps }, n) => {
    const clock = clockOf(time, { sleeps, ahead: (n - 1) * 86_400_000 });
    const pacer = createPacer({ db: NO_DATABASE, counted: 'ssm write', perSecond: PER_SECOND, clock, take: turns(hears) });
    const arrivals: number[] = [];
    let left = calls;
    const worker = async () => {
      while (left > 0) {
        left -= 1;
        await pacer.turn(never);
        await time.until(time.now() + 5 + random() * 55);
        arrivals.push(time.now());
        await time.until(hears(time.now() + 5 + random() * 55));
      }
    };
    return { arrivals, done: Promise.all([1, 2, 3, 4].map(worker)) };
  });
  await time.run();
  await Promise.all(all.map(({ done }) => done));
  return all.map(({ arrivals }) => arrivals);
}

const inTime: Delay = (at) => at;
const percentOf = (arrivals: readonly number[]): number =>
  ((arrivals.length - 1) / ((Math.max(...arrivals) - Math.min(...arrivals)) / 1000) / PER_SECOND) * 100;

describe('migrators that share a pace', () => {
  it('use all of the quota where nobody is held up', async () => {
    const process = { calls: 300, sleeps: inTime };
    const calls = (await callsOf([process, process], chance(1))).flat();
    expect([refusedBy(calls, PER_SECOND), Math.round(percentOf(calls))]).toEqual([0, 100]);
  });

  it.each([1, 2, 4])('are refused no call although each of %i stands still now and then', async (processes) => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const random = chance(seed * 100 + processes);
      const stalling = () => ({ calls: 600 / processes, sleeps: stallsNowAndThen(random, { everyMs: 10_000, longestMs: 2_500 }) });
      const calls = (await callsOf(Array.from({ length: processes }, stalling), random)).flat();
      expect([calls.length, refusedBy(calls, PER_SECOND)], `seed ${seed}`).toEqual([600, 0]);
      expect(percentOf(calls), `seed ${seed}`).toBeGreaterThan(80);
    }
  });

  it('are refused none where one of them sleeps too long each time, and that one gets on meanwhile', async () => {
    const late = { calls: 20, sleeps: (at: number) => at + 1_500, hears: inTime };
    const [others = [], its = []] = await callsOf([{ calls: 600, sleeps: inTime }, late], chance(7));
    expect([its.length, others.length, refusedBy([...others, ...its], PER_SECOND)]).toEqual([20, 600, 0]);
    expect(Math.max(...its)).toBeLessThan(Math.max(...others));
  });

  it('get on, too, where one sleeps longer than any turn is wide', async () => {
    const late = { calls: 5, sleeps: (at: number) => at + 60_000, hears: inTime };
    const [others = [], its = []] = await callsOf([{ calls: 2_000, sleeps: inTime }, late], chance(8));
    expect([its.length, others.length]).toEqual([5, 2_000]);
    expect(Math.max(...its)).toBeLessThan(Math.max(...others));
  });

  it('follow a clock of Postgres that is set anew', async () => {
    const time = virtualTime();
    const clock = clockOf(time, { sleeps: inTime, ahead: 0 });
    let behind = 0;
    const turns = turnsOf(time, chance(9))(inTime);
    const take = async (question: { gapMs: number; wide: number }) => {
      const turn = await turns(question);
      return { ...turn, at: turn.at - behind, now: turn.now - behind };
    };
    const pacer = createPacer({ db: NO_DATABASE, counted: 'ssm write', perSecond: PER_SECOND, clock, take });
    const calls = async (count: number) => {
      for (let n = 0; n < count; n += 1) await pacer.turn(never);
    };
    const done = (async () => {
      await calls(20);
      behind = 3_600_000;
      await calls(20);
      const from = time.now();
      await calls(30);
      return time.now() - from;
    })();
    await time.run();
    expect(Math.round((await done) / 1000)).toBe(10);
  });
});
