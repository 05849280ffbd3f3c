import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextTotpStep } from './totp.ts';

const at = (seconds: number, last: number, skew: number) => nextTotpStep({ nowMs: seconds * 1000, last, periodSeconds: 30, skew });

test('the current step where it was not used', () => {
  expect(at(305, 9, 1)).toEqual({ step: 10, goodForMs: 52_000 });
  expect(at(305, 9, 0)).toEqual({ step: 10, goodForMs: 22_000 });
});

test('with skew a later step that the portal accepts already, and only then a wait', () => {
  expect(at(305, 10, 1)).toEqual({ step: 11, goodForMs: 82_000 });
  expect(at(305, 11, 1)).toEqual({ waitMs: 25_000 });
  expect(at(305, 10, 0)).toEqual({ waitMs: 25_000 });
});

test('without skew, no code that may arrive after its step', () => {
  expect(at(326.9, 9, 0)).toEqual({ step: 10, goodForMs: 100 });
  expect(at(327, 9, 0)).toEqual({ waitMs: 3000 });
  expect(at(327, 9, 1)).toEqual({ step: 10, goodForMs: 30_000 });
});

test('a step that is further ahead than a day has steps was one of a shorter period, and none of its codes was used', () => {
  const nowMs = 1_800_000_000_000;
  for (const [was, is] of [
    [30, 60],
    [299, 300],
    [10, 11],
  ] as const)
    expect(nextTotpStep({ nowMs, last: nowMs / 1000 / was + 1, periodSeconds: is, skew: 1 })).toMatchObject({ step: Math.floor(nowMs / 1000 / is) });
});

test('at any moment: the step is new, the portal accepts it now, and a wait leads to a step', () => {
  const instant = fc.record({
    nowMs: fc.integer({ min: 0, max: 10_000_000 }),
    ahead: fc.integer({ min: -5, max: 5 }),
    periodSeconds: fc.constantFrom(10, 30, 60),
    skew: fc.nat(3),
  });
  fc.assert(
    fc.property(instant, ({ nowMs, ahead, periodSeconds, skew }) => {
      const current = Math.floor(nowMs / (periodSeconds * 1000));
      const last = current + ahead;
      const answer = nextTotpStep({ nowMs, last, periodSeconds, skew });
      if ('step' in answer) {
        expect(answer.step).toBeGreaterThan(last);
        expect(answer.step).toBeGreaterThanOrEqual(current);
        expect(answer.step).toBeLessThanOrEqual(current + skew);
        // The last moment at which the code may be typed is one at which the portal accepts it, and not its last seconds.
        const until = (nowMs + answer.goodForMs + 3_000) / (periodSeconds * 1000);
        expect(answer.goodForMs).toBeGreaterThan(0);
        expect(until).toBe(answer.step + skew + 1);
      } else {
        expect(nextTotpStep({ nowMs: nowMs + answer.waitMs, last, periodSeconds, skew })).toHaveProperty('step');
      }
    }),
  );
});
