import type { Step } from '../recipe/step.ts';
import { holds, isShown } from './conditions.ts';
import { follow } from './follow.ts';
import { locate } from './locate.ts';
import type { SessionParts } from './parts.ts';
import { stepTarget } from './step-words.ts';

/** Milliseconds a logout may take: it is a courtesy to portals that count sessions, never worth waiting for. */
const LOGOUT_MS = 3_000;

/**
 * Logs out as the recipe says. Where it would open a page first, and what it does there can be done on the page that is open, it is done there: a
 * page that is loaded for nothing but a press was a third of all that a rotation asked of a portal. Where that comes to nothing, the page is opened after all.
 */
export async function logout(parts: SessionParts): Promise<void> {
  const { logout: recipe } = parts.recipe;
  if (!recipe) return;
  const run = (steps: readonly Step[]) =>
    follow(parts, 'logout', { deadlineMs: LOGOUT_MS, signal: new AbortController().signal }, [{ when: recipe.done, is: 'done' }], steps);
  const here = await withoutOpening(parts, recipe).catch(() => null);
  if (here) await run(here).catch(() => run(recipe.steps));
  else await run(recipe.steps);
}

/** The steps behind the first `open`, if the page that is open shows the element of the first of them, and not yet what ends a logout. */
async function withoutOpening(parts: SessionParts, { steps, done }: { readonly steps: readonly Step[]; readonly done: Parameters<typeof holds>[1] }) {
  const [first, ...others] = steps;
  const target = others[0] && stepTarget(others[0]);
  if (first?.open === undefined || !target) return null;
  parts.watch.home();
  const [isThere, isDone] = await Promise.all([isShown(locate(parts.watch.page, target)), holds(parts.watch, done)]);
  return isThere && !isDone ? others : null;
}
