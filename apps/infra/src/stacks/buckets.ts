import { aws_iam as iam, aws_s3 as s3, Duration, RemovalPolicy, type Stack, type aws_kms as kms } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { API_LOGS_PREFIX, bucketName, CONSOLE_LOGS_PREFIX } from './names.ts';
import { because } from './reasons.ts';

const { BLOCK_ALL } = s3.BlockPublicAccess;

/** Never in the clear, never public, never emptied with its stack; who has read and written is written down. */
const CLOSED = { blockPublicAccess: BLOCK_ALL, enforceSSL: true, minimumTLSVersion: 1.2, versioned: true, removalPolicy: RemovalPolicy.RETAIN } as const;

/** "Enable access logs for your Application Load Balancer": the service that delivers them, for load balancers of this account alone. */
const loadBalancerLogs = (bucket: s3.Bucket, { partition, region, account }: Environment, prefixes: readonly string[]): iam.PolicyStatement =>
  new iam.PolicyStatement({
    ...{ sid: 'LoadBalancerLogs', principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')], actions: ['s3:PutObject'] },
    resources: prefixes.map((prefix) => `${bucket.bucketArn}/${prefix}/AWSLogs/${account}/*`),
    conditions: { ArnLike: { 'aws:SourceArn': `arn:${partition}:elasticloadbalancing:${region}:${account}:loadbalancer/*` } },
  });

/** Where S3 writes who used the other buckets, and load balancers who used the API and the console. */
export function accessLogBucket(stack: Stack, environment: Environment): s3.Bucket {
  const bucket = new s3.Bucket(stack, 'AccessLogs', {
    ...CLOSED,
    bucketName: bucketName(environment, 'access-logs'),
    encryption: s3.BucketEncryption.S3_MANAGED,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
  });
  const prefixes = [...(environment.api ? [API_LOGS_PREFIX] : []), ...(environment.console ? [CONSOLE_LOGS_PREFIX] : [])];
  if (prefixes.length > 0) bucket.addToResourcePolicy(loadBalancerLogs(bucket, environment, prefixes));
  because(bucket, 'S3 delivers access logs under its own key alone ("Enabling Amazon S3 server access logging").', 'S3DefaultEncryptionKMS', 'hipaa', 'nist5');
  acknowledge(bucket, 'not locked');
  return bucket;
}

export interface KeptBucketOptions {
  readonly key: kms.IKey;
  readonly accessLogs: s3.Bucket;
}

/** Where CloudTrail writes. */
export function trailBucket(stack: Stack, environment: Environment, { key, accessLogs }: KeptBucketOptions): s3.Bucket {
  const bucket = new s3.Bucket(stack, 'TrailBucket', {
    ...CLOSED,
    ...{ bucketName: bucketName(environment, 'trail'), encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true },
    ...{ serverAccessLogsBucket: accessLogs, serverAccessLogsPrefix: 'trail/' },
  });
  acknowledge(bucket, 'not locked');
  return bucket;
}

/** Where the heads of the audit chains are kept: what is written there cannot be taken away before its time, by nobody in production. */
export function headsBucket(stack: Stack, { auditHeads, stage }: Environment, { key, accessLogs }: KeptBucketOptions): s3.Bucket {
  const kept = Duration.days(auditHeads.keepDays);
  const bucket = new s3.Bucket(stack, 'HeadsBucket', {
    ...CLOSED,
    ...{ bucketName: auditHeads.bucket, encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true },
    ...{ serverAccessLogsBucket: accessLogs, serverAccessLogsPrefix: 'heads/', objectLockEnabled: true },
    objectLockDefaultRetention: stage === 'production' ? s3.ObjectLockRetention.compliance(kept) : s3.ObjectLockRetention.governance(kept),
  });
  acknowledge(bucket, 'locked');
  return bucket;
}

/** Where secrets are backed up to, sealed: what is there cannot be taken away before its time, and is gone a day after it. Nobody of the platform reads it. */
export function backupsBucket(
  stack: Stack,
  environment: Environment & Required<Pick<Environment, 'backups'>>,
  { key, accessLogs }: KeptBucketOptions,
): s3.Bucket {
  return lockedBucket(stack, 'BackupsBucket', environment, {
    ...{ encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true },
    ...{ serverAccessLogsBucket: accessLogs, serverAccessLogsPrefix: 'backups/' },
  });
}

/** The same wherever it lies. Default: under S3's own key, and who used it is not written down. */
export function lockedBucket(
  stack: Stack,
  id: string,
  { backups, stage }: Environment & Required<Pick<Environment, 'backups'>>,
  more: s3.BucketProps = { encryption: s3.BucketEncryption.S3_MANAGED },
): s3.Bucket {
  const kept = Duration.days(backups.keepDays);
  const bucket = new s3.Bucket(stack, id, {
    ...{ ...CLOSED, bucketName: backups.bucket, objectLockEnabled: true, ...more },
    objectLockDefaultRetention: stage === 'production' ? s3.ObjectLockRetention.compliance(kept) : s3.ObjectLockRetention.governance(kept),
    // A version that is locked is not deleted by these either.
    lifecycleRules: [{ expiration: Duration.days(backups.keepDays + 1), noncurrentVersionExpiration: Duration.days(1) }],
  });
  acknowledge(bucket, 'locked');
  return bucket;
}

function acknowledge(bucket: s3.Bucket, lock: 'locked' | 'not locked'): void {
  because(
    bucket,
    'Its objects are kept by versions and, of heads, by Object Lock; a copy in a second region is not made (docs/credential-infrastructure.md).',
    'S3BucketReplicationEnabled',
    ...(['hipaa', 'nist4', 'nist5'] as const),
  );
  if (lock === 'not locked')
    because(
      bucket,
      'A service of AWS writes here, whose files are checked otherwise: the trail’s by their digests. Objects of heads are locked.',
      'S3BucketDefaultLockEnabled',
      'nist4',
    );
}
