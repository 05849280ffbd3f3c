import { RcmError } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { CallPace } from './call-pace.ts';
import { ManualClock } from './manual-clock.fixture.ts';
import { repeatedCall } from './repeated-call.ts';

const PER_SECOND = 40;

/** Calls that end as they are told, and what came of it. */
async function call(ends: readonly (RcmError['code'] | 'answer')[], abortAfter = Number.POSITIVE_INFINITY) {
  const clock = new ManualClock();
  const pace = new CallPace({ perSecond: PER_SECOND, clock });
  const abort = new AbortController();
  let [calls, throttles] = [0, 0];
  const options = { pace, clock, random: () => 0, maxTries: 3, retryPauseMs: 100, signal: abort.signal, onThrottle: () => void (throttles += 1) };
  const outcome = await repeatedCall(
    options,
    () => 1,
    async () => {
      const end = ends[calls] ?? ends.at(-1) ?? 'answer';
      calls += 1;
      if (calls === abortAfter) abort.abort();
      if (end === 'answer') return 'answered';
      throw new RcmError(end, 'as told');
    },
  ).catch((error: unknown) => (error instanceof RcmError ? error.code : 'cancelled'));
  return { outcome, calls, throttles, perSecond: pace.perSecond };
}

test('a throttled call is made again until it is answered, and the pace falls', async () => {
  const { perSecond, ...rest } = await call([...Array.from({ length: 30 }, () => 'store_throttled' as const), 'answer']);
  expect(rest).toEqual({ outcome: 'answered', calls: 31, throttles: 30 });
  expect(perSecond).toBeLessThan(PER_SECOND);
});

test('a throttled call that nobody waits for is not made again', async () => {
  expect(await call(['store_throttled'], 5)).toMatchObject({ outcome: 'cancelled', calls: 5 });
});

test('a call that is not answered is made three times, throttles between not counted', async () => {
  expect(await call(['store_unavailable'])).toMatchObject({ outcome: 'store_unavailable', calls: 3 });
  expect(await call(['store_unavailable', 'store_throttled', 'store_throttled', 'store_unavailable', 'answer'])).toMatchObject({
    outcome: 'answered',
    calls: 5,
  });
});

test.each(['store_denied', 'secret_missing', 'payload_invalid', 'deadline_exceeded'] as const)('%s is final', async (code) => {
  expect(await call([code])).toMatchObject({ outcome: code, calls: 1, perSecond: PER_SECOND });
});
