import { parseJson } from '@rcm/local-aws/kit';
import { isFields } from '../http/request.ts';
import { Refusal } from '../http/answer.ts';

export type Capability = 'create' | 'read' | 'update' | 'delete' | 'list' | 'deny';

/** One `path` of a policy: exact, with a trailing `*` for any rest, with `+` for any one segment. */
export interface Rule {
  readonly pattern: string;
  readonly capabilities: readonly Capability[];
}

/**
 * Reads a policy in JSON, which Vault takes as well as HCL: `{"path": {"kv/data/rcm/*": {"capabilities": ["read"]}}}`.
 * HCL itself is not read here. Fails with 400.
 */
export function parsePolicy(document: string): Rule[] {
  const refused = new Refusal(400, 'failed to parse policy: it must be JSON of the form {"path": {"<path>": {"capabilities": [...]}}}');
  const parsed = parseJson(document);
  const paths = isFields(parsed) ? parsed.path : null;
  if (!isFields(paths)) throw refused;
  return Object.entries(paths).map(([pattern, rule]) => {
    const capabilities = isFields(rule) ? rule.capabilities : null;
    if (!Array.isArray(capabilities)) throw refused;
    return { pattern, capabilities: capabilities as Capability[] };
  });
}

/**
 * What a token with these rules may do at a path: rules of one pattern add up, the most specific matching pattern alone decides,
 * and `deny` in it beats everything (Vault's documentation, "Policies: policy syntax", priority matching).
 */
export function capabilitiesAt(path: string, rules: readonly Rule[]): ReadonlySet<Capability> {
  const [best] = rules
    .map(({ pattern }) => pattern)
    .filter((pattern) => matches(pattern, path))
    .sort(moreSpecificFirst);
  const granted = new Set(rules.filter(({ pattern }) => pattern === best).flatMap(({ capabilities }) => capabilities));
  return granted.has('deny') ? new Set() : granted;
}

function matches(pattern: string, path: string): boolean {
  const open = pattern.endsWith('*');
  const source = (open ? pattern.slice(0, -1) : pattern)
    .split('/')
    .map((segment) => (segment === '+' ? '[^/]+' : escaped(segment)))
    .join('/');
  return new RegExp(`^${source}${open ? '.*' : ''}$`, 's').test(path);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const firstWildcard = (pattern: string): number => {
  const at = pattern.search(/[+*]/);
  return at === -1 ? Number.POSITIVE_INFINITY : at;
};

function moreSpecificFirst(a: string, b: string): number {
  if (firstWildcard(a) !== firstWildcard(b)) return firstWildcard(b) - firstWildcard(a);
  if (a.endsWith('*') !== b.endsWith('*')) return a.endsWith('*') ? 1 : -1;
  const plus = (pattern: string): number => pattern.split('+').length;
  return plus(a) - plus(b) || b.length - a.length || (a < b ? 1 : -1);
}
