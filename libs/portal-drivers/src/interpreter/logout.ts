import { withDeadline } from '@rcm/telemetry';
import type { Condition } from '../recipe/condition.ts';
import type { Step } from '../recipe/step.ts';
import { holds, isShown } from './conditions.ts';
import { follow } from './follow.ts';
import { locate } from './locate.ts';
import type { Worded } from './outcome-watch.ts';
import { type SessionDependencies, tellStep } from './dependencies.ts';
import { stepName, stepTarget } from './step-words.ts';

interface Logout {
  readonly steps: readonly Step[];
  readonly done: Condition;
}

/** In ms, for everything together. */
const LOGOUT_MS = 3_000;
/** In ms. A page that does not answer a look for so long is opened anew. */
const LOOK_MS = 1_000;

/**
 * Logs out as the recipe says. Where it would open a page first, and what it does there can be done on the page that is open, it is done there: logouts
 * were 38 % of what a rotation asked of a portal while each loaded a page for a press. Where half of the time did not do it, the page is opened after all. A portal
 * that has ended the session by itself, as some do at a change, shows so on the page that is opened, and nothing is waited for there.
 */
export async function logout(dependencies: SessionDependencies, ms = LOGOUT_MS): Promise<void> {
  const { logout: recipe } = dependencies.recipe;
  if (!recipe) return;
  const endsAt = performance.now() + ms;
  const run = (steps: readonly Step[], deadlineMs: number) =>
    follow(
      dependencies,
      'logout',
      { deadlineMs, signal: new AbortController().signal },
      { steps, words: [{ when: recipe.done, is: 'done' }], early: endedBefore(recipe) },
    );
  const whole = () => run(recipe.steps, Math.max(endsAt - performance.now(), 1));
  const [first, ...others] = recipe.steps;
  // A page that is busy with itself for good answers no look; Playwright waits for it without an end.
  const looking = { ms: Math.min(ms / 3, LOOK_MS), what: 'A look at the page that is open' };
  if (first && (await withDeadline(looking, () => canBeDoneHere(dependencies, recipe)).catch(() => false))) {
    await tellStep(dependencies, { act: 'logout', step: stepName(first), ms: 0, outcome: 'skipped' });
    await run(others, ms / 2).catch(whole);
  } else await whole();
}

/** What ends a logout shows, and what it would use first does not: nobody is logged in. */
function endedBefore({ steps, done }: Logout): readonly Worded[] {
  const target = steps.map(stepTarget).find((each) => each !== undefined);
  return target ? [{ when: { all: [done, { gone: target }] }, is: 'done' }] : [];
}

/** Whether the first step opens a page, and the page that is open shows the element of the second, and not yet what ends a logout. */
async function canBeDoneHere(dependencies: SessionDependencies, { steps, done }: Logout): Promise<boolean> {
  const [first, second] = steps;
  const target = second && stepTarget(second);
  if (first?.open === undefined || !target) return false;
  dependencies.watch.home();
  const [isThere, isDone] = await Promise.all([isShown(locate(dependencies.watch.page, target)), holds(dependencies.watch, done)]);
  return isThere && !isDone;
}
