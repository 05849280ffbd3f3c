import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLongForm } from '../long-form.ts';

test('what is generated on a change is what was generated before, and new in the long form', () => {
  const seeds = [1, 2].map(() => fc.check(fc.property(fc.nat(), () => true)).seed);
  expect(seeds[0] === seeds[1]).toBe(!isLongForm());
});
