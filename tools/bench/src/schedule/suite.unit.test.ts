import { expect, it } from 'vitest';
import { slotsInUse } from './suite.ts';

it('counts the time of slots while there was enough to do for all of them', () => {
  const whole = [0, 0, 10, 10, 20, 20].map((begun) => ({ begun, ended: begun + 10 }));
  expect(slotsInUse(whole, 2)).toBe(100);
  const halfEmpty = [0, 10, 20, 30].map((begun) => ({ begun, ended: begun + 10 }));
  expect(slotsInUse(halfEmpty, 2)).toBe(50);
  expect(slotsInUse([], 2)).toBe(0);
});
