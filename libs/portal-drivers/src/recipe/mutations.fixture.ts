import { type Document, isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';
import { CONDITION_KINDS } from './condition.ts';
import { hostOfAddress } from './named-host.ts';
import type { RecipePath } from './problem.ts';
import { recipeJsonSchema, type SchemaNode, schemasAt } from './schema-file.ts';
import { STEP_KINDS } from './step.ts';
import { TARGET_KINDS } from './target.ts';

/** A recipe with one thing wrong. */
export interface Mutation {
  readonly kind: 'removed' | 'misspelt' | 'wrong type' | 'unknown step' | 'misspelt word' | 'misspelt host';
  readonly path: RecipePath;
  /** What was done, for the test's message. */
  readonly words: string;
  /** The recipe with it. */
  readonly text: () => string;
  /** What stands where the problem must be reported: the misspelt key, the wrong value. `null`: what is missing stands nowhere. */
  readonly stands: string | null;
  /** What the problem must suggest; `null`: nothing in particular. */
  readonly meant: string | null;
}

const SCHEMA = recipeJsonSchema();
/** Every key that the format knows; a misspelling must not be another one of them. */
const KNOWN = new Set(
  JSON.stringify(SCHEMA)
    .match(/"[a-z_]+"(?=:)/g)
    ?.map((key) => key.slice(1, -1)),
);
/** Of these an object has exactly one, so the one it has cannot be removed. */
const ONE_OF: readonly (readonly string[])[] = [
  TARGET_KINDS,
  CONDITION_KINDS,
  STEP_KINDS,
  ['credential', 'input', 'text'],
  ['cell', 'header', 'css'],
  ['format', 'words', 'minutes'],
  ['hours', 'day'],
];

/** Every mutation of every node of a recipe. `random` gives numbers from 0 up to 1, and chooses the misspellings. */
export function mutationsOf(source: string, random: () => number): Mutation[] {
  const document = parseDocument(source);
  return nodesOf(document).flatMap((path) => [
    ...removed(source, path),
    ...misspelt(source, path, random),
    ...wrongTypes(source, document, path),
    ...unknownSteps(source, path),
    ...misspeltWords(source, document, path, random),
    ...misspeltHosts(source, document, path, random),
  ]);
}

function nodesOf(document: Document): RecipePath[] {
  const paths: (string | number)[][] = [];
  const walk = (node: unknown, path: (string | number)[]): void => {
    if (path.length > 0) paths.push(path);
    if (isMap(node)) for (const pair of node.items) if (isPair(pair)) walk(pair.value, [...path, String(pair.key)]);
    if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
  };
  walk(document.contents, []);
  return paths;
}

const at = (path: RecipePath): SchemaNode[] => schemasAt(SCHEMA, path).filter((schema) => schema.properties !== undefined);

/** Whether the last part of a path is a key of the format, not a name that the recipe chose. */
const isFormatKey = (path: RecipePath): path is readonly [...RecipePath, string] => {
  const key = path.at(-1);
  return typeof key === 'string' && at(path.slice(0, -1)).some((schema) => Object.hasOwn(schema.properties ?? {}, key));
};

function isRequired(path: RecipePath): boolean {
  const key = String(path.at(-1));
  return at(path.slice(0, -1)).some(({ required = [], properties = {} }) => {
    const kinds = ONE_OF.find((choice) => choice.every((kind) => Object.hasOwn(properties, kind)));
    return required.includes(key) || key === 'rule' || kinds?.includes(key) === true || key === 'submit';
  });
}

function changed(source: string, change: (document: Document) => void): string {
  const document = parseDocument(source);
  change(document);
  return document.toString({ lineWidth: 0 });
}

function removed(source: string, path: RecipePath): Mutation[] {
  if (!isFormatKey(path) || !isRequired(path)) return [];
  const text = () => changed(source, (document) => void document.deleteIn(path));
  return [{ kind: 'removed', path, words: `without ${path.join('.')}`, text, stands: null, meant: null }];
}

function misspelt(source: string, path: RecipePath, random: () => number): Mutation[] {
  if (!isFormatKey(path)) return [];
  const key = String(path.at(-1));
  const wrong = misspelling(key, random);
  const text = () => changed(source, (document) => renameKey(document, path, wrong));
  return [{ kind: 'misspelt', path, words: `${path.join('.')} as ${wrong}`, text, stands: wrong, meant: key }];
}

function unknownSteps(source: string, path: RecipePath): Mutation[] {
  const isKind = isFormatKey(path) && path.at(-3) === 'steps' && (STEP_KINDS as readonly string[]).includes(String(path.at(-1)));
  if (!isKind) return [];
  const text = () => changed(source, (document) => renameKey(document, path, 'teleport'));
  return [{ kind: 'unknown step', path, words: `${path.join('.')} as teleport`, text, stands: 'teleport', meant: null }];
}

function wrongTypes(source: string, document: Document, path: RecipePath): Mutation[] {
  const node = document.getIn(path, true);
  // A frame may be an element or a word, so a word is no wrong type in its place; a number is everywhere but where numbers are.
  const wrong = isScalar(node) && typeof node.value !== 'string' ? 'plain_words' : 4711;
  const text = () => changed(source, (mutated) => mutated.setIn(path, wrong));
  return [{ kind: 'wrong type', path, words: `${path.join('.')} as ${wrong}`, text, stands: String(wrong), meant: null }];
}

/** A word of a choice that the format gives: what an outcome is, a role, a type. */
function misspeltWords(source: string, document: Document, path: RecipePath, random: () => number): Mutation[] {
  const node = document.getIn(path, true);
  if (!isScalar(node) || typeof node.value !== 'string') return [];
  const word = node.value;
  const choices = schemasAt(SCHEMA, path).flatMap((schema) => schema.enum ?? []);
  // A slip of a short word is as near to another one.
  if (!choices.includes(word) || word.length < 5) return [];
  const wrong = slipOf(word, random, (slip) => choices.includes(slip));
  const text = () => changed(source, (mutated) => mutated.setIn(path, wrong));
  return [{ kind: 'misspelt word', path, words: `${path.join('.')} as ${wrong}`, text, stands: wrong, meant: word }];
}

/** The name of a host before an address. */
function misspeltHosts(source: string, document: Document, path: RecipePath, random: () => number): Mutation[] {
  const value = document.getIn(path);
  const name = typeof value === 'string' && ['open', 'url'].includes(String(path.at(-1))) ? hostOfAddress(value) : null;
  if (name === null || typeof value !== 'string') return [];
  const wrong = slipOf(name, random, () => false);
  const written = value.replace(`{${name}}`, `{${wrong}}`);
  const text = () => changed(source, (mutated) => mutated.setIn(path, written));
  return [{ kind: 'misspelt host', path, words: `${path.join('.')} as ${written}`, text, stands: written, meant: name }];
}

function renameKey(document: Document, path: RecipePath, name: string): void {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1));
  if (!isMap(parent)) return;
  const pair = parent.items.find((item) => String(item.key) === path.at(-1));
  if (pair) pair.key = document.createNode(name);
}

const misspelling = (key: string, random: () => number): string => slipOf(key, random, (slip) => KNOWN.has(slip));

/** One slip of the finger that is nothing else: a letter lost, doubled, exchanged with its neighbour, or hit beside. */
function slipOf(key: string, random: () => number, isTaken: (slip: string) => boolean): string {
  for (;;) {
    const place = Math.floor(random() * key.length);
    const [before, letter, after] = [key.slice(0, place), key.charAt(place), key.slice(place + 1)];
    const slips = [before + after, before + letter + letter + after, before + after.charAt(0) + letter + after.slice(1), `${before}q${after}`];
    const slip = slips[Math.floor(random() * slips.length)] ?? '';
    if (/^[a-z]/.test(slip) && slip !== key && !isTaken(slip)) return slip;
  }
}
