import { createHash } from 'node:crypto';
import { RcmError } from '@rcm/telemetry';
import { problemsOf, problemWords } from './problem.ts';
import { type Recipe, recipeSchema } from './recipe.ts';
import { readYaml } from './yaml-source.ts';

/**
 * Reads a recipe from YAML text, or from the object that was stored. Fails with `recipe_invalid`, whose message has one
 * line for every problem: where in the recipe, and what is wrong. For lines and columns see `lintRecipe`.
 */
export function parseRecipe(source: string | object): Recipe {
  const value = typeof source === 'string' ? valueOf(source) : source;
  const parsed = recipeSchema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw invalid(problemsOf(parsed.error, value).map(problemWords));
}

/** SHA-256 of a recipe, the same whatever order its keys are stored in. */
export const recipeHash = (recipe: Recipe): string => createHash('sha256').update(canonical(recipe)).digest('hex');

function valueOf(text: string): unknown {
  const source = readYaml(text);
  if ('problems' in source) throw invalid(source.problems.map((problem) => `line ${problem.line}: ${problem.message}`));
  return source.value;
}

const invalid = (problems: readonly string[]): RcmError =>
  new RcmError('recipe_invalid', ['The recipe is not usable:', ...problems.map((line) => `  ${line}`)].join('\n'), {
    details: { problems: problems.length },
  });

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, held]) => held !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, held]) => `${JSON.stringify(key)}:${canonical(held)}`).join(',')}}`;
}
