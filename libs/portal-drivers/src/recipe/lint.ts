import { pathWords, problemsOf } from './problem.ts';
import { type Recipe, recipeSchema } from './recipe.ts';
import { type Position, readYaml } from './yaml-source.ts';

/** Something wrong in a recipe file. */
export interface RecipeProblem extends Position {
  /** Name of the file, as the caller gave it. */
  readonly file: string;
  /** Path in the recipe (`login.steps[1].fill`); `recipe` for the whole, empty where the text is no YAML. */
  readonly at: string;
  readonly message: string;
  /** The word that was most likely meant, for a misspelt one. */
  readonly suggestion: string | null;
}

export interface RecipeLint {
  /** In the order of the file. Empty: the recipe can be used. */
  readonly problems: readonly RecipeProblem[];
  /** `null` where there are problems. */
  readonly recipe: Recipe | null;
}

/** Checks a recipe's YAML text and tells every problem with its line and column. Never throws. */
export function lintRecipe(text: string, options: { readonly file: string }): RecipeLint {
  const { file } = options;
  const source = readYaml(text);
  if ('problems' in source) return { problems: source.problems.map((problem) => ({ file, at: '', suggestion: null, ...problem })), recipe: null };
  const parsed = recipeSchema.safeParse(source.value, { reportInput: true });
  if (parsed.success) return { problems: [], recipe: parsed.data };
  const problems = problemsOf(parsed.error, source.value).map((problem) => ({
    file,
    ...source.positionOf(problem),
    at: pathWords(problem.path),
    message: problem.message,
    suggestion: problem.suggestion,
  }));
  return { problems: problems.sort((a, b) => a.line - b.line || a.column - b.column), recipe: null };
}
