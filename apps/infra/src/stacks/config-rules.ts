import { aws_config as config, type aws_s3 as s3, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { bucketName } from './names.ts';
import { because } from './reasons.ts';
import { serviceRole } from './service-role.ts';

/** AWS's own rules, and what each is for: whether what was deployed stays as it was deployed. */
const CONFIG_RULES = {
  'cloud-trail-enabled': 'CLOUD_TRAIL_ENABLED',
  'cloud-trail-log-file-validation-enabled': 'CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED',
  'cmk-backing-key-rotation-enabled': 'CMK_BACKING_KEY_ROTATION_ENABLED',
  'cloudwatch-log-group-encrypted': 'CLOUDWATCH_LOG_GROUP_ENCRYPTED',
  'ecs-containers-nonprivileged': 'ECS_CONTAINERS_NONPRIVILEGED',
  'ecs-containers-readonly-access': 'ECS_CONTAINERS_READONLY_ACCESS',
  'iam-user-mfa-enabled': 'IAM_USER_MFA_ENABLED',
  'kms-cmk-not-scheduled-for-deletion': 'KMS_CMK_NOT_SCHEDULED_FOR_DELETION',
  'rds-cluster-deletion-protection-enabled': 'RDS_CLUSTER_DELETION_PROTECTION_ENABLED',
  'rds-instance-public-access-check': 'RDS_INSTANCE_PUBLIC_ACCESS_CHECK',
  'rds-storage-encrypted': 'RDS_STORAGE_ENCRYPTED',
  'root-account-mfa-enabled': 'ROOT_ACCOUNT_MFA_ENABLED',
  's3-bucket-level-public-access-prohibited': 'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED',
  's3-bucket-ssl-requests-only': 'S3_BUCKET_SSL_REQUESTS_ONLY',
  'secretsmanager-using-cmk': 'SECRETSMANAGER_USING_CMK',
  'sns-encrypted-kms': 'SNS_ENCRYPTED_KMS',
  'vpc-default-security-group-closed': 'VPC_DEFAULT_SECURITY_GROUP_CLOSED',
  'vpc-flow-logs-enabled': 'VPC_FLOW_LOGS_ENABLED',
} as const;

export function configRules(stack: Stack, environment: Environment, bucket: s3.Bucket): void {
  const recorder = environment.configRecorder === 'here' ? recorderHere(stack, environment, bucket) : [];
  const rules = Object.entries(CONFIG_RULES).map(
    ([name, sourceIdentifier]) => new config.CfnConfigRule(stack, name, { configRuleName: `rcm-${name}`, source: { owner: 'AWS', sourceIdentifier } }),
  );
  // AWS's rule for tags knows no secrets and no parameters: those are tagged by whoever writes them, or the write is refused.
  rules.push(
    new config.CfnConfigRule(stack, 'required-tags', {
      configRuleName: 'rcm-data-is-tagged',
      inputParameters: { tag1Key: 'Stage', tag1Value: environment.name },
      scope: { complianceResourceTypes: ['AWS::RDS::DBCluster', 'AWS::S3::Bucket'] },
      source: { owner: 'AWS', sourceIdentifier: 'REQUIRED_TAGS' },
    }),
  );
  for (const rule of rules) for (const each of recorder) rule.addResourceDependency(each);
}

function recorderHere(stack: Stack, environment: Environment, bucket: s3.Bucket) {
  const { partition, account } = environment;
  const role = serviceRole(stack, 'ConfigRole', {
    name: 'rcm-config',
    trusted: { service: 'config', account },
    statements: [
      {
        ...{
          Sid: 'DeliverHistory',
          Effect: 'Allow',
          Action: ['s3:PutObject'],
          Resource: [`arn:${partition}:s3:::${bucketName(environment, 'access-logs')}/config/AWSLogs/${account}/*`],
        },
        wildcard: 'Objects that AWS Config names, below one prefix of one bucket.',
        Condition: { StringEquals: { 's3:x-amz-acl': ['bucket-owner-full-control'] } },
      },
      { Sid: 'SeeBucket', Effect: 'Allow', Action: ['s3:GetBucketAcl', 's3:ListBucket'], Resource: [bucket.bucketArn] },
    ],
  });
  // What the recorder looks at is every kind of resource: AWS keeps the list.
  role.managedPolicyArns = [`arn:${partition}:iam::aws:policy/service-role/AWS_ConfigRole`];
  because(
    role,
    'AWS keeps the list of what a recorder looks at, and it only looks.',
    `IAM4[Policy::arn:${partition}:iam::aws:policy/service-role/AWS_ConfigRole]`,
    'solutions',
  );
  const recorder = new config.CfnConfigurationRecorder(stack, 'Recorder', {
    ...{ name: 'rcm', roleArn: role.attrArn, recordingGroup: { allSupported: true, includeGlobalResourceTypes: true } },
  });
  const channel = new config.CfnDeliveryChannel(stack, 'Channel', { name: 'rcm', s3BucketName: bucket.bucketName, s3KeyPrefix: 'config' });
  return [recorder, channel];
}
