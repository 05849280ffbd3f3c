import { type Document, isCollection, isMap, isNode, isPair, LineCounter, type Node, parseDocument } from 'yaml';
import type { Problem, RecipePath } from './problem.ts';

const MAX_BYTES = 256 * 1024;
const MAX_ALIASES = 50;

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
  if (document.errors.length > 0) return { problems: document.errors.map((error) => ({ ...at(error.pos[0]), message: error.message })) };
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }), positionOf: (problem) => at(offsetOf(document, problem)) };
  } catch {
    return { problems: [{ line: 1, column: 1, message: 'has aliases that unfold too far' }] };
  }
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
