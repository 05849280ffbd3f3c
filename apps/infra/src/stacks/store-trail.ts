import { aws_cloudtrail as cloudtrail, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { bucketName, PLATFORM_KEY, TRAIL } from './names.ts';
import { because } from './reasons.ts';

/**
 * Every call in a further account, of secrets and keys too. EventBridge is given calls only where a trail records them: without one, who becomes break-glass there, who
 * reads a secret and who disables the key is told to nobody. It writes into the bucket and under the key of the account where the processes run (stacks `evidence`, `identity`),
 * which the administrators of this one do not reach.
 */
export function storeTrail(stack: Stack, environment: Environment): void {
  const { partition, region, account } = environment;
  const trail = new cloudtrail.CfnTrail(stack, 'Trail', {
    ...{ trailName: TRAIL, isLogging: true, isMultiRegionTrail: true, includeGlobalServiceEvents: true, enableLogFileValidation: true },
    s3BucketName: bucketName(environment, 'trail'),
    // The key's id is that account's alone to know; its name is the same everywhere.
    kmsKeyId: `arn:${partition}:kms:${region}:${account}:${PLATFORM_KEY}`,
    advancedEventSelectors: [{ name: 'Every call, of secrets and keys too', fieldSelectors: [{ field: 'eventCategory', equalTo: ['Management'] }] }],
  });
  because(trail, 'It is read in the bucket of the account of the processes.', 'CloudTrailCloudWatchLogsEnabled', 'hipaa', 'nist4', 'nist5');
}
