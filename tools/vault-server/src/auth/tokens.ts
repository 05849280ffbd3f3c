import { randomBytes } from 'node:crypto';
import { type Answer, noContent, permissionDenied, Refusal, withAuth, withData } from '../http/answer.ts';
import type { VaultRequest } from '../http/request.ts';
import type { VaultState } from '../vault-state.ts';
import { digestOf } from './digest.ts';
import { seconds } from './duration.ts';
import { parsePolicy, type Rule } from './policy.ts';

/** Who asks, once the token was looked up. */
export interface Caller {
  readonly digest: string;
  readonly namespace: string;
  /** `root` may do everything. */
  readonly policies: readonly string[];
}

interface TokenRow {
  readonly digest: string;
  readonly namespace: string;
  readonly role_name: string;
  readonly policies: string;
  readonly ttl: number;
  readonly expires_at: number;
  readonly expires_at_most: number;
}

/** What every token may do (Vault's built-in policy `default`, as far as the routes exist here). */
const DEFAULT_RULES: readonly Rule[] = [
  { pattern: 'auth/token/lookup-self', capabilities: ['read'] },
  { pattern: 'auth/token/renew-self', capabilities: ['update'] },
  { pattern: 'auth/token/revoke-self', capabilities: ['update'] },
  { pattern: 'sys/capabilities-self', capabilities: ['update'] },
];

export interface Issue {
  readonly namespace: string;
  readonly roleName: string;
  readonly policies: readonly string[];
  readonly ttl: number;
  readonly maxTtl: number;
}

/** A new token as a login answers it. Lifetimes in seconds. */
export function issueToken({ database, clock }: VaultState, { namespace, roleName, policies, ttl, maxTtl }: Issue): Answer {
  const token = `hvs.${randomBytes(24).toString('base64url')}`;
  const now = clock.now().getTime();
  const lease = Math.min(ttl, maxTtl);
  database.run('DELETE FROM token WHERE expires_at <= ?', now);
  database.run(
    'INSERT INTO token(digest, namespace, role_name, policies, ttl, expires_at, expires_at_most) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[digestOf(token), namespace, roleName, JSON.stringify(policies), ttl, now + lease * 1000, now + maxTtl * 1000],
  );
  return withAuth(authOf(token, policies, roleName, lease));
}

const authOf = (token: string, policies: readonly string[], roleName: string, leaseSeconds: number): object => ({
  ...{ client_token: token, accessor: digestOf(token).slice(0, 24), policies, token_policies: policies, identity_policies: [] },
  ...{ metadata: { role_name: roleName }, lease_duration: leaseSeconds, renewable: true, entity_id: '', token_type: 'service', orphan: true },
});

/** Fails with 403, also for a token of another namespace (vault/request_handling.go: no token entry, no permission). */
export function authenticate(vault: VaultState, request: VaultRequest): Caller {
  if (request.token === rootToken(vault)) return { digest: digestOf(request.token), namespace: request.namespace, policies: ['root'] };
  const row = rowOf(vault, digestOf(request.token));
  if (!row || row.namespace !== request.namespace) throw permissionDenied();
  return { digest: row.digest, namespace: row.namespace, policies: JSON.parse(row.policies) as string[] };
}

export const rootToken = ({ root }: Pick<VaultState, 'root'>): string => `hvs.${root.token('root-token')}`;

/** All rules of a caller's policies; a policy that is not there grants nothing. */
export function rulesOf({ database }: VaultState, { namespace, policies }: Caller): readonly Rule[] {
  const documents = policies.map((name) =>
    database.get<{ readonly document: string }>('SELECT document FROM policy WHERE namespace = ? AND name = ?', namespace, name),
  );
  return [...DEFAULT_RULES, ...documents.flatMap((found) => (found ? parsePolicy(found.document) : []))];
}

/** `auth/token/…`: lookup-self, renew-self, revoke-self, and for whoever may `revoke` and `sys/leases/revoke-prefix/…`. Null: no such route. */
export function answerToken(vault: VaultState, request: VaultRequest, caller: Caller): Answer | null {
  const route = `${request.verb} ${request.path}`;
  if (route === 'read auth/token/lookup-self') return lookUp(vault, caller);
  if (route === 'write auth/token/renew-self') return renew(vault, request, caller);
  if (route === 'write auth/token/revoke-self') return revoke(vault, caller.digest);
  if (route === 'write auth/token/revoke') return revoke(vault, digestOf(String(request.body.token)));
  // What an administrator does after an incident: every token that AppRole gave out here.
  if (route === 'write sys/leases/revoke-prefix/auth/approle/login') {
    vault.database.run('DELETE FROM token WHERE namespace = ?', request.namespace);
    return noContent;
  }
  return null;
}

/** Renewal ends where the role's `token_max_ttl` does: the lease that comes back is then shorter than the one before. */
function renew(vault: VaultState, request: VaultRequest, caller: Caller): Answer {
  const row = rowOf(vault, caller.digest);
  if (!row) throw new Refusal(400, 'lease is not renewable');
  const now = vault.clock.now().getTime();
  const expiresAt = Math.min(now + seconds(request.body.increment, row.ttl) * 1000, row.expires_at_most);
  vault.database.run('UPDATE token SET expires_at = ? WHERE digest = ?', expiresAt, row.digest);
  return withAuth(authOf(request.token, caller.policies, row.role_name, Math.floor((expiresAt - now) / 1000)));
}

function lookUp(vault: VaultState, caller: Caller): Answer {
  const row = rowOf(vault, caller.digest);
  const ttl = row ? Math.floor((row.expires_at - vault.clock.now().getTime()) / 1000) : 0;
  return withData({ policies: caller.policies, ttl, renewable: row !== null, type: 'service' });
}

function revoke({ database }: VaultState, digest: string): Answer {
  database.run('DELETE FROM token WHERE digest = ?', digest);
  return noContent;
}

const rowOf = ({ database, clock }: VaultState, digest: string): TokenRow | null =>
  database.get<TokenRow>('SELECT * FROM token WHERE digest = ? AND expires_at > ?', digest, clock.now().getTime());
