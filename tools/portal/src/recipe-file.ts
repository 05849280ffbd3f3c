import { readFile } from 'node:fs/promises';
import { lintRecipe, type Recipe, type RecipeLint, type RecipeProblem } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';

/** Lints a recipe file. Fails with `input_invalid` where it cannot be read. */
export async function lintFile(file: string): Promise<RecipeLint> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RcmError('input_invalid', `The recipe ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'}).`, { cause });
  });
  return lintRecipe(text, { file });
}

/** A recipe that can be used. Fails with `recipe_invalid`, one line for every problem, and `input_invalid`. */
export async function readRecipe(file: string): Promise<Recipe> {
  const { recipe, problems } = await lintFile(file);
  if (recipe) return recipe;
  throw new RcmError('recipe_invalid', ['The recipe is not usable; nothing was done.', ...problems.map(problemLine)].join('\n'));
}

/** As compilers write it, so that editors find the place: `file:line:column: where: message; did you mean …?` */
export function problemLine({ file, line, column, at, message, suggestion }: RecipeProblem): string {
  return `${file}:${line}:${column}: ${at === '' ? '' : `${at}: `}${message}${suggestion === null ? '' : `; did you mean ${suggestion}?`}`;
}
