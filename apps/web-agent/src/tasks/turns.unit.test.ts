import { systemClock } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { type Turns, workInTurn } from './turns.ts';

/** As many tasks as are given, and what became of them; it stops when nothing has been there for three looks. */
function tasks(count: number, more: Partial<Turns> = {}) {
  const stop = new AbortController();
  const seen = { looks: 0, done: 0, atOnce: 0, most: 0, errors: 0, idle: 0 };
  const turns: Turns = {
    hands: 3,
    waits: async () => {
      seen.looks += 1;
      if (seen.done < count) return true;
      if ((seen.idle += 1) === 3) stop.abort();
      return false;
    },
    next: async () => {
      if (seen.done + seen.atOnce >= count) return null;
      seen.atOnce += 1;
      seen.most = Math.max(seen.most, seen.atOnce);
      await systemClock.sleep(5);
      seen.atOnce -= 1;
      seen.done += 1;
      return 'done';
    },
    onError: () => void (seen.errors += 1),
    clock: systemClock,
    pollMs: 1,
    idleMs: 4,
    stopping: stop.signal,
    ...more,
  };
  return { turns, seen, stop };
}

describe('the hands of a web-agent', () => {
  it('do what waits, as many at once as there are hands and no more', async () => {
    const { turns, seen } = tasks(12);
    await workInTurn(turns);
    expect(seen).toMatchObject({ done: 12, atOnce: 0, most: 3, errors: 0 });
  });

  it('begin nothing while the process is ending, and what is in hand is waited for', async () => {
    const { turns, seen } = tasks(3, { stopping: AbortSignal.abort() });
    await workInTurn(turns);
    expect(seen.done).toBe(0);
    const ending = tasks(50);
    const first = Promise.withResolvers<void>();
    const next = async () => {
      first.resolve();
      return ending.turns.next();
    };
    const working = workInTurn({ ...ending.turns, next });
    await first.promise;
    ending.stop.abort();
    await working;
    expect(ending.seen.atOnce).toBe(0);
    expect(ending.seen.done).toBeLessThanOrEqual(3);
  });

  it('go on after a look or a task that failed, and tell of it', async () => {
    const { turns, seen } = tasks(4);
    let broken = 0;
    const breaking = async <T>(act: () => Promise<T>): Promise<T> => {
      if ((broken += 1) % 2 === 1) throw new Error('no database');
      return act();
    };
    await workInTurn({ ...turns, waits: () => breaking(turns.waits), next: () => breaking(turns.next) });
    expect(seen.done).toBe(4);
    expect(seen.errors).toBeGreaterThan(0);
  });
});
