import { parseJson } from '@rcm/local-aws/kit';
import { Refusal } from './answer.ts';

/** What Vault makes of a method: POST and PUT are the same, and GET with `list=true` is LIST (http/logical.go). */
type Verb = 'read' | 'list' | 'write' | 'delete';

export interface VaultRequest {
  readonly verb: Verb;
  /** Behind `/v1/`, decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  /** Without slashes at its ends; empty is the root namespace. */
  readonly namespace: string;
  readonly token: string;
}

const VERBS: Readonly<Record<string, Verb>> = { GET: 'read', LIST: 'list', POST: 'write', PUT: 'write', DELETE: 'delete' };

export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Fails with the refusal that Vault has for it. */
export function parseRequest({ method, target, headers, body }: RawRequest): VaultRequest {
  const { pathname, searchParams: query } = parseTarget(target);
  if (!pathname.startsWith('/v1/')) throw new Refusal(404);
  const path = pathname.slice('/v1/'.length);
  if (path.split('/').includes('..')) throw new Refusal(400, 'path cannot contain parent references');
  const verb = VERBS[method];
  // PATCH and SCAN are not in the contract that this server follows.
  if (!verb) throw new Refusal(405, '1 error occurred:\n\t* unsupported operation\n\n');
  return {
    verb: verb === 'read' && query.get('list') === 'true' ? 'list' : verb,
    path,
    query,
    body: body.length === 0 ? {} : parseBody(body),
    namespace: header(headers['x-vault-namespace']).replace(/^\/+|\/+$/g, ''),
    token: header(headers['x-vault-token']) || header(headers.authorization).replace(/^Bearer /, ''),
  };
}

/** Go's server refuses a target that is no URL, or whose path has a `%` that begins no escape, before Vault sees it (net/http, readRequest). */
function parseTarget(target: string): { readonly pathname: string; readonly searchParams: URLSearchParams } {
  try {
    const { pathname, searchParams } = new URL(target, 'http://vault');
    return { pathname: decodeURIComponent(pathname), searchParams };
  } catch {
    throw new Refusal(400, 'the path cannot be decoded');
  }
}

const header = (value: string | string[] | undefined): string => (Array.isArray(value) ? (value[0] ?? '') : (value ?? ''));

function parseBody(body: Buffer): Readonly<Record<string, unknown>> {
  const value = parseJson(body);
  if (!isFields(value)) throw new Refusal(400, 'failed to parse JSON input: the body is not a JSON object');
  return value;
}

export const isFields = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
