import type { FindingKind } from '../oracle/finding.ts';
import type { Plan } from '../environment/plan.ts';
import { everything, reduced, type Reduction } from './reduction.ts';
import { runPlan, type SeedResult } from './run-seed.ts';

export interface Shrunk {
  readonly reduction: Reduction;
  readonly result: SeedResult;
  readonly kind: FindingKind;
}

/** An environment costs a part of a second; a story is worth a minute. */
const MOST_TRIES = 220;

/** Takes out of a failing seed whatever it fails without: logins, processes, happenings, faults. `null`: it does not fail. */
export async function shrink(plan: Plan): Promise<Shrunk | null> {
  const first = await runPlan(plan);
  const kind = first.findings.find(({ excuse }) => excuse === undefined)?.kind;
  if (kind === undefined) return null;
  const met = first.faults;
  let best: Shrunk = { reduction: everything(plan, met), result: first, kind };
  let tries = 0;
  const attempt = async (change: Partial<Reduction>): Promise<boolean> => {
    if (tries >= MOST_TRIES) return false;
    tries += 1;
    const reduction = { ...best.reduction, ...change };
    const result = await runPlan(reduced(plan, met, reduction));
    if (!result.findings.some((finding) => finding.kind === kind && finding.excuse === undefined)) return false;
    best = { reduction, result, kind };
    return true;
  };
  await attempt({ faults: [] });
  await attempt({ exact: true });
  for (const list of ['logins', 'happenings', 'faults', 'logins', 'happenings'] as const) await fewer(list);
  for (const count of ['rotators', 'agents'] as const) if (best.reduction[count] > 1) await attempt({ [count]: 1 });

  /** Halves first, then quarters, and so on down to single ones. */
  async function fewer(list: 'logins' | 'happenings' | 'faults'): Promise<void> {
    for (let size = Math.ceil(best.reduction[list].length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < best.reduction[list].length;) {
        const left = best.reduction[list].toSpliced(at, size);
        const isEmpty = list === 'logins' && left.length === 0;
        if (isEmpty || !(await attempt({ [list]: left }))) at += size;
      }
    }
  }
  return best;
}
