import { HEAD_WRITER_ROLE, type PolicyStatement, taskRoleName } from '@rcm/credentials/policies';
import { aws_cloudtrail as cloudtrail, aws_iam as iam, aws_kms as kms, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { accessLogBucket, backupsBucket, headsBucket, type KeptBucketOptions, trailBucket } from './buckets.ts';
import { configRules } from './config-rules.ts';
import { keep } from './identity.ts';
import { logGroup } from './logs.ts';
import { HEADS_KEY, roleArn, TRAIL, trailAccounts, trailArn, trailArns } from './names.ts';
import { wildcardsBecause } from './reasons.ts';
import { serviceRole } from './service-role.ts';
import { document, type StackStatement } from './statements.ts';

export interface EvidenceStackProps extends StackProps {
  readonly environment: Environment;
  readonly platformKeyArn: string;
}

/** What nobody can write over: who did what (CloudTrail, AWS Config, heads of the audit chains), and backups of secrets. */
export class EvidenceStack extends Stack {
  constructor(scope: Construct, id: string, { environment, platformKeyArn, ...props }: EvidenceStackProps) {
    super(scope, id, props);
    const key = kms.Key.fromKeyArn(this, 'PlatformKey', platformKeyArn);
    const accessLogs = accessLogBucket(this, environment);
    const heads = headsBucket(this, environment, { key, accessLogs });
    const bucket = trailBucket(this, environment, { key, accessLogs });
    this.#headsKey(environment);
    this.#writerEncrypts(environment, { keyArn: platformKeyArn, bucketArn: heads.bucketArn });
    if (environment.auditHeads.checks) this.#writerChecks(environment, platformKeyArn);
    const backups = this.#backups(environment, { key, accessLogs });
    this.#trail(environment, { key, bucket, objectsOf: [heads.bucketArn, ...backups] });
    configRules(this, environment, accessLogs);
  }

  /**
   * Reads and writes of parameters and secrets, and every use of a key, are management events to CloudTrail: with all of them, and none left out, each read of a
   * secret is there with the tenant's session. What it counts as data events is the objects of buckets.
   */
  #trail(
    environment: Environment,
    { key, bucket, objectsOf }: { readonly key: kms.IKey; readonly bucket: ReturnType<typeof trailBucket>; readonly objectsOf: readonly string[] },
  ): void {
    const service = new iam.ServicePrincipal('cloudtrail.amazonaws.com');
    // The trails of further accounts write here too, where nobody of theirs takes anything away.
    const conditions = { StringEquals: { 'aws:SourceArn': trailArns(environment) } };
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({ sid: 'TrailLooks', principals: [service], actions: ['s3:GetBucketAcl'], resources: [bucket.bucketArn], conditions }),
    );
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        ...{ sid: 'TrailWrites', principals: [service], actions: ['s3:PutObject'] },
        resources: trailAccounts(environment).map((account) => `${bucket.bucketArn}/AWSLogs/${account}/*`),
        conditions: { StringEquals: { ...conditions.StringEquals, 's3:x-amz-acl': 'bucket-owner-full-control' } },
      }),
    );
    const log = logGroup(this, 'TrailLog', { environment, name: '/rcm/trail', key });
    const role = serviceRole(this, 'TrailRole', {
      name: 'rcm-trail',
      trusted: document({
        ...{ Sid: 'ThisTrail', Effect: 'Allow', Principal: { Service: ['cloudtrail.amazonaws.com'] }, Action: ['sts:AssumeRole'] },
        Condition: { StringEquals: { 'aws:SourceArn': [trailArn(environment)] } },
      }),
      statements: [{ Sid: 'WriteTrail', Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: [log.logGroupArn] }],
    });
    const trail = new cloudtrail.CfnTrail(this, 'Trail', {
      ...{ trailName: TRAIL, isLogging: true, isMultiRegionTrail: true, includeGlobalServiceEvents: true, enableLogFileValidation: true },
      ...{ s3BucketName: bucket.bucketName, kmsKeyId: key.keyArn, cloudWatchLogsLogGroupArn: log.logGroupArn, cloudWatchLogsRoleArn: role.attrArn },
      insightSelectors: [{ insightType: 'ApiCallRateInsight' }, { insightType: 'ApiErrorRateInsight' }],
      advancedEventSelectors: [
        { name: 'Every call, of secrets and keys too', fieldSelectors: [{ field: 'eventCategory', equalTo: ['Management'] }] },
        {
          // Not of the trail's own bucket: each delivery would be told of by the next.
          name: 'Objects of audit heads and of backups',
          fieldSelectors: [
            { field: 'eventCategory', equalTo: ['Data'] },
            { field: 'resources.type', equalTo: ['AWS::S3::Object'] },
            { field: 'resources.ARN', startsWith: objectsOf.map((arn) => `${arn}/`) },
          ],
        },
      ],
    });
    if (bucket.policy) trail.node.addDependency(bucket.policy);
  }

  /** What the writer's own policy leaves to the stack: the bucket is encrypted under the platform's key. */
  #writerEncrypts(environment: Environment, { keyArn, bucketArn }: Encrypted): void {
    new iam.CfnManagedPolicy(this, 'WriterEncrypts', {
      managedPolicyName: 'rcm-head-writer-encrypts',
      roles: [HEAD_WRITER_ROLE],
      policyDocument: document(encrypts('EncryptHeads', environment, { keyArn, bucketArn })),
    });
  }

  /** Where its writer checks chains, it reads every version of what lies below its prefix: a marker or a newer version hides nothing from it. */
  #writerChecks(environment: Environment, keyArn: string): void {
    const bucketArn = `arn:${environment.partition}:s3:::${environment.auditHeads.bucket}`;
    const statements: readonly StackStatement[] = [
      {
        ...{ Sid: 'ListHeads', Effect: 'Allow', Action: ['s3:ListBucketVersions'], Resource: [bucketArn] },
        Condition: { StringEquals: { 's3:prefix': ['audit-heads/'] } },
      },
      {
        ...{ Sid: 'ReadHeads', Effect: 'Allow', Action: ['s3:GetObjectVersion'], Resource: [`${bucketArn}/audit-heads/*`] },
        wildcard: 'Each write of heads is an object of its own.',
      },
      { ...underPlatformKey(environment, { keyArn, bucketArn }), Sid: 'DecryptHeads', Action: ['kms:Decrypt'] },
    ];
    const policy = new iam.CfnManagedPolicy(this, 'WriterChecks', {
      managedPolicyName: 'rcm-head-writer-checks',
      roles: [HEAD_WRITER_ROLE],
      policyDocument: document(...statements),
    });
    wildcardsBecause(policy, statements);
  }

  /** A rotator, which reads every secret anyway, adds to the bucket of backups. It can read nothing there. */
  #backups(environment: Environment, common: KeptBucketOptions): readonly string[] {
    const { backups } = environment;
    if (!backups) return [];
    if (!backups.elsewhere) backupsBucket(this, { ...environment, backups }, common);
    const bucketArn = `arn:${environment.partition}:s3:::${backups.bucket}`;
    const add: StackStatement = {
      ...{ Sid: 'AddBackups', Effect: 'Allow', Action: ['s3:PutObject'], Resource: [`${bucketArn}/secrets/*`] },
      wildcard: 'Each backup has a name of its own.',
    };
    const policy = new iam.CfnManagedPolicy(this, 'RotatorBacksUp', {
      managedPolicyName: 'rcm-rotator-backs-up',
      roles: [taskRoleName('rotator')],
      policyDocument: document(add, ...(backups.elsewhere ? [] : [encrypts('EncryptBackups', environment, { keyArn: common.key.keyArn, bucketArn })])),
    });
    wildcardsBecause(policy, [add]);
    return backups.elsewhere ? [] : [bucketArn];
  }

  /** Signs heads. Only their writer uses it, and nobody, the writer neither, gets it out. */
  #headsKey(environment: Environment): void {
    const { partition, account } = environment;
    const root = { AWS: [`arn:${partition}:iam::${account}:root`] };
    const key = new kms.CfnKey(this, 'HeadsKey', {
      ...{ description: 'Signs heads of the audit chains', keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY', pendingWindowInDays: 30 },
      keyPolicy: document(
        {
          ...{ Sid: 'AccountAdministersKey', Effect: 'Allow', Principal: root, Resource: ['*'] },
          Action: [
            ...['kms:CancelKeyDeletion', 'kms:CreateAlias', 'kms:DeleteAlias', 'kms:Describe*', 'kms:DisableKey', 'kms:EnableKey', 'kms:Get*', 'kms:List*'],
            ...['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:TagResource', 'kms:UntagResource', 'kms:UpdateAlias', 'kms:UpdateKeyDescription'],
          ],
        },
        {
          ...{ Sid: 'WriterSignsHeads', Effect: 'Allow', Principal: { AWS: [roleArn(environment, HEAD_WRITER_ROLE)] } },
          ...{ Action: ['kms:GetPublicKey', 'kms:Sign'], Resource: ['*'] },
        },
      ),
    });
    keep(key);
    new kms.CfnAlias(this, 'HeadsAlias', { aliasName: HEADS_KEY, targetKeyId: key.ref });
  }
}

interface Encrypted {
  readonly keyArn: string;
  readonly bucketArn: string;
}

const encrypts = (Sid: string, environment: Environment, where: Encrypted): PolicyStatement => ({
  ...underPlatformKey(environment, where),
  Sid,
  Action: ['kms:GenerateDataKey'],
});

/** Under the platform's key, for objects of this bucket alone. */
const underPlatformKey = ({ region }: Environment, { keyArn, bucketArn }: Encrypted) => ({
  ...{ Effect: 'Allow' as const, Resource: [keyArn] },
  Condition: {
    StringEquals: { 'kms:ViaService': [`s3.${region}.amazonaws.com`] },
    StringLike: { 'kms:EncryptionContext:aws:s3:arn': [bucketArn, `${bucketArn}/*`] },
  },
});
