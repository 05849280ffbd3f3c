import type { RolePolicies } from '@rcm/credentials/policies';
import { aws_iam as iam, type CfnTag, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';

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
    Validations.of(managed).acknowledge({
      id: 'AwsSolutions-IAM5',
      reason:
        'Each wildcard stands below the path of one tenant, named by the session’s own tags, or of one environment; docs/access-matrix.md tries every statement.',
    });
  }
}
