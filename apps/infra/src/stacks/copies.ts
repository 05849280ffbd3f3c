import { aws_backup as backup, CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import type { PolicyDocument } from '@rcm/credentials/policies';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { keep } from './identity.ts';
import { credentialsReplicaKey, platformKey } from './keys.ts';

/** In the second region, before everything else: the key that copies of processes' secrets and of the database's backups lie under, and what is told there. */
export class CopiesStack extends Stack {
  readonly platformKeyArn: string;

  constructor(scope: Construct, id: string, { environment, region, ...props }: StackProps & { readonly environment: Environment; readonly region: string }) {
    super(scope, id, props);
    const key = platformKey(this, { ...environment, region }, ['logs', 'topic']);
    this.platformKeyArn = key.attrArn;
    keep(
      new backup.CfnBackupVault(this, 'Vault', { backupVaultName: 'rcm-copies', encryptionKeyArn: key.attrArn, lockConfiguration: { minRetentionDays: 7 } }),
    );
  }
}

export interface ReplicaKeyStackProps extends StackProps {
  /** The same as the first key's. */
  readonly keyPolicy: PolicyDocument;
}

/** The key of every secret, in one more region. KMS makes a copy of the key itself: what one has encrypted the other opens. */
export class ReplicaKeyStack extends Stack {
  constructor(scope: Construct, id: string, { keyPolicy, ...props }: ReplicaKeyStackProps) {
    super(scope, id, props);
    // A template knows nothing of another region's: whoever deploys it says what the first stack put out.
    const primary = new CfnParameter(this, 'PrimaryKeyArn', {
      description: 'Output CredentialsKeyArn of the identity (or store) stack in the first region',
      allowedPattern: '^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/mrk-[0-9a-f]{32}$',
      constraintDescription: 'must be the ARN of a multi-Region key',
    });
    credentialsReplicaKey(this, primary.valueAsString, keyPolicy);
  }
}

/** The second region of a further account: that key, and the platform's, under which lies what is told there. */
export class StoreReplicaStack extends ReplicaKeyStack {
  readonly platformKeyArn: string;

  constructor(scope: Construct, id: string, { environment, ...props }: ReplicaKeyStackProps & { readonly environment: Environment }) {
    super(scope, id, props);
    this.platformKeyArn = platformKey(this, environment, ['topic']).attrArn;
  }
}
