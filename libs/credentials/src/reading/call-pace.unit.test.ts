import { RcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { CallPace } from './call-pace.ts';
import { ManualClock } from './manual-clock.fixture.ts';

/** Notes how long each caller was told to wait. */
class WaitingClock extends ManualClock {
  readonly waits: number[] = [];
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.waits.push(Math.round(ms));
    return signal?.aborted ? Promise.reject(new RcmError('cancelled', 'given up')) : Promise.resolve();
  }
}
const never = new AbortController().signal;

describe('CallPace', () => {
  it('lets one burst through and spaces out the rest, in order', async () => {
    const clock = new WaitingClock();
    const pace = new CallPace({ perSecond: 10, clock });
    for (let i = 0; i < 13; i += 1) await pace.take(1, never);
    expect(clock.waits).toEqual([100, 200, 300]);
    clock.forward(1_300);
    await pace.take(1, never);
    expect(clock.waits).toHaveLength(3);
  });

  it('falls once for throttles of one moment, never below one a second, and comes back with the answers', () => {
    const clock = new WaitingClock();
    const pace = new CallPace({ perSecond: 40, clock });
    for (let i = 0; i < 20; i += 1) pace.throttled();
    expect(pace.perSecond).toBeCloseTo(28);
    for (let i = 0; i < 50; i += 1) {
      clock.forward(1_000);
      pace.throttled();
    }
    expect(pace.perSecond).toBe(1);
    for (let i = 0; i < 200; i += 1) pace.answered();
    expect(pace.perSecond).toBe(40);
  });

  it('counts no calls that were given up before their turn', async () => {
    const clock = new WaitingClock();
    const pace = new CallPace({ perSecond: 10, clock });
    await pace.take(10, never);
    for (let i = 0; i < 100; i += 1) await expect(pace.take(10, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    await pace.take(1, never);
    expect(clock.waits.at(-1)).toBe(100);
  });

  it('is not confused by a clock that goes back', async () => {
    const clock = new WaitingClock();
    const pace = new CallPace({ perSecond: 1, clock });
    await pace.take(1, never);
    clock.setBack(10_000);
    await pace.take(1, never);
    expect(clock.waits).toEqual([1000]);
  });

  it('falls again for the next throttles, where somebody has set the clock back', () => {
    const clock = new WaitingClock();
    const pace = new CallPace({ perSecond: 40, clock });
    pace.throttled();
    clock.setBack(3_600_000);
    clock.forward(500);
    pace.throttled();
    expect(pace.perSecond).toBeCloseTo(19.6);
  });
});
