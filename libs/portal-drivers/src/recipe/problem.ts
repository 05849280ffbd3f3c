import type { z } from 'zod';
import { recipeJsonSchema, schemasAt } from './schema-file.ts';
import { nearestWord } from './suggestion.ts';

export type RecipePath = readonly (string | number)[];

/** Something wrong in a recipe, and where. */
export interface Problem {
  readonly path: RecipePath;
  /** Whether it is about the key itself (it is not known), not about what stands under it. */
  readonly about: 'key' | 'value';
  readonly message: string;
  /** The word that was most likely meant. */
  readonly suggestion: string | null;
}

/** The problems of a failed parse, in the order of the recipe. */
export const problemsOf = (error: z.ZodError): Problem[] => error.issues.flatMap((issue) => fromIssue(issue, []));

/** A path as people write it: `login.steps[1].fill`. */
export function pathWords(path: RecipePath): string {
  const words = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return words === '' ? 'recipe' : words.replace(/^\./, '');
}

/** One line: where, what, and what was meant. */
export function problemWords({ path, message, suggestion }: Problem): string {
  return `${pathWords(path)}: ${message}${suggestion === null ? '' : `; did you mean ${suggestion}?`}`;
}

function fromIssue(issue: z.core.$ZodIssue, above: RecipePath): Problem[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], key));
  if (issue.code === 'invalid_key') return [{ path, about: 'key', message: issue.issues[0]?.message ?? issue.message, suggestion: null }];
  if (issue.code === 'invalid_union') {
    // The way that got furthest is the one that was meant.
    const [deepest] = issue.errors.map((errors) => errors.flatMap((inner) => fromIssue(inner, path))).sort((a, b) => depth(b) - depth(a));
    return deepest && depth(deepest) > path.length ? deepest : [{ path, about: 'value', message: issue.message, suggestion: null }];
  }
  const meant: unknown = issue.code === 'custom' ? issue.params?.['suggestion'] : undefined;
  if (typeof meant === 'string') return [{ path, about: 'value', message: issue.message, suggestion: meant }];
  const value = issue.code === 'invalid_value' ? issue.input : undefined;
  const values = issue.code === 'invalid_value' ? issue.values.filter((one) => typeof one === 'string') : [];
  return [{ path, about: 'value', message: issue.message, suggestion: typeof value === 'string' ? nearestWord(value, values) : null }];
}

const depth = (problems: readonly Problem[]): number => Math.max(0, ...problems.map((problem) => problem.path.length));

function unknownKey(path: RecipePath, key: string): Problem {
  const known = schemasAt(recipeJsonSchema(), path.slice(0, -1)).flatMap((schema) => Object.keys(schema.properties ?? {}));
  return { path, about: 'key', message: 'is not a key that is known here', suggestion: nearestWord(key, known) };
}
