import { globSync, readFileSync } from 'node:fs';
import { isLongForm } from '@rcm/test-services';
import { describe, expect, it } from 'vitest';
import { lintRecipe } from './lint.ts';
import { missed, sample, seeded } from './mutated.fixture.ts';
import { type Mutation, mutationsOf } from './mutations.fixture.ts';
import { upgradeRecipe } from './upgrade.ts';

const ROOT = new URL('../../../../', import.meta.url).pathname;
const FILES = globSync(['libs/portal-drivers/recipes/*.yaml', 'libs/portal-drivers/src/corpus/recipes/*.yaml', 'tools/real-portals/portals/*/recipe.yaml'], {
  cwd: ROOT,
});

/** Every recipe of version 2: those that are, those of version 1 rewritten, and the guide's. */
const RECIPES = [
  ...FILES.map((path) => {
    const text = readFileSync(ROOT + path, 'utf8');
    const made = upgradeRecipe(text, { file: path });
    return { name: path.split('/').slice(-2).join('/'), text: made?.text ?? text, isOwn: made === null };
  }),
  ...[...readFileSync(`${ROOT}docs/portal-recipes.md`, 'utf8').matchAll(/```yaml\n(version: 2\n[\s\S]*?)```/g)].map(([, text = '']) => ({
    name: `the guide's ${/^name: (.*)$/m.exec(text)?.[1] ?? ''}`,
    text,
    isOwn: true,
  })),
];

/** Of each recipe. A mutation takes about 10 ms, so of those that were only rewritten fewer are tried on every change. */
const MOST = isLongForm() ? 200 : 25;
const FEWER = isLongForm() ? 200 : 6;

/** As many as are wanted, of a short recipe several slips of each word. */
function mutations(text: string, most: number): Mutation[] {
  const found = new Map<string, Mutation>();
  for (let seed = 1; found.size < most && seed <= 20; seed += 1) for (const one of mutationsOf(text, seeded(seed))) found.set(one.words, one);
  return sample([...found.values()], seeded(11), most);
}

describe.each(RECIPES)('$name of version 2', ({ text, isOwn }) => {
  it('with any one thing wrong is refused at its place, with the word that was meant', () => {
    expect(lintRecipe(text, { file: 'a' }).problems).toEqual([]);
    const most = isOwn ? MOST : FEWER;
    const tried = mutations(text, most);
    expect(tried.length).toBe(most);
    expect(tried.flatMap((mutation) => missed(mutation) ?? [])).toEqual([]);
  }, 300_000);
});

it('has recipes of version 2 to try, and every kind of what may be wrong', () => {
  expect(RECIPES.length).toBeGreaterThanOrEqual(12);
  const kinds = new Set(RECIPES.flatMap(({ text }) => mutationsOf(text, seeded(1)).map(({ kind }) => kind)));
  expect(kinds).toEqual(new Set(['removed', 'misspelt', 'wrong type', 'unknown step', 'misspelt word', 'misspelt host']));
});
