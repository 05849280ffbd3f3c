import { hasFailed } from '../run/figures.ts';
import type { SeedSummary } from '../run/messages.ts';
import { runSeeds } from '../run/workers.ts';
import { PLANTED } from './faults.ts';

/** A fault that is not found in so many seeds is not found. */
const MOST_SEEDS = 2_000;

export interface PlantedResult {
  readonly name: string;
  readonly words: string;
  /** The first seed that shows it; `null`: none did. */
  readonly seed: number | null;
  readonly finding: string | null;
}

/** Seeds in which something is wrong with no fault planted tell nothing of a planted one. */
async function seedsThatFail(count: number, say: (line: string) => void): Promise<ReadonlySet<number>> {
  const failing = new Set<number>();
  await runSeeds({
    ...{ from: 0, count, planted: null },
    onSeed(summary) {
      if (hasFailed(summary)) failing.add(summary.seed);
      return 'go on';
    },
  });
  say(`${failing.size} of the first ${count} seeds fail with nothing planted; they are not counted`);
  return failing;
}

/** Plants one fault after the other and runs seeds until one of them shows it. Exit code 0 when each was found. */
export async function runPlanted({
  json,
  names,
  seeds,
  say,
}: {
  readonly json: boolean;
  readonly names: readonly string[];
  readonly seeds: number;
  readonly say: (line: string) => void;
}): Promise<number> {
  const count = Math.min(seeds, MOST_SEEDS);
  const failing = await seedsThatFail(Math.min(count, 200), say);
  const results: PlantedResult[] = [];
  for (const { name, words } of PLANTED.filter((fault) => names.length === 0 || names.includes(fault.name))) {
    const found: { summary: SeedSummary | null } = { summary: null };
    await runSeeds({
      ...{ from: 0, count, planted: name },
      onSeed(summary) {
        if (!hasFailed(summary) || failing.has(summary.seed)) return 'go on';
        if (found.summary === null || summary.seed < found.summary.seed) found.summary = summary;
        return 'stop';
      },
    });
    const shown = found.summary?.findings.find(({ excuse }) => excuse === undefined);
    results.push({ name, words, seed: found.summary?.seed ?? null, finding: shown ? `${shown.kind} ${shown.about}` : null });
    say(`${name} (${words}): ${shown ? `seed ${found.summary?.seed}, ${shown.kind} ${shown.about}` : `not found in ${count} seeds`}`);
  }
  const lines = results.map(
    ({ name, words, seed, finding }) => `${(seed === null ? 'NOT FOUND' : `seed ${seed}`).padEnd(10)} ${name.padEnd(24)} ${finding ?? ''}  ${words}`,
  );
  process.stdout.write(json ? `${JSON.stringify(results)}\n` : `${lines.join('\n')}\n`);
  return results.every(({ seed }) => seed !== null) ? 0 : 1;
}
