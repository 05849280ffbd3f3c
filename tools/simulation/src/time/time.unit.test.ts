import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { withDeadline } from '@rcm/telemetry';
import { Inside } from './inside.fixture.ts';

const DAY_MS = 86_400_000;

describe('a simulated process', () => {
  test('has its own time: a day passes at once, by its own wrong clock', async () => {
    const inside = new Inside('a day');
    const process = inside.process('slow', 'agent', 90_000);
    const [before, after, waited] = await inside.run(process, async () => {
      const [began, at] = [performance.now(), Date.now()];
      await delay(DAY_MS / 2);
      await new Promise((resolve) => setTimeout(resolve, DAY_MS / 4));
      return [at, new Date().getTime(), performance.now() - began];
    });
    expect(before).toBe(inside.scheduler.now - DAY_MS + 90_000);
    expect([after - before, waited]).toEqual([DAY_MS * 0.75, DAY_MS * 0.75]);
  });

  test('draws the same ids and bytes for the same seed, and others for another', async () => {
    const drawn = (seed: string) => {
      const inside = new Inside(seed);
      return inside.run(inside.process('one'), async () => [randomUUID(), randomBytes(8).toString('hex'), String(Math.random())]);
    };
    expect(await drawn('seed')).toEqual(await drawn('seed'));
    expect(await drawn('seed')).not.toEqual(await drawn('another'));
  });

  test('ends its waits by virtual time: deadline, AbortSignal.timeout, interval', async () => {
    const inside = new Inside('waits');
    const never = () => new Promise<never>(() => undefined);
    const ended = await inside.run(inside.process('one'), async () => {
      const late = await withDeadline({ ms: 5_000, what: 'A wait' }, never).catch((error: Error) => error.message);
      const stopped = await new Promise((resolve) => AbortSignal.timeout(1_000).addEventListener('abort', () => resolve(performance.now())));
      const ticks: number[] = [];
      const timer = setInterval(() => ticks.push(performance.now()), 10);
      await delay(35);
      clearInterval(timer);
      await delay(100);
      return { late, stopped, ticks };
    });
    expect(ended).toEqual({ late: 'A wait took longer than 5000 ms.', stopped: 6_000, ticks: [6_010, 6_020, 6_030] });
  });

  test('does nothing any more once it is dead, and nothing while it is stopped', async () => {
    const inside = new Inside('deaths');
    const [dead, stopped] = [inside.process('dead'), inside.process('stopped')];
    const seen: string[] = [];
    for (const process of [dead, stopped])
      inside.scheduler.in(0, process, () => {
        setInterval(() => seen.push(`${process.name} ${process.monotonic}`), 1_000);
      });
    inside.scheduler.in(1_500, null, () => {
      dead.kill();
      stopped.stop(10_000);
    });
    await inside.scheduler.run(inside.scheduler.now + 12_400);
    expect(seen.slice(0, 2)).toEqual(['dead 1000', 'stopped 1000']);
    expect(seen.slice(2).map((line) => Math.floor(Number(line.split(' ')[1]) / 100))).toEqual([115]);
  });
});

test('an environment that goes round without a pause is given up, and one that ends is not', async () => {
  const { scheduler } = new Inside('round');
  const goRound = (): void => void scheduler.in(0, null, goRound);
  for (let n = 0; n < 100; n += 1) scheduler.in(n, null, () => undefined);
  expect(await scheduler.run(scheduler.now + DAY_MS, 100)).toBe(true);
  goRound();
  expect(await scheduler.run(scheduler.now + DAY_MS, 1_000)).toBe(false);
  expect(scheduler.count).toBe(1_000);
});

describe('a call that leaves a process', () => {
  const one = async (seed: string, kind: 'dies before' | 'dies after' | 'stops before' | 'stops after' | 'request lost' | 'answer lost' | 'slow') => {
    const inside = new Inside(seed, { only: [{ process: 'one', crossing: 0, kind, ms: 60_000 }] });
    const effects: number[] = [];
    const ends: string[] = [];
    const begun = inside.scheduler.now;
    inside.scheduler.in(0, inside.process('one'), () => {
      const call = {
        place: 'store' as const,
        what: 'write',
        effect: () => effects.push(inside.scheduler.now - begun),
        lost: () => new Error('lost'),
        travelMs: 50,
      };
      inside.outside.call(call).then(
        () => ends.push('answered'),
        (error: Error) => ends.push(error.message),
      );
    });
    await inside.scheduler.run(begun + DAY_MS);
    return { effects, ends };
  };
  const soon = expect.toSatisfy((ms: number) => ms <= 50);
  const late = expect.toSatisfy((ms: number) => ms > 60_000);

  test.each([
    ['dies before', { effects: [], ends: [] }],
    ['dies after', { effects: [soon], ends: [] }],
    ['stops before', { effects: [late], ends: ['answered'] }],
    ['stops after', { effects: [soon], ends: ['answered'] }],
    ['request lost', { effects: [], ends: ['lost'] }],
    ['answer lost', { effects: [soon], ends: ['lost'] }],
    ['slow', { effects: [late], ends: ['answered'] }],
  ] as const)('%s', async (kind, expected) => {
    expect(await one('call', kind)).toEqual(expected);
  });
});
