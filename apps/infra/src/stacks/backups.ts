import { taskRoleName } from '@rcm/credentials/policies';
import { aws_iam as iam, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { lockedBucket } from './buckets.ts';
import { roleArn } from './names.ts';
import { because } from './reasons.ts';

export interface BackupsStackProps extends StackProps {
  readonly environment: Environment & Required<Pick<Environment, 'backups'>>;
  /** Where the bucket is made. */
  readonly elsewhere: { readonly account: string; readonly region: string };
}

/** The bucket of backups where the loss of the environment's account, or of its region, does not reach. Everything in it is sealed by age before it comes. */
export class BackupsStack extends Stack {
  constructor(scope: Construct, id: string, { environment, elsewhere, ...props }: BackupsStackProps) {
    super(scope, id, props);
    const bucket = lockedBucket(this, 'BackupsBucket', environment);
    const log = 'Who writes there is in the trail of its own account, which is not this one’s; nothing in it opens without an identity that lies elsewhere.';
    because(bucket, log, 'S3BucketLoggingEnabled', 'hipaa', 'nist4', 'nist5');
    because(bucket, log, 'S1', 'solutions');
    because(
      bucket,
      'What lies there is sealed to recipients of age: a key of KMS would be one more that is lost with its account.',
      'S3DefaultEncryptionKMS',
      'hipaa',
      'nist5',
    );
    if (elsewhere.account === environment.account) return;
    // Of another account both sides say it: this one here, and the rotator's own policy there.
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        ...{ sid: 'RotatorAddsBackups', actions: ['s3:PutObject'], resources: [`${bucket.bucketArn}/secrets/*`] },
        principals: [new iam.ArnPrincipal(roleArn(environment, taskRoleName('rotator')))],
      }),
    );
  }
}
