import { type Document, isCollection, isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { Problem, RecipePath } from './problem.ts';

const MAX_BYTES = 256 * 1024;
const MAX_ALIASES = 50;
/** Levels of lists and keys: three times what a recipe needs that asks for everything at once. */
const MAX_DEPTH = 64;
const TOO_DEEP = `is nested deeper than ${MAX_DEPTH} levels`;

/** Line and column in a text, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface SyntaxProblem extends Position {
  readonly message: string;
}

/** A YAML text whose places can be found. */
export interface YamlSource {
  readonly value: unknown;
  /** Where the thing that a problem is about stands; for what is missing, where the thing around it stands. */
  positionOf(problem: Pick<Problem, 'path' | 'about'>): Position;
}

/** Reads one YAML document of at most 256 KB. Aliases may unfold 50 times. */
export function readYaml(text: string): YamlSource | { readonly problems: readonly SyntaxProblem[] } {
  if (Buffer.byteLength(text) > MAX_BYTES) return { problems: [{ line: 1, column: 1, message: `is larger than ${MAX_BYTES / 1024} KB` }] };
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.max(0, Math.min(offset, text.length)));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // A warning is of what would be read otherwise than it is written: an unknown tag, say.
  const broken = [...document.errors, ...document.warnings].map((error) => ({ ...at(error.pos[0]), message: syntaxWords(error.message) }));
  if (broken.length > 0) return { problems: broken };
  const odd = oddities(document).map(({ offset, message }) => ({ ...at(offset), message }));
  if (odd.length > 0) return { problems: odd };
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }), positionOf: (problem) => at(offsetOf(document, problem)) };
  } catch {
    return { problems: [{ line: 1, column: 1, message: 'has aliases that unfold too far' }] };
  }
}

/** The parser ends what is nested without an end by running out of stack. */
const syntaxWords = (message: string): string => (message.includes('call stack') ? TOO_DEEP : message);

/** What YAML allows and no recipe can mean; the first of each branch. */
function oddities(document: Document): { readonly offset: number; readonly message: string }[] {
  const found: { readonly offset: number; readonly message: string }[] = [];
  const add = (node: unknown, message: string) => void found.push({ offset: isNode(node) ? (node.range?.[0] ?? 0) : 0, message });
  visit(document, {
    Alias(_key, alias, path) {
      if (path.some((above) => above === alias.resolve(document))) add(alias, 'stands for what it is in itself');
    },
    Pair(_key, { key }) {
      if (isScalar(key) && key.value !== null) return undefined;
      add(key, 'is a key that is no word');
      return visit.SKIP;
    },
    Collection(_key, node, path) {
      // Each level of keys is a map and its pair.
      if (path.filter((above) => !isPair(above)).length <= MAX_DEPTH) return undefined;
      add(node, TOO_DEEP);
      return visit.BREAK;
    },
  });
  return found;
}

function offsetOf(document: Document, { path, about }: Pick<Problem, 'path' | 'about'>): number {
  const parent = nodeAt(document, path.slice(0, -1));
  const last = path.at(-1);
  const key = isMap(parent) ? parent.items.find((pair) => isPair(pair) && String(pair.key) === String(last))?.key : undefined;
  const start = about === 'key' && isNode(key) ? key.range?.[0] : nodeAt(document, path)?.range?.[0];
  if (start !== undefined) return start;
  // A value that is left empty has no place of its own; its key has.
  if (isNode(key) && key.range) return key.range[0];
  return path.length > 0 ? offsetOf(document, { path: path.slice(0, -1), about: 'value' }) : 0;
}

function nodeAt(document: Document, path: RecipePath): Node | undefined {
  let node: unknown = document.contents;
  for (const part of path) node = isCollection(node) ? node.get(part, true) : undefined;
  return isNode(node) ? node : undefined;
}
