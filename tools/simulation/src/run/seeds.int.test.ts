import { backend, isLongForm } from '@rcm/test-services';
import { beforeAll, describe, expect, test } from 'vitest';
import { addSeed, noFigures } from './figures.ts';
import type { SeedSummary } from './messages.ts';
import { runSeeds, seedsFrom } from './workers.ts';

const NO_LIMIT = 0;
const SEEDS = isLongForm() ? 40 : 16;

async function summaries(from: number, count: number): Promise<SeedSummary[]> {
  const found: SeedSummary[] = [];
  await runSeeds({
    seeds: seedsFrom(from, count),
    onSeed: (summary) => void found.push(summary),
  });
  return found.sort((a, b) => a.seed - b.seed);
}

// It needs no backend, so once is enough.
describe.skipIf(backend() === 'containers')('the simulation, in its short form', () => {
  let all: SeedSummary[];
  beforeAll(async () => void (all = await summaries(0, SEEDS)), NO_LIMIT);

  test('a seed takes the same course, call by call, wherever and whenever it runs', { timeout: NO_LIMIT }, async () => {
    const alone = await summaries(7, 2);
    const digests = (those: readonly SeedSummary[]) => those.filter(({ seed }) => seed === 7 || seed === 8).map(({ digest }) => digest);
    expect(digests(all)).toEqual(digests(alone));
    expect(new Set(digests(alone)).size).toBe(2);
  });

  test('no password is lost, no account locked, nobody kept out that could get in', () => {
    const unexplained = all.flatMap(({ seed, findings }) =>
      findings.filter(({ excuse }) => excuse === undefined).map(({ kind, about }) => `${seed}: ${kind} ${about}`),
    );
    expect(unexplained).toEqual([]);
    const figures = noFigures();
    for (const summary of all) addSeed(figures, summary);
    // An environment in which nothing happens shows nothing.
    expect(figures.rotations).toBeGreaterThan(10 * figures.seeds);
    expect(figures.logins).toBeGreaterThan(100 * figures.seeds);
  });
});
