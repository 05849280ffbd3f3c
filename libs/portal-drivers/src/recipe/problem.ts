import type { z } from 'zod';
import { NEEDS_ONE } from './rules.ts';
import { recipeJsonSchema, schemasAt } from './schema-file.ts';
import { nearestWord } from './suggestion.ts';

const SCHEMA = recipeJsonSchema();
const UNKNOWN_KEY = 'is not a key that is known here';

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

/** The problems of a failed parse of `source`. */
export function problemsOf(error: z.ZodError, source: unknown): Problem[] {
  const problems = error.issues.flatMap((issue) => fromIssue(issue, [])).map((problem) => withKnownKey(problem, source));
  const misspelt = problems.filter((problem) => problem.about === 'key');
  const around = new Set(misspelt.map(({ path }) => pathWords(path.slice(0, -1))));
  const meant = new Set(misspelt.map(({ path, suggestion }) => pathWords([...path.slice(0, -1), suggestion ?? ''])));
  // Where a key is misspelt, that its right spelling is missing needs no second line.
  return problems.filter((problem) => {
    if (problem.about === 'key') return true;
    return !meant.has(pathWords(problem.path)) && !(problem.message.startsWith(NEEDS_ONE) && around.has(pathWords(problem.path)));
  });
}

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
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key]));
    case 'invalid_key':
      return [{ path, about: 'key', message: issue.issues[0]?.message ?? issue.message, suggestion: null }];
    case 'invalid_union':
      return fromUnion(issue, path);
    default:
      return [{ path, about: 'value', message: wordsOf(issue, path), suggestion: meantBy(issue) }];
  }
}

/** Of several ways to write something, the one that got furthest is the one that was meant. */
function fromUnion(issue: z.core.$ZodIssueInvalidUnion, path: RecipePath): Problem[] {
  const [deepest] = issue.errors.map((errors) => errors.flatMap((inner) => fromIssue(inner, path))).sort((a, b) => depth(b) - depth(a));
  return deepest && depth(deepest) > path.length ? deepest : [{ path, about: 'value', message: wordsOf(issue, path), suggestion: null }];
}

/** The word that a rule of ours suggests, or the nearest of those that may stand there. */
function meantBy(issue: z.core.$ZodIssue): string | null {
  if (issue.code === 'custom') return typeof issue.params?.suggestion === 'string' ? issue.params.suggestion : null;
  if (issue.code !== 'invalid_value' || typeof issue.input !== 'string') return null;
  return nearestWord(
    issue.input,
    issue.values.filter((one) => typeof one === 'string'),
  );
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
};

/** A problem in the words of the file, not of the library that found it. */
function wordsOf(issue: z.core.$ZodIssue, path: RecipePath): string {
  if (path.length === 0 && (issue.input === undefined || issue.input === null)) return 'is empty';
  if (issue.code === 'invalid_union') return 'is none of the forms that are possible here';
  if (issue.code === 'invalid_value' && issue.input === undefined) return `is needed: ${issue.message}`;
  if (issue.code !== 'invalid_type') return issue.message;
  const wanted = TYPES[issue.expected] ?? issue.expected;
  return issue.input === undefined ? `is needed: ${wanted}` : `must be ${wanted}, not ${typeWords(issue.input)}`;
}

function typeWords(value: unknown): string {
  if (value === null) return 'empty';
  if (typeof value === 'number') return 'a number';
  return TYPES[Array.isArray(value) ? 'array' : typeof value] ?? typeof value;
}

const depth = (problems: readonly Problem[]): number => Math.max(0, ...problems.map((problem) => problem.path.length));

const unknownKey = (path: RecipePath): Problem => ({ path, about: 'key', message: UNKNOWN_KEY, suggestion: null });

/** Suggests, for an unknown key, the nearest of those that may stand there and do not yet. */
function withKnownKey(problem: Problem, source: unknown): Problem {
  if (problem.message !== UNKNOWN_KEY) return problem;
  const around = problem.path.slice(0, -1);
  const present = around.reduce<unknown>((value, part) => (isRecord(value) ? value[part] : undefined), source);
  const known = schemasAt(SCHEMA, around).flatMap((schema) => Object.keys(schema.properties ?? {}));
  const free = known.filter((key) => !(isRecord(present) && Object.hasOwn(present, key)));
  return { ...problem, suggestion: nearestWord(String(problem.path.at(-1)), free) };
}

const isRecord = (value: unknown): value is Readonly<Record<string | number, unknown>> => typeof value === 'object' && value !== null;
