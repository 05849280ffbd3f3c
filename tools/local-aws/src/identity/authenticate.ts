import { type Account, sessionArn, userArn } from '../account/arns.ts';
import type { Roles } from '../account/roles.ts';
import type { Clock } from '../clock.ts';
import type { RootKey } from '../storage/root-key.ts';
import { baseAccessKey, identifier, sessionSecret } from './access-keys.ts';
import type { Principal } from './principal.ts';
import { readSessionToken } from './session-token.ts';
import { parseAmzDate, parseSignatureHeader, type SignatureHeader, signatureMatches, type SignedRequest } from './signature.ts';

/** Why a request has no identity. Each protocol has its own error names for these (`http/authentication-errors.ts`). */
export type AuthenticationFailure = 'missing' | 'incomplete' | 'unknown_key' | 'bad_signature' | 'not_current' | 'expired_session' | 'wrong_scope';

type Authentication = { readonly principal: Principal; readonly scope: SignatureHeader } | { readonly failure: AuthenticationFailure };

export type Authenticator = ReturnType<typeof createAuthenticator>;

/** How far a request's time may be from ours: AWS documents five minutes. */
const MAX_SKEW_MS = 5 * 60_000;
const BASE_USER = 'local-admin';

export interface AuthenticatorOptions {
  readonly account: Account;
  readonly roles: Roles;
  readonly root: RootKey;
  readonly clock: Clock;
}

/** Knows the account's user by the key file, and sessions by their sealed token. Holds no state. */
export function createAuthenticator({ account, roles, root, clock }: AuthenticatorOptions) {
  const base = baseAccessKey(root);
  const user: Principal = {
    kind: 'user',
    accessKeyId: base.accessKeyId,
    arn: userArn(account, BASE_USER),
    userId: identifier('AIDA', root.derive('base-user-id')),
  };

  const lookUp = (accessKeyId: string, token: string | undefined): { principal: Principal; secret: string } | null => {
    if (token === undefined) return accessKeyId === base.accessKeyId ? { principal: user, secret: base.secretAccessKey } : null;
    const claims = readSessionToken(root, token);
    const role = claims && roles.get(claims.role);
    if (!claims || !role || claims.accessKeyId !== accessKeyId) return null;
    const { sessionName, tags, transitiveTagKeys } = claims;
    const principal: Principal = {
      ...{ kind: 'session', accessKeyId, role, sessionName, transitiveTagKeys, expiresAt: new Date(claims.expiresAt) },
      tags: principalTags(role.tags, tags),
      arn: sessionArn(account, role.name, sessionName),
      userId: `${roleId(root, role.name)}:${sessionName}`,
    };
    return { principal, secret: sessionSecret(root, accessKeyId) };
  };

  return {
    authenticate(request: SignedRequest): Authentication {
      const authorization = request.headers.authorization;
      if (authorization === undefined) return { failure: 'missing' };
      const scope = parseSignatureHeader(authorization);
      const signedAt = parseAmzDate(request.headers['x-amz-date'] ?? '');
      if (!scope || !signedAt) return { failure: 'incomplete' };
      const caller = lookUp(scope.accessKeyId, request.headers['x-amz-security-token']);
      if (!caller) return { failure: 'unknown_key' };
      if (Math.abs(signedAt.getTime() - clock.now().getTime()) > MAX_SKEW_MS) return { failure: 'not_current' };
      if (scope.region !== account.region) return { failure: 'wrong_scope' };
      if (!signatureMatches(request, scope, caller.secret)) return { failure: 'bad_signature' };
      const { principal } = caller;
      if (principal.kind === 'session' && principal.expiresAt.getTime() <= clock.now().getTime()) return { failure: 'expired_session' };
      return { principal, scope };
    },
  };
}

/** A session tag goes before a tag of the role with the same key, whatever its case: "Pass session tags in AWS STS". */
function principalTags(ofRole: Readonly<Record<string, string>>, ofSession: Readonly<Record<string, string>>): Record<string, string> {
  const taken = new Set(Object.keys(ofSession).map((key) => key.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(ofRole).filter(([key]) => !taken.has(key.toLowerCase()))), ...ofSession };
}

export const roleId = (root: RootKey, roleName: string): string => identifier('AROA', root.derive(`role-id/${roleName}`));
