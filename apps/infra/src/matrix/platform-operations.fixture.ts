import { GUARDIAN_ROLE, HEAD_WRITER_ROLE, PERSON_ROLES, taskRoleName, tenantRoleName } from '@rcm/credentials/policies';
import { CONSOLE_ROLE, DATABASE_ADMIN, executionRoleName, SERVICES } from '../stacks/names.ts';
import { secretsOf } from '../stacks/process-secrets.ts';
import type { Context, Operation } from './operations.fixture.ts';
import { ACCOUNT, APPS, ENVIRONMENT, PROD, STORE_ACCOUNT, TENANT } from './principals.fixture.ts';

const REGION = 'us-east-1';
const here = (service: string, what: string, region = REGION): string => `arn:aws:${service}:${region}:${ACCOUNT}:${what}`;
const role = (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`;
const secretArn = (secret: string): string => here('secretsmanager', `secret:rcm-platform/${ENVIRONMENT}/${secret}-AbCdEf`);

export const PLATFORM_KEYS = [
  here('kms', 'key/PlatformKey'),
  here('kms', 'key/PlatformKey', 'us-west-2'),
  `arn:aws:kms:${REGION}:${STORE_ACCOUNT}:key/PlatformKey`,
  `arn:aws:kms:us-west-2:${STORE_ACCOUNT}:key/PlatformKey`,
] as const;
const [PLATFORM_KEY, ...OTHER_PLATFORM_KEYS] = PLATFORM_KEYS;

const call = (name: string, action: string, resource: string, context: Context = {}): Operation => ({ name, action, resource, context });
const SESSION: Context = { 'aws:RequestTag/env': ENVIRONMENT, 'aws:RequestTag/tenant_id': TENANT, 'aws:TagKeys': ['env', 'tenant_id'] };

/** Becoming somebody: each role, as whoever may become it would ask. */
export const becoming: readonly Operation[] = [
  ...[ACCOUNT, STORE_ACCOUNT].flatMap((account) =>
    APPS.flatMap((app) => [
      call(`become ${app} for a tenant${elsewhere(account)}`, 'sts:AssumeRole', role(tenantRoleName(app), account), SESSION),
      call(`tag session of ${app} for a tenant${elsewhere(account)}`, 'sts:TagSession', role(tenantRoleName(app), account), SESSION),
      call(`become ${app} for no id${elsewhere(account)}`, 'sts:AssumeRole', role(tenantRoleName(app), account), {
        ...SESSION,
        'aws:RequestTag/tenant_id': `${TENANT}/x`,
      }),
      call(`become ${app} with a third tag${elsewhere(account)}`, 'sts:AssumeRole', role(tenantRoleName(app), account), {
        ...SESSION,
        'aws:TagKeys': ['env', 'tenant_id', 'more'],
      }),
      call(`become ${app} with a tag that lives on${elsewhere(account)}`, 'sts:AssumeRole', role(tenantRoleName(app), account), {
        ...SESSION,
        'sts:TransitiveTagKeys': ['tenant_id'],
      }),
    ]),
  ),
  ...[ACCOUNT, STORE_ACCOUNT].flatMap((account) =>
    [PERSON_ROLES.breakGlass, PERSON_ROLES.auditor, GUARDIAN_ROLE].map((name) =>
      call(`become ${name}${elsewhere(account)}`, 'sts:AssumeRole', role(name, account), { 'aws:MultiFactorAuthPresent': 'true' }),
    ),
  ),
  ...[...APPS.map(taskRoleName), HEAD_WRITER_ROLE, 'rcm-db-migrate-task', CONSOLE_ROLE, ...SERVICES.map(executionRoleName)].map((name) =>
    call(`become ${name}`, 'sts:AssumeRole', role(name), { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': here('ecs', 'task/rcm/x') }),
  ),
  ...['flow-log', 'database-monitoring', 'backup', 'rotator-schedules', 'config', 'chat'].map((name) =>
    call(`become rcm-${name}`, 'sts:AssumeRole', role(`rcm-${name}`), { 'aws:SourceAccount': ACCOUNT }),
  ),
  call('become rcm-chat, further account', 'sts:AssumeRole', role('rcm-chat', STORE_ACCOUNT), { 'aws:SourceAccount': STORE_ACCOUNT }),
  call('become rcm-trail', 'sts:AssumeRole', role('rcm-trail'), { 'aws:SourceArn': here('cloudtrail', 'trail/rcm-trail') }),
];

function elsewhere(account: string): string {
  return account === ACCOUNT ? '' : ', further account';
}

const processSecrets = [DATABASE_ADMIN, ...new Set(SERVICES.flatMap((service) => Object.values(secretsOf(service, PROD))))];

/** Everything else that a policy of the stack is about. */
export const platform: readonly Operation[] = [
  ...processSecrets.flatMap((secret) => [
    call(`read ${secret}`, 'secretsmanager:GetSecretValue', secretArn(secret)),
    call(`decrypt ${secret}`, 'kms:Decrypt', PLATFORM_KEY, {
      'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
      'kms:EncryptionContext:SecretARN': secretArn(secret),
    }),
  ]),
  ...SERVICES.flatMap((service) => [
    call(`write log of ${service}`, 'logs:PutLogEvents', here('logs', `log-group:/rcm/${service}:log-stream:rcm/x`)),
    call(`read log of ${service}`, 'logs:FilterLogEvents', here('logs', `log-group:/rcm/${service}:log-stream:rcm/x`)),
  ]),
  ...['web-agent', 'rotator', 'console', 'migrator', 'rcm'].map((image) =>
    call(`pull image ${image}`, 'ecr:BatchGetImage', `arn:aws:ecr:${REGION}:333333333333:repository/rcm/${image}`),
  ),
  call('log in to registry', 'ecr:GetAuthorizationToken', '*'),
  call('write flows', 'logs:PutLogEvents', here('logs', 'log-group:/rcm/network-flows:log-stream:x')),
  call('write flows of the standby', 'logs:PutLogEvents', here('logs', 'log-group:/rcm/network-flows:log-stream:x', 'us-west-2')),
  call('write trail’s log', 'logs:PutLogEvents', here('logs', 'log-group:/rcm/trail:log-stream:x')),
  call('write database’s metrics', 'logs:PutLogEvents', here('logs', 'log-group:RDSOSMetrics:log-stream:x')),
  call('write the standby’s metrics', 'logs:PutLogEvents', here('logs', 'log-group:RDSOSMetrics:log-stream:x', 'us-west-2')),
  call('tell people', 'sns:Publish', here('sns', 'rcm-notices'), { 'aws:SecureTransport': 'true' }),
  call('tell people for this account', 'sns:Publish', here('sns', 'rcm-notices'), { 'aws:SourceAccount': ACCOUNT, 'aws:SecureTransport': 'true' }),
  call('tell people for the further account', 'sns:Publish', `arn:aws:sns:${REGION}:${STORE_ACCOUNT}:rcm-notices`, {
    'aws:SourceAccount': STORE_ACCOUNT,
    'aws:SecureTransport': 'true',
  }),
  call('tell people for the further account in the second region', 'sns:Publish', `arn:aws:sns:us-west-2:${STORE_ACCOUNT}:rcm-notices`, {
    'aws:SourceAccount': STORE_ACCOUNT,
    'aws:SecureTransport': 'true',
  }),
  call('tell people in the second region', 'sns:Publish', here('sns', 'rcm-notices', 'us-west-2'), {
    'aws:SourceAccount': ACCOUNT,
    'aws:SecureTransport': 'true',
  }),
  call('encrypt a notification', 'kms:GenerateDataKey', PLATFORM_KEY, { 'kms:ViaService': `sns.${REGION}.amazonaws.com` }),
  call('add a head', 's3:PutObject', `arn:aws:s3:::rcm-heads-${ACCOUNT}/audit-heads/x`, { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' }),
  call('delete a head', 's3:DeleteObject', `arn:aws:s3:::rcm-heads-${ACCOUNT}/audit-heads/x`, { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' }),
  call('list heads', 's3:ListBucketVersions', `arn:aws:s3:::rcm-heads-${ACCOUNT}`, {
    ...{ 's3:prefix': 'audit-heads/', 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' },
  }),
  call('read a head', 's3:GetObjectVersion', `arn:aws:s3:::rcm-heads-${ACCOUNT}/audit-heads/x`, { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' }),
  call('decrypt a head', 'kms:Decrypt', PLATFORM_KEY, {
    'kms:ViaService': `s3.${REGION}.amazonaws.com`,
    'kms:EncryptionContext:aws:s3:arn': `arn:aws:s3:::rcm-heads-${ACCOUNT}`,
  }),
  call('encrypt a head', 'kms:GenerateDataKey', PLATFORM_KEY, {
    'kms:ViaService': `s3.${REGION}.amazonaws.com`,
    'kms:EncryptionContext:aws:s3:arn': `arn:aws:s3:::rcm-heads-${ACCOUNT}`,
  }),
  ...(['add a backup', 'read a backup', 'delete a backup'] as const).map((name, i) =>
    call(name, `s3:${['PutObject', 'GetObject', 'DeleteObject'][i]}`, `arn:aws:s3:::rcm-backups-${ACCOUNT}/secrets/x`, {
      ...{ 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' },
    }),
  ),
  call('encrypt a backup', 'kms:GenerateDataKey', PLATFORM_KEY, {
    'kms:ViaService': `s3.${REGION}.amazonaws.com`,
    'kms:EncryptionContext:aws:s3:arn': `arn:aws:s3:::rcm-backups-${ACCOUNT}`,
  }),
  call('sign a head', 'kms:Sign', here('kms', 'key/HeadsKey')),
  call('delete key of heads', 'kms:ScheduleKeyDeletion', here('kms', 'key/HeadsKey')),
  call('look at bucket of trail', 's3:GetBucketAcl', `arn:aws:s3:::rcm-trail-${ACCOUNT}-${REGION}`, {
    'aws:SourceArn': here('cloudtrail', 'trail/rcm-trail'),
    'aws:SecureTransport': 'true',
    's3:TlsVersion': '1.3',
  }),
  call('write trail', 's3:PutObject', `arn:aws:s3:::rcm-trail-${ACCOUNT}-${REGION}/AWSLogs/${ACCOUNT}/x`, {
    ...{
      'aws:SourceArn': here('cloudtrail', 'trail/rcm-trail'),
      's3:x-amz-acl': 'bucket-owner-full-control',
      'aws:SecureTransport': 'true',
      's3:TlsVersion': '1.3',
    },
  }),
  ...['trail', 'heads', 'backups'].map((prefix) =>
    call(`write access log of ${prefix}`, 's3:PutObject', `arn:aws:s3:::rcm-access-logs-${ACCOUNT}-${REGION}/${prefix}/x`, {
      ...{ 'aws:SourceAccount': ACCOUNT, 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' },
      'aws:SourceArn': `arn:aws:s3:::${prefix === 'trail' ? `rcm-trail-${ACCOUNT}-${REGION}` : `rcm-${prefix}-${ACCOUNT}`}`,
    }),
  ),
  ...['api', 'console'].map((door) =>
    call(
      `write access log of the ${door === 'api' ? 'API' : door}`,
      's3:PutObject',
      `arn:aws:s3:::rcm-access-logs-${ACCOUNT}-${REGION}/${door}/AWSLogs/${ACCOUNT}/x`,
      {
        ...{ 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3', 'aws:SourceArn': here('elasticloadbalancing', `loadbalancer/app/rcm-${door}/1`) },
      },
    ),
  ),
  call('deliver configuration', 's3:PutObject', `arn:aws:s3:::rcm-access-logs-${ACCOUNT}-${REGION}/config/AWSLogs/${ACCOUNT}/x`, {
    ...{ 's3:x-amz-acl': 'bucket-owner-full-control', 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' },
  }),
  call('see bucket of configuration', 's3:ListBucket', `arn:aws:s3:::rcm-access-logs-${ACCOUNT}-${REGION}`, {
    'aws:SecureTransport': 'true',
    's3:TlsVersion': '1.3',
  }),
  call('run a rotator once', 'ecs:RunTask', here('ecs', 'task-definition/rcm-rotator:7'), { 'ecs:cluster': here('ecs', 'cluster/rcm') }),
  call('run a migrator', 'ecs:RunTask', here('ecs', 'task-definition/rcm-migrator:7'), { 'ecs:cluster': here('ecs', 'cluster/rcm') }),
  call('tag a task', 'ecs:TagResource', here('ecs', 'task/rcm/x')),
  ...[taskRoleName('rotator'), executionRoleName('rotator'), taskRoleName('migrator')].map((name) =>
    call(`give ${name} to a task`, 'iam:PassRole', role(name), { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' }),
  ),
  call('take a snapshot', 'rds:CreateDBClusterSnapshot', here('rds', 'Cluster')),
  call('delete the database', 'rds:DeleteDBCluster', here('rds', 'Cluster')),
  call('use key for backups', 'kms:CreateGrant', PLATFORM_KEY, { 'kms:ViaService': `rds.${REGION}.amazonaws.com` }),
  call('look at alarms', 'cloudwatch:DescribeAlarms', '*'),
  call('list secrets', 'secretsmanager:ListSecrets', '*'),
  call('see who did what', 'cloudtrail:LookupEvents', '*'),
  call('stop the trail', 'cloudtrail:StopLogging', here('cloudtrail', 'trail/rcm-trail')),
  ...[PLATFORM_KEY, ...OTHER_PLATFORM_KEYS].flatMap((key) => {
    const [, , , region = '', account = ''] = key.split(':');
    const at = `${elsewhere(account)}${region === REGION ? '' : ', second region'}`;
    return [
      call(`administer platform key${at}`, 'kms:PutKeyPolicy', key),
      call(`encrypt logs${at}`, 'kms:Encrypt', key, { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${region}:${account}:log-group:/rcm/x` }),
      call(`encrypt an alarm for topic${at}`, 'kms:GenerateDataKey', key, { 'aws:SourceAccount': account }),
      // EventBridge does not say for whom.
      call(`encrypt an event for topic${at}`, 'kms:GenerateDataKey', key, {
        'kms:EncryptionContext:aws:sns:topicArn': `arn:aws:sns:${region}:${account}:rcm-notices`,
      }),
      call(`encrypt trail${at}`, 'kms:GenerateDataKey', key, { 'aws:SourceArn': `arn:aws:cloudtrail:${region}:${account}:trail/rcm-trail` }),
      call(`encrypt disks of tasks${at}`, 'kms:GenerateDataKeyWithoutPlaintext', key, {
        'kms:EncryptionContext:aws:ecs:clusterAccount': account,
        'kms:EncryptionContext:aws:ecs:clusterName': 'rcm',
      }),
      call(`let disks of tasks be read${at}`, 'kms:CreateGrant', key, {
        ...{ 'kms:EncryptionContext:aws:ecs:clusterAccount': account, 'kms:EncryptionContext:aws:ecs:clusterName': 'rcm', 'kms:GrantOperations': ['Decrypt'] },
      }),
    ];
  }),
];
