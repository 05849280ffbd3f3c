import { createHash } from 'node:crypto';
import { RcmError } from '@rcm/telemetry';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Recipe, recipeSchema } from './recipe.ts';
import { suggestKey } from './suggestion.ts';

const MAX_BYTES = 256 * 1024;
const MAX_ALIASES = 50;

/**
 * Reads a recipe from YAML text, or from the object that was stored. Fails with `recipe_invalid`, whose message has one
 * line for every problem: where in the recipe, and what is wrong.
 */
export function parseRecipe(source: string | object): Recipe {
  const parsed = recipeSchema.safeParse(typeof source === 'string' ? readYaml(source) : source);
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues.flatMap(problemLines));
}

/** SHA-256 of a recipe, the same whatever order its keys are stored in. */
export const recipeHash = (recipe: Recipe): string => createHash('sha256').update(canonical(recipe)).digest('hex');

function readYaml(text: string): unknown {
  if (Buffer.byteLength(text) > MAX_BYTES) throw invalid([`is larger than ${MAX_BYTES / 1024} KB`]);
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) {
    throw invalid(document.errors.map((error) => `line ${text.slice(0, error.pos[0]).split('\n').length}: ${error.message}`));
  }
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw invalid(['has aliases that unfold too far'], cause);
  }
}

function problemLines(issue: z.core.$ZodIssue): string[] {
  const at = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(at === '' ? key : `${at}.${key}`, key));
  return [`${at === '' ? 'recipe' : at}: ${issue.message}`];
}

function unknownKey(at: string, key: string): string {
  const suggestion = suggestKey(key);
  return `${at}: is not a key that is known here${suggestion === null ? '' : `; did you mean ${suggestion}?`}`;
}

const invalid = (problems: readonly string[], cause?: unknown): RcmError =>
  new RcmError('recipe_invalid', ['The recipe is not usable:', ...problems.map((line) => `  ${line}`)].join('\n'), {
    details: { problems: problems.length },
    cause,
  });

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, held]) => held !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, held]) => `${JSON.stringify(key)}:${canonical(held)}`).join(',')}}`;
}
