import { operations } from '@rcm/db/scale';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../benchmark.ts';
import { exactly, figure, REPORTED, under } from '../targets.ts';
import { measureFleet } from './measure-fleet.ts';

/** What a person waits for: nineteen times in twenty no longer than this, among a hundred thousand logins; at any size it is found by an index. */
const [MOST_MS, FLEET] = [100, 100_000];

/** Every list that is not by its nature of the whole fleet; those that are, are named in docs/scale.md. */
const lists = operations.filter(({ kind, every }) => kind === 'list' && every === undefined);

async function measureLists(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const measured = await measureFleet(lists, run);
  if (!measured) return [];
  const { sizes, costs } = measured;
  return [...costs].flatMap(([{ name }, each]) =>
    each.flatMap((cost, index): BenchmarkResult[] => {
      const logins = sizes[index] ?? 0;
      const isJudged = logins <= FLEET;
      const through = Object.keys(cost.scanned);
      return [
        figure({ name: `${name}: p95 at ${logins}`, value: cost.p95Ms, digits: 1, unit: 'ms', target: isJudged ? under(MOST_MS) : REPORTED }),
        figure({
          name: `${name}: growing tables that it goes through at ${logins}`,
          ...{ value: through.length, unit: through.join(', '), target: exactly(0, 'none') },
        }),
      ];
    }),
  );
}

/** What `npm run bench -- operations` measures. */
export const suite: readonly Benchmark[] = [{ name: 'lists', run: measureLists }];
