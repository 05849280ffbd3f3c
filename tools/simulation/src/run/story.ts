import type { Finding, FindingKind } from '../oracle/finding.ts';
import { timeWords } from '../time/trace.ts';
import { planOf } from '../environment/plan.ts';
import { readReduction, reduced, written } from './reduction.ts';
import { runPlan, type SeedResult } from './run-seed.ts';
import { shrink } from './shrink.ts';

export interface Story {
  /** Of what nothing explains; `null`: there is no such thing. */
  readonly kind: FindingKind | null;
  readonly lines: readonly string[];
}

/** A failing seed in plain sentences, with as little in it as it fails with. */
export async function tellStory(seed: number, keep: string | null, climate: string | undefined): Promise<Story> {
  const plan = planOf(seed);
  const given = keep === null ? null : readReduction(keep);
  if (given) {
    const { faults } = await runPlan(plan);
    const result = await runPlan(reduced(plan, faults, given));
    return { kind: unexplained(result.findings)?.kind ?? null, lines: sentences(result) };
  }
  const shrunk = await shrink(plan);
  if (shrunk === null) return { kind: null, lines: [`Seed ${seed} shows nothing that is wrong.`] };
  const again = `npm run simulate -- ${climate === undefined ? '' : `--climate ${climate} `}--seed ${seed} --keep ${written(shrunk.reduction)}`;
  return { kind: shrunk.kind, lines: [...sentences(shrunk.result), `Again, with nothing else in it: ${again}`] };
}

const unexplained = (findings: readonly Finding[]): Finding | undefined => findings.find(({ excuse }) => excuse === undefined);

function sentences({ seed, findings, chronicle }: SeedResult): string[] {
  const wrong = findings.map(
    ({ kind, at, about, detail, excuse }) => `${timeWords(at)} ${kind.toUpperCase()} ${about}: ${detail}${excuse === undefined ? '' : ` (${excuse})`}`,
  );
  return [`Seed ${seed}:`, ...chronicle(), ...wrong];
}
