import type { Gate } from '../network/gate.ts';
import type { Origins } from '../network/origins.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { StepTrace } from '../trace.ts';
import type { PageWatch } from './page-watch.ts';

/** What a session is made of, for the acts that run in it. */
export interface SessionParts {
  readonly recipe: Recipe;
  readonly origins: Origins;
  readonly watch: PageWatch;
  readonly gate: Gate;
  readonly onStep: (trace: StepTrace) => void;
}

/** Absolute address of a recipe's path: below the base URL, or as it stands. Whether it may be reached the gate decides. */
export function addressOf(parts: SessionParts, path: string): string {
  if (!path.startsWith('/')) return path;
  return parts.origins.base.href.replace(/\/$/, '') + path;
}
