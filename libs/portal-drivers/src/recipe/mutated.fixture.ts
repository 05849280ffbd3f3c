import { lintRecipe, type RecipeProblem } from './lint.ts';
import type { Mutation } from './mutations.fixture.ts';

/** Mulberry32: the same numbers on every machine. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** At most so many of them, any of them as likely as the other. */
export const sample = (mutations: readonly Mutation[], random: () => number, most: number): Mutation[] =>
  mutations
    .map((mutation) => ({ mutation, place: random() }))
    .sort((a, b) => a.place - b.place)
    .slice(0, most)
    .map(({ mutation }) => mutation);

/** What stands in a text from a problem's position on. */
export const textAt = (text: string, problem: RecipeProblem): string => (text.split('\n')[problem.line - 1] ?? '').slice(problem.column - 1);

/** Why a mutation was not found as it should be; `null` if it was. */
export function missed(mutation: Mutation): string | null {
  const text = mutation.text();
  const { problems } = lintRecipe(text, { file: 'mutated.yaml' });
  if (problems.length === 0) return `${mutation.words}: accepted`;
  const lines = text.split('\n').length;
  if (problems.some(({ line, column }) => line < 1 || line > lines || column < 1)) return `${mutation.words}: a position outside the file`;
  const { stands } = mutation;
  const placed = stands === null ? problems : problems.filter((problem) => textAt(text, problem).replace(/^["']/, '').startsWith(stands));
  if (placed.length === 0)
    return `${mutation.words}: reported elsewhere: ${problems.map((one) => `${one.line}:${one.column} ${one.at} ${one.message}`).join(' | ')}`;
  const { meant } = mutation;
  if (meant !== null && !placed.some(({ suggestion }) => suggestion === meant))
    return `${mutation.words}: suggested ${placed.map((one) => one.suggestion).join(', ')}`;
  return null;
}
