import { RcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { createBreaker } from './breaker.ts';
import { createPatience } from './patience.ts';
import { workThrough } from './pool.ts';

/** A clock whose sleepers wake in order, without waiting. */
function simulatedClock() {
  let now = 0;
  return {
    now: () => new Date(now),
    elapsed: () => now,
    async sleep(ms: number, signal?: AbortSignal) {
      if (signal?.aborted) throw new RcmError('cancelled', 'stopped');
      const wakeAt = now + ms;
      await Promise.resolve();
      now = Math.max(now, wakeAt);
    },
  };
}

const never = new AbortController().signal;
const throttle = () => new RcmError('store_throttled', 'too fast');

describe('createPatience', () => {
  const patience = (options: { stop?: AbortSignal; budget?: number; tries?: number } = {}) => {
    const clock = simulatedClock();
    return { clock, patience: createPatience({ clock, random: () => 1, stop: never, ...options }) };
  };

  it('repeats a throttled call with growing pauses', async () => {
    const { clock, patience: call } = patience();
    const at: number[] = [];
    const answer = await call(null, async () => {
      at.push(clock.now().getTime());
      if (at.length < 4) throw throttle();
      return 'done';
    });
    expect({ answer, at }).toEqual({ answer: 'done', at: [0, 200, 600, 1400] });
  });

  it.each(['store_denied', 'secret_exists', 'payload_invalid', 'reference_not_yours'] as const)('does not repeat %s', async (code) => {
    let calls = 0;
    await expect(
      patience().patience(null, async () => {
        calls += 1;
        throw new RcmError(code, 'no');
      }),
    ).rejects.toMatchObject({ code });
    expect(calls).toBe(1);
  });

  it('gives up after its tries', async () => {
    let calls = 0;
    await expect(
      patience({ tries: 3 }).patience(null, async () => {
        calls += 1;
        throw throttle();
      }),
    ).rejects.toMatchObject({ code: 'store_throttled' });
    expect(calls).toBe(3);
  });

  it('shares one budget of repeats between all calls of a run, which successes refill', async () => {
    const { patience: call } = patience({ budget: 5 });
    let calls = 0;
    const failing = () =>
      call(null, async () => {
        calls += 1;
        throw throttle();
      }).catch(() => {});
    for (let n = 0; n < 20; n += 1) await failing();
    expect(calls).toBe(20 + 5);
    for (let n = 0; n < 3; n += 1) await call(null, async () => 'fine');
    calls = 0;
    await failing();
    expect(calls).toBe(1 + 3);
  });

  it('makes no call and ends its pause when asked to stop', async () => {
    const stop = new AbortController();
    const { patience: call } = patience({ stop: stop.signal });
    await expect(
      call(null, async () => {
        stop.abort();
        throw throttle();
      }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    let called = false;
    await expect(
      call(null, async () => {
        called = true;
      }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(called).toBe(false);
  });
});

describe('workThrough', () => {
  async function* numbers(count: number) {
    for (let n = 0; n < count; n += 1) yield n;
  }
  const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

  it('works on at most so many at once, and on each once', async () => {
    const seen: number[] = [];
    let [now, most] = [0, 0];
    const finished = await workThrough(numbers(20), { concurrency: 4, stop: never }, async (n) => {
      most = Math.max(most, (now += 1));
      await tick();
      seen.push(n);
      now -= 1;
    });
    expect({ finished, most, seen: seen.sort((a, b) => a - b) }).toEqual({ finished: true, most: 4, seen: [...Array(20).keys()] });
  });

  it('finishes what is in hand when asked to stop, and takes nothing more', async () => {
    const stop = new AbortController();
    const [begun, ended]: [number[], number[]] = [[], []];
    const finished = await workThrough(numbers(100), { concurrency: 3, stop: stop.signal }, async (n) => {
      begun.push(n);
      if (begun.length === 5) stop.abort();
      await tick();
      ended.push(n);
    });
    expect(finished).toBe(false);
    expect(begun.length).toBeLessThanOrEqual(7);
    expect(ended).toHaveLength(begun.length);
  });

  it('passes a failure of the source on, after the others have finished', async () => {
    let ended = 0;
    async function* broken() {
      yield 1;
      yield 2;
      throw new Error('broken source');
    }
    await expect(
      workThrough(broken(), { concurrency: 2, stop: never }, async () => {
        await tick();
        ended += 1;
      }),
    ).rejects.toThrow('broken source');
    expect(ended).toBe(2);
  });
});

describe('createBreaker', () => {
  const down = new RcmError('store_unavailable', 'nobody answers');

  it('opens when one endpoint after the other fails by what passes, once, and says why in one sentence', () => {
    const breaker = createBreaker(3);
    for (const error of [down, down]) breaker.note(error);
    expect([breaker.open.aborted, breaker.because]).toEqual([false, null]);
    for (const error of [throttle(), down]) breaker.note(error);
    expect(breaker.open.aborted).toBe(true);
    expect(breaker.because).toMatch(/^Stopped: 3 endpoints in a row failed with store_throttled/);
  });

  it('opens at the first that finds the store full', () => {
    const breaker = createBreaker(3);
    breaker.note(new RcmError('store_full', 'There is no room.'));
    expect([breaker.open.aborted, breaker.because]).toEqual([true, expect.stringMatching(/^Stopped: There is no room\. The remaining ones/)]);
  });

  it('stays closed where endpoints fail by themselves, or one goes well in between', () => {
    const breaker = createBreaker(3);
    for (const error of [down, down, null, down, down, new RcmError('store_conflict', 'another'), down, down, new Error('foreign')]) breaker.note(error);
    expect(breaker.open.aborted).toBe(false);
  });
});
