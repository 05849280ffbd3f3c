import { readFile } from 'node:fs/promises';
import { RcmError } from '@rcm/telemetry';
import { parseRecipe } from './parse.ts';
import type { Recipe } from './recipe.ts';

const FOLDER = new URL('../../recipes/', import.meta.url);

/** Reads `recipes/<name>.yaml` of this package. Fails with `recipe_invalid` where there is none or it is not usable. */
export async function readRecipeFile(name: string): Promise<Recipe> {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) throw new RcmError('recipe_invalid', 'A recipe is named by lower-case letters, digits and dashes.');
  let text: string;
  try {
    text = await readFile(new URL(`${name}.yaml`, FOLDER), 'utf8');
  } catch (cause) {
    throw new RcmError('recipe_invalid', `There is no recipe file named ${name}.yaml.`, { cause });
  }
  return parseRecipe(text);
}
