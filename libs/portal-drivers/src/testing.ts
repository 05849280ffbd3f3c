import type { Recipe } from './recipe/recipe.ts';

/** Ten times what a step takes of a machine that is ten times as slow; three times what a recipe says by itself. */
export const PATIENT_STEP_MS = 30_000;

/**
 * A demo portal's recipe for tests: the portal answers at once, so what a step waits for is the machine. Not for a test that waits for the end of a step.
 */
export const patientRecipe = (recipe: Recipe): Recipe => ({ ...recipe, step_deadline_ms: PATIENT_STEP_MS });
