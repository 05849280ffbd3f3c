import { type Account, roleArn } from '../account/arns.ts';
import type { AuthorizationRequest } from '../identity/authorize.ts';
import type { Principal } from '../identity/principal.ts';

/** Condition keys of one call on one resource: what AWS adds to every request, and what the call itself carries. */
export function requestContext(request: AuthorizationRequest, resource: string, account: Account): Record<string, string | string[]> {
  const { principal, conditions, now } = request;
  const called = Object.entries(conditions).map(([key, value]): [string, string | string[]] => [key, typeof value === 'string' ? value : [...value]]);
  return {
    'aws:PrincipalArn': principalArn(principal, account),
    'aws:PrincipalAccount': account.accountId,
    'aws:PrincipalType': principal.kind === 'user' ? 'User' : 'AssumedRole',
    'aws:userid': principal.userId,
    'aws:CurrentTime': now.toISOString(),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
    'aws:RequestedRegion': account.region,
    'kms:CallerAccount': account.accountId,
    ...tagKeys('aws:PrincipalTag', principal.kind === 'session' ? principal.tags : {}),
    ...tagKeys('aws:ResourceTag', request.account.tagsOf(resource)),
    ...Object.fromEntries(called),
  };
}

/** A session's is its role's: "aws:PrincipalArn", Global condition context keys. */
const principalArn = (principal: Principal, account: Account): string => (principal.kind === 'user' ? principal.arn : roleArn(account, principal.role.name));

const tagKeys = (prefix: string, tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]));
