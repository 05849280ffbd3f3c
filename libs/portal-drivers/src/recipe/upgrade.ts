import { isDeepStrictEqual } from 'node:util';
import { RcmError } from '@rcm/telemetry';
import { isAlias, isNode, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml';
import { lintRecipe } from './lint.ts';
import type { RecipePath } from './problem.ts';
import { recipeJsonSchema, schemasAt } from './schema-file.ts';

export interface UpgradedRecipe {
  readonly text: string;
  /** What was rewritten, in words for people. */
  readonly changes: readonly string[];
}

/** A piece of the text, from an offset up to another, and what takes its place. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const SCHEMA = recipeJsonSchema();

/**
 * Rewrites a recipe of version 1 as version 2, which works its portal as before: only what must change is touched, so that comments and layout stay. `null`: it
 * is version 2 already. Fails with `recipe_invalid` where it has problems, or is written so that nobody but a person can rewrite it.
 */
export function upgradeRecipe(text: string, options: { readonly file: string }): UpgradedRecipe | null {
  const { recipe, problems } = lintRecipe(text, options);
  const [problem] = problems;
  if (!recipe)
    throw invalid(`${options.file} has ${problems.length} problems, the first at line ${problem?.line ?? 1}: ${problem?.message ?? 'unknown'}. Lint it first`);
  if (recipe.version !== 1) return null;
  const document = parseDocument(text, { keepSourceTokens: true });
  const [edits, changes]: [Edit[], string[]] = [[], []];
  visit(document, {
    Pair(_key, pair, above) {
      const path = pathOf(pair, above);
      if (path.length === 1 && path[0] === 'version') edits.push(edit(pair.value, () => '2'));
      if (path.length === 1 && path[0] === 'hosts') {
        const names = hostNames(pair.value);
        edits.push(edit(pair.value, (old) => namedHosts(names, old, text, rangeOf(pair.value)[0])));
        changes.push(...[...names].map(([name, host]) => `hosts: ${host} is named ${name}, and may receive what is typed, as before`));
      }
      if (!isPattern(path) || !holdsStar(pair.value, document)) return undefined;
      if (isAlias(pair.value)) throw invalid(`${path.join('.')} stands for a pattern with a star elsewhere: write it out`);
      edits.push(edit(pair.value, (old) => old.replaceAll(/\*+/g, '**')));
      changes.push(`${path.join('.')}: a star is anything, which is ** in version 2`);
      return undefined;
    },
  });
  const upgraded = edited(text, edits);
  if (!isSame(document.toJS(), parseDocument(upgraded).toJS())) throw invalid('it is written so that only a person can rewrite it');
  return { text: upgraded, changes };

  function edit(node: unknown, change: (old: string) => string): Edit {
    const [from, to] = rangeOf(node);
    return { from, to, text: change(text.slice(from, to)) };
  }
}

const invalid = (why: string): RcmError => new RcmError('recipe_invalid', `The recipe was not rewritten: ${why}.`);

/** Where a value stands, without what follows it. */
function rangeOf(node: unknown): readonly [number, number] {
  if (!isNode(node) || !node.range) throw invalid('a value in it has no place');
  return [node.range[0], node.range[1]];
}

function pathOf(pair: unknown, above: readonly unknown[]): (string | number)[] {
  const path: (string | number)[] = [];
  for (const [index, node] of above.entries()) {
    const next = above[index + 1] ?? pair;
    if (isPair(node)) path.push(String(node.key));
    if (isSeq(node)) path.push(node.items.indexOf(next));
  }
  return isPair(pair) ? [...path, String(pair.key)] : path;
}

/** Whether `url` at a path is the format's, not a name that the recipe chose. */
const isPattern = (path: RecipePath): boolean =>
  path.at(-1) === 'url' && schemasAt(SCHEMA, path.slice(0, -1)).some((schema) => Object.hasOwn(schema.properties ?? {}, 'url'));

function holdsStar(value: unknown, document: ReturnType<typeof parseDocument>): boolean {
  const held = isAlias(value) ? value.resolve(document) : value;
  return isScalar(held) && typeof held.value === 'string' && held.value.includes('*');
}

/** A name for each host, after its first label. */
function hostNames(list: unknown): Map<string, string> {
  const names = new Map<string, string>();
  const hosts = isSeq(list) ? list.items.map((item) => (isScalar(item) ? String(item.value) : '')) : [];
  for (const [index, host] of hosts.entries()) {
    const label = /^[a-z][a-z0-9-]{0,30}(?=\.)/.exec(host)?.[0].replaceAll('-', '_') ?? 'host';
    names.set(names.has(label) || label === 'host' ? `${label}_${index + 1}` : label, host);
  }
  return names;
}

/** As the list was laid out: in one line, or below each other. */
function namedHosts(names: ReadonlyMap<string, string>, old: string, text: string, at: number): string {
  const entries = [...names].map(([name, host]) => `${name}: { host: ${host.includes(':') ? `'${host}'` : host}, secrets: true }`);
  if (old.startsWith('[')) return `{ ${entries.join(', ')} }`.replace('{  }', '{}');
  const indent = ' '.repeat(at - (text.lastIndexOf('\n', at - 1) + 1));
  return entries.join(`\n${indent}`) + (old.endsWith('\n') ? '\n' : '');
}

const edited = (text: string, edits: readonly Edit[]): string =>
  [...edits].sort((a, b) => b.from - a.from).reduce((whole, one) => whole.slice(0, one.from) + one.text + whole.slice(one.to), text);

/** Whether nothing is said otherwise than by the edits: held against the same changes made to the values. */
function isSame(before: unknown, after: unknown): boolean {
  const [first, second] = [before, after].map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);
  if (!first || !second || second.version !== 2) return false;
  const { version: _one, hosts = [], ...rest } = first;
  const { version: _two, hosts: named = {}, ...now } = second;
  const saidNow = Object.values(named as object).map((host: unknown) => host);
  return (
    isDeepStrictEqual(withAnything(rest, []), now) &&
    isDeepStrictEqual(
      saidNow,
      (hosts as string[]).map((host) => ({ host, secrets: true })),
    )
  );
}

function withAnything(value: unknown, path: RecipePath): unknown {
  if (typeof value === 'string') return isPattern(path) ? value.replaceAll(/\*+/g, '**') : value;
  if (Array.isArray(value)) return value.map((item: unknown, index) => withAnything(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]: [string, unknown]) => [key, withAnything(held, [...path, key])]));
}
