import { CfnOutput, type aws_kms as kms, Stack, type StackProps } from 'aws-cdk-lib';
import type { PlatformPolicies } from '@rcm/credentials/policies';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { credentialsKey, platformKey } from './keys.ts';
import { PlatformRole } from './roles.ts';
import { storeTrail } from './store-trail.ts';

export interface StoreStackProps extends StackProps {
  /** As in the further account: its number and region in the place of the first one's. */
  readonly environment: Environment;
  readonly policies: PlatformPolicies;
  /** Where the trail of this account writes: as in the first account. `null`: it has one already. */
  readonly trail: Environment | null;
}

/** A further account that holds secrets and runs nothing: the tenant roles that the tasks become there, people's roles, the keys, the trail. */
export class StoreStack extends Stack {
  readonly platformKey: kms.CfnKey;

  constructor(scope: Construct, id: string, { environment, policies, trail, ...props }: StoreStackProps) {
    super(scope, id, props);
    const roles = policies.roles.map((each) => new PlatformRole(this, each));
    const key = credentialsKey(this, policies.keyPolicy);
    for (const { role } of roles) key.addResourceDependency(role);
    new CfnOutput(this, 'CredentialsKeyArn', { value: key.attrArn, description: 'For the stack of the same key in another region' });
    this.platformKey = platformKey(this, environment, ['topic']);
    if (trail) storeTrail(this, trail);
  }
}
