import { expect, test } from 'vitest';
import { nearChanges, portalTypeDiff } from './portal-type-diff.ts';

const recipe = (...steps: readonly string[]) => ({ login: steps });
const changed = (now: object | null, then: object) => portalTypeDiff(now as Record<string, unknown> | null, then as Record<string, unknown>);
const said = (now: object, then: object) =>
  changed({ recipe: now }, { recipe: then })
    .recipe.filter(({ change }) => change !== ' ')
    .map(({ change, line }) => `${change}${line.trim()}`);

test('what a document does not say is no change, nor is another order of names, nor a day for a moment', () => {
  expect(
    changed(
      { name: 'A', propagationDelayMs: 5, hosts: { a: 1, b: 2 }, termsDate: new Date('2026-01-02') },
      { hosts: { b: 2, a: 1 }, termsDate: '2026-01-02T00:00:00.000Z' },
    ).fields,
  ).toEqual([]);
  expect(changed({ name: 'A' }, { name: 'B' }).fields).toEqual([{ name: 'name', now: '"A"', then: '"B"' }]);
  expect(changed(null, { name: 'B', recipe: {} })).toEqual({ fields: [{ name: 'name', now: null, then: '"B"' }], recipe: [{ change: '+', line: '{}' }] });
});

test('a line that goes and one that comes, and nothing else', () => {
  expect(said(recipe('a', 'b', 'c'), recipe('a', 'x', 'c'))).toEqual(['+"x",', '-"b",']);
  expect(said(recipe('a'), recipe('a'))).toEqual([]);
  expect(said(recipe('a', 'b', 'c'), recipe('a', 'c'))).toEqual(['-"b",']);
});

test('of recipes that have nothing in common the one goes and the other comes, however long they are', () => {
  const long = (word: string) => recipe(...Array.from({ length: 20_000 }, (_, i) => `${word} ${i}`));
  const lines = said(long('a'), long('b'));
  expect([lines.length, lines[0], lines[20_000]]).toEqual([40_000, '-"a 0",', '+"b 0",']);
});

test('around a change some lines are shown, and a gap between', () => {
  const steps = Array.from({ length: 40 }, (_, i) => `s${i}`);
  const near = nearChanges(changed({ recipe: recipe(...steps) }, { recipe: recipe(...steps.map((step, i) => (i === 5 || i === 30 ? 'x' : step))) }).recipe);
  expect(near.filter((line) => line === null)).toHaveLength(2);
  expect(near).toHaveLength(2 * 8 + 2);
});
