import { RcmError } from '@rcm/telemetry';

/** What a token may let its holder do. Each is a name of its own: none contains another, and there are no patterns. */
export const SCOPES = ['tasks:write', 'tasks:read', 'tasks:read:org', 'codes:answer'] as const;

export type Scope = (typeof SCOPES)[number];

/** Which of the organization's tasks somebody may read. */
export type Reach = 'organization' | 'own' | 'none';

/** The scopes that a claim names: words of a text (RFC 8693), or a list of them as some issuers write it. Others are no concern of ours. */
export function scopesOf(claim: unknown): ReadonlySet<Scope> {
  const named = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  return new Set(SCOPES.filter((scope) => named.includes(scope)));
}

export function reachOf(scopes: ReadonlySet<Scope>): Reach {
  if (scopes.has('tasks:read:org')) return 'organization';
  return scopes.has('tasks:read') ? 'own' : 'none';
}

/** Fails with `scope_missing`. A route that names no scope is for nobody. */
export function checkScope(held: ReadonlySet<Scope>, anyOf: readonly Scope[]): void {
  if (anyOf.some((scope) => held.has(scope))) return;
  throw new RcmError('scope_missing', `The token does not hold the scope that this needs: ${anyOf.join(' or ')}. Ask its issuer for one that does.`, {
    details: { reason: 'scope', needed: anyOf.join(' ') },
  });
}
