import { type Account, roleArn } from '../account/arns.ts';
import type { AuthorizationRequest, Authorize, Refusal } from '../identity/authorize.ts';
import { CREDENTIALS_ALIAS } from '../provision.ts';
import { requestContext } from './context.ts';
import { administratorPolicy, defaultKeyPolicy, type Enforcement, fullAccess, managedKeyPolicy, sessionsOnlyPolicy } from './documents.ts';
import { type Decision, type LoadedPolicy, loadPolicyEngine, type PolicyEngine } from './engine.ts';

export interface EnforceOptions {
  readonly account: Account;
  readonly baseIsAdmin: boolean;
  /** Default: one of its own. Whoever makes many enforcements of much the same documents makes one for all. */
  readonly engine?: PolicyEngine;
}

/**
 * Decides every call by policies: those attached to the caller's role, the trust policy of a role to be assumed, the policy of a
 * key that is used, and the account's guardrail. A call is allowed where every resource of it is. Fails with StartError `options_invalid`.
 */
export async function createEnforcement(
  { roles, keyPolicy, guardrail }: Enforcement,
  { account, baseIsAdmin, engine: given }: EnforceOptions,
): Promise<Authorize> {
  const engine = given ?? (await loadPolicyEngine());
  const user = engine.load('local-admin', 'identity', baseIsAdmin ? administratorPolicy : sessionsOnlyPolicy);
  const identity = new Map(roles.map(({ name, policy }) => [name, engine.load(name, 'identity', policy)]));
  const trust = new Map(roles.map(({ name, trustPolicy }) => [roleArn(account, name), engine.load(name, 'trust', trustPolicy)]));
  const keys = {
    credentials: engine.load(CREDENTIALS_ALIAS, 'resource', keyPolicy),
    'alias/aws/ssm': engine.load('alias/aws/ssm', 'resource', managedKeyPolicy('ssm', account)),
    'alias/aws/secretsmanager': engine.load('alias/aws/secretsmanager', 'resource', managedKeyPolicy('secretsmanager', account)),
    other: engine.load('customer keys', 'resource', defaultKeyPolicy(account.accountId)),
  };

  const controls = guardrail ? [engine.load('FullAWSAccess', 'control', fullAccess), engine.load('guardrail', 'control', guardrail)] : [];
  const policyOfKey = (aliases: readonly string[]): LoadedPolicy => {
    if (aliases.includes(CREDENTIALS_ALIAS)) return keys.credentials;
    const managed = aliases.find((alias) => alias === 'alias/aws/ssm' || alias === 'alias/aws/secretsmanager');
    return managed === undefined ? keys.other : keys[managed];
  };
  const resourcePolicy = (arn: string, request: AuthorizationRequest): LoadedPolicy | null =>
    arn.includes(':key/') && request.action.startsWith('kms:') ? policyOfKey(request.account.aliasesOf(arn)) : (trust.get(arn) ?? null);

  const refusal = (request: AuthorizationRequest, resource: string): Refusal | null => {
    const { principal, action } = request;
    const own = principal.kind === 'user' ? user : identity.get(principal.role.name);
    const question = {
      ...{ principal: principal.arn, action, resource, accountId: account.accountId, context: requestContext(request, resource, account) },
      identityPolicies: own ? [own] : [],
      resourcePolicy: resourcePolicy(resource, request),
    };
    const decision = engine.decide({ ...question, controlPolicies: controls });
    if (decision === 'Allowed') return null;
    const isGuarded = controls.length > 0 && engine.decide({ ...question, controlPolicies: [] }) === 'Allowed';
    return { resource, because: isGuarded ? 'of an explicit deny in a service control policy' : because(action, decision) };
  };
  return (request) => {
    // No permissions are needed for it, and none can take it away.
    if (request.action === 'sts:GetCallerIdentity') return null;
    for (const resource of request.resources) {
      const refused = refusal(request, resource);
      if (refused) return refused;
    }
    return null;
  };
}

/** "Troubleshoot access denied error messages", IAM User Guide. STS says less: it tells nobody what a role trusts. */
function because(action: string, decision: Exclude<Decision, 'Allowed'>): string | null {
  if (action.startsWith('sts:')) return null;
  const kind = action.startsWith('kms:') ? 'resource-based' : 'identity-based';
  return decision === 'ExplicitlyDenied'
    ? `of an explicit deny in ${kind === 'identity-based' ? 'an' : 'a'} ${kind} policy`
    : `no ${kind} policy allows the ${action} action`;
}
