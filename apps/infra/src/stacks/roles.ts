import type { RolePolicies } from '@rcm/credentials/policies';
import { aws_iam as iam, type CfnTag } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { wildcardsBecause } from './reasons.ts';

const WHY_WILDCARDS =
  'Below the path of one tenant, which the session’s own tags name, or of one environment; or, for people, what has no narrower resource. docs/access-matrix.md tries every statement.';

/** A role with its one managed policy, word for word as `@rcm/credentials/policies` has them. */
export class PlatformRole extends Construct {
  readonly role: iam.CfnRole;

  constructor(scope: Construct, { name, tags, trustPolicy, policy }: RolePolicies) {
    super(scope, name);
    this.role = new iam.CfnRole(this, 'Role', {
      roleName: name,
      assumeRolePolicyDocument: trustPolicy,
      maxSessionDuration: 3600,
      tags: Object.entries(tags).map(([key, value]): CfnTag => ({ key, value })),
    });
    const managed = new iam.CfnManagedPolicy(this, 'Policy', { managedPolicyName: name, policyDocument: policy, roles: [this.role.ref] });
    wildcardsBecause(managed, policy.Statement, WHY_WILDCARDS);
  }
}
