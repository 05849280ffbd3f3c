import { isLongForm } from '@rcm/test-services';
import { expect, test } from 'vitest';
import { runTamperings, TAMPERINGS } from './run.ts';

test('every kind of tampering is found and named, and nothing that is honest is complained of', async () => {
  const [each, untouched] = isLongForm() ? [12, 80] : [4, 30];
  const figures = await runTamperings({ tamperings: each * TAMPERINGS.length, untouched, trails: 3, seed: 7 });
  expect(figures.wrong).toEqual([]);
  expect(figures.tamperings.filter(({ made }) => made === 0)).toEqual([]);
  for (const { name, made, found, misnamed } of figures.tamperings) expect({ name, found, misnamed }).toEqual({ name, found: made, misnamed: 0 });
  expect(figures.untouched.filter(({ made, found }) => made === 0 || found > 0)).toEqual([]);
  expect(figures.alone).toBe(TAMPERINGS.length + figures.untouched.length);
  expect(figures.aloneDiffer).toBe(0);
});
