import type { Step } from '../recipe/step.ts';
import { isShown } from './conditions.ts';
import { toLookAt } from './locate.ts';
import { type SessionParts, tellStep } from './parts.ts';
import { stepName, stepTarget } from './step-words.ts';

/** Whether the first step opens a page, and the page that is open shows the element of the second. Never fails. */
export async function showsWhatIsNext({ watch }: Pick<SessionParts, 'watch'>, steps: readonly Step[]): Promise<boolean> {
  const [first, second] = steps;
  const target = second && stepTarget(second);
  if (first?.open === undefined || !target) return false;
  return toLookAt(watch.page, target)
    .then(isShown)
    .catch(() => false);
}

/** Whether the first step would open the page of the very address that is open, and the second presses what this page shows. Never fails. */
export async function opensTheSame(parts: Pick<SessionParts, 'watch' | 'places'>, steps: readonly Step[]): Promise<boolean> {
  const [first, second] = steps;
  if (first?.open === undefined || second?.press === undefined || second.submit) return false;
  return parts.places.address(first.open) === parts.watch.page.url() && (await showsWhatIsNext(parts, steps));
}

/** The steps without the first, of which is told that it was left out. What the page has shown and answered so far is forgotten, as by an opened page. */
export async function withoutOpening(parts: SessionParts, act: 'change' | 'logout', [first, ...others]: readonly Step[]): Promise<readonly Step[]> {
  if (first) await tellStep(parts, { act, step: stepName(first), ms: 0, outcome: 'skipped' });
  parts.watch.forget();
  return others;
}
