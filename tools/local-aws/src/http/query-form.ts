import { AwsError } from '../aws-error.ts';

export interface QueryCall {
  readonly action: string;
  readonly version: string;
  readonly input: Record<string, unknown>;
}

/** More pairs than any operation here takes; a bound on work, not a rule of AWS. */
const MAX_PAIRS = 1_000;

type Node = Map<string, Node | string>;

/**
 * Reads a form of the AWS query protocol: `Tags.member.1.Key=env` becomes `{ Tags: [{ Key: 'env' }] }`, and so do the
 * `entry.N` maps of SNS, as lists of `{ Name, Value }`. Everything stays text; operations coerce. Fails with MalformedQueryString.
 */
export function readQueryForm(body: string): QueryCall {
  const root: Node = new Map();
  let pairs = 0;
  for (const [name, value] of new URLSearchParams(body)) {
    pairs += 1;
    if (pairs > MAX_PAIRS) throw malformed();
    place(root, name.split('.'), value);
  }
  const { Action, Version, ...input } = toValue(root) as Record<string, unknown>;
  if (typeof Action !== 'string') throw new AwsError('MissingAction', 'The request is missing an action.');
  return { action: Action, version: typeof Version === 'string' ? Version : '', input };
}

function place(node: Node, path: readonly string[], value: string): void {
  const [head = '', ...rest] = path;
  if (head === '' || head === '__proto__') throw malformed();
  if (rest.length === 0) {
    node.set(head, value);
    return;
  }
  const known = node.get(head);
  if (typeof known === 'string') throw malformed();
  const child = known ?? new Map<string, Node | string>();
  node.set(head, child);
  place(child, rest, value);
}

function toValue(node: Node | string): unknown {
  if (typeof node === 'string') return node;
  const list = node.size === 1 ? (node.get('member') ?? node.get('entry')) : undefined;
  if (list instanceof Map) {
    const indexes = [...list.keys()].map(Number);
    if (indexes.some((index) => !Number.isInteger(index) || index < 1)) throw malformed();
    return [...list].sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => toValue(item));
  }
  return Object.fromEntries([...node].map(([name, child]) => [name, toValue(child)]));
}

const malformed = (): AwsError => new AwsError('MalformedQueryString', 'The query string contains a syntax error.');
