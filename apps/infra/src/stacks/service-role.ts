import { aws_iam as iam } from 'aws-cdk-lib';
import type { PolicyDocument } from '@rcm/credentials/policies';
import type { Construct } from 'constructs';
import { wildcardsBecause } from './reasons.ts';
import { document, type StackStatement } from './statements.ts';

export interface ServiceRoleOptions {
  readonly name: string;
  /**
   * Of AWS, as `logs` in `logs.amazonaws.com`, and the account that it names when it works for it. `null`: it names none, and works with roles that somebody
   * of their own account gave to it. Or a trust of another kind.
   */
  readonly trusted: { readonly service: string; readonly account: string | null } | PolicyDocument;
  readonly statements: readonly StackStatement[];
}

/** A role of the stack's own, for a service of AWS that works for this account alone ("confused deputy problem", IAM User Guide). */
export function serviceRole(scope: Construct, id: string, { name, trusted, statements }: ServiceRoleOptions): iam.CfnRole {
  const trust =
    'service' in trusted
      ? document({
          ...{ Sid: 'ServiceForThisAccount', Effect: 'Allow', Principal: { Service: [`${trusted.service}.amazonaws.com`] }, Action: ['sts:AssumeRole'] },
          ...(trusted.account === null ? {} : { Condition: { StringEquals: { 'aws:SourceAccount': [trusted.account] } } }),
        })
      : trusted;
  const role = new iam.CfnRole(scope, id, { roleName: name, assumeRolePolicyDocument: trust });
  if (statements.length > 0)
    wildcardsBecause(
      new iam.CfnManagedPolicy(scope, `${id}Policy`, { managedPolicyName: name, policyDocument: document(...statements), roles: [role.ref] }),
      statements,
    );
  return role;
}
