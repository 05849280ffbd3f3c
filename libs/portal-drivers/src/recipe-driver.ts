import { RcmError } from '@rcm/telemetry';
import type { PortalDriver } from './driver.ts';
import type { BrowserPool } from './pool/browser-pool.ts';
import { recipeHash } from './recipe/parse.ts';
import type { Recipe } from './recipe/recipe.ts';
import type { BlockedRequest, StepTrace } from './trace.ts';

export interface RecipeDriverOptions {
  readonly recipe: Recipe;
  /** `host` or `host:port` that the portal type declares; nothing is ever sent anywhere else. */
  readonly hosts: readonly string[];
  readonly browser: BrowserPool;
  /** Told after every step. Default: nobody. */
  readonly onStep?: ((step: StepTrace) => void) | undefined;
  /** Told of every request that was stopped. Default: nobody. */
  readonly onBlocked?: ((blocked: BlockedRequest) => void) | undefined;
}

/** A driver that follows a recipe. */
export function createRecipeDriver(options: RecipeDriverOptions): PortalDriver {
  return {
    hash: recipeHash(options.recipe),
    async openSession() {
      throw new RcmError('browser_unavailable', 'Recipes cannot be driven yet.');
    },
  };
}
