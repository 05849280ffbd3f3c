import { describe, expect, it } from 'vitest';
import { corpusPages } from './corpus-pages.ts';
import { growth } from './growth.ts';

const run = { progress: () => undefined, signal: new AbortController().signal, size: 'full' as const };

describe('npm run bench -- linear', () => {
  it.each([
    ['a constant number of steps for each character', (length: number) => 100 + 3 * length, true],
    ['the square of the length', (length: number) => length * length, false],
    ['the length times its logarithm, often', (length: number) => length * Math.log2(length) ** 4, false],
  ])('judges %s', (what, costOf, met) => {
    expect(growth({ what, unit: 'steps', costOf, from: 10_000, most: 3 }, run)).toMatchObject({ name: what, met });
  });

  it('finds every page of the corpus, one that can show several things once for each', async () => {
    const pages = await corpusPages();
    expect(pages).toEqual(expect.arrayContaining(['login/3', 'apps.single-page/3', 'freezing/separators', 'freezing/secret', 'freezing/rows']));
    expect(pages.filter((page) => page.startsWith('freezing/'))).toHaveLength(13);
    expect(new Set(pages).size).toBe(pages.length);
  });
});
