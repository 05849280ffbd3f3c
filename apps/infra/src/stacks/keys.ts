import type { PolicyDocument } from '@rcm/credentials/policies';
import { aws_kms as kms, CfnDeletionPolicy, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { CLUSTER, CREDENTIALS_KEY, PLATFORM_KEY, topicArn, trailArns } from './names.ts';
import { document, type StackStatement } from './statements.ts';

/** A key is never taken away with its stack: what it has encrypted would be gone. */
function keep(key: kms.CfnKey | kms.CfnReplicaKey): void {
  key.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
  key.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
}

/** The customer key of every secret, in all regions where secrets lie. */
export function credentialsKey(stack: Stack, policy: PolicyDocument): kms.CfnKey {
  const key = new kms.CfnKey(stack, 'CredentialsKey', {
    description: 'Encrypts the logins of portals, and what tasks hold of patients',
    keyPolicy: policy,
    enableKeyRotation: true,
    multiRegion: true,
    pendingWindowInDays: 30,
    // The guardian alone changes its policy. KMS makes no key whose policy whoever makes it could not change, unless that is said to be meant ("CreateKey").
    bypassPolicyLockoutSafetyCheck: true,
  });
  keep(key);
  new kms.CfnAlias(stack, 'CredentialsAlias', { aliasName: CREDENTIALS_KEY, targetKeyId: key.ref });
  return key;
}

/** The same key in another region. */
export function credentialsReplicaKey(stack: Stack, primaryKeyArn: string, policy: PolicyDocument): kms.CfnReplicaKey {
  const key = new kms.CfnReplicaKey(stack, 'CredentialsKey', { primaryKeyArn, keyPolicy: policy, pendingWindowInDays: 30, enabled: true });
  keep(key);
  new kms.CfnAlias(stack, 'CredentialsAlias', { aliasName: CREDENTIALS_KEY, targetKeyId: key.ref });
  return key;
}

/** What of AWS uses the platform's key where it lies. */
export type KeyUser = 'logs' | 'topic' | 'trail' | 'tasks';

/** The key of everything else: database, logs, notifications, trail, the credentials that processes start with. */
export function platformKey(stack: Stack, environment: Environment, users: readonly KeyUser[]): kms.CfnKey {
  const key = new kms.CfnKey(stack, 'PlatformKey', {
    description: 'Encrypts database, logs, notifications, trail and the credentials that processes start with',
    keyPolicy: platformKeyPolicy(environment, users),
    enableKeyRotation: true,
    pendingWindowInDays: 30,
  });
  keep(key);
  new kms.CfnAlias(stack, 'PlatformAlias', { aliasName: PLATFORM_KEY, targetKeyId: key.ref });
  return key;
}

/** The account's IAM says who uses it; services use it for what is this account's alone. */
function platformKeyPolicy(environment: Environment, users: readonly KeyUser[]): PolicyDocument {
  const { partition, account, region } = environment;
  const service = (Sid: string, principal: string, Action: readonly string[], Condition: NonNullable<StackStatement['Condition']>): StackStatement => ({
    ...{ Sid, Effect: 'Allow', Principal: { Service: [principal] }, Action, Resource: ['*'], Condition },
  });
  const trail = { StringEquals: { 'aws:SourceArn': trailArns(environment) } };
  const cluster = { 'kms:EncryptionContext:aws:ecs:clusterAccount': [account], 'kms:EncryptionContext:aws:ecs:clusterName': [CLUSTER] };
  const statements: Readonly<Record<KeyUser, readonly StackStatement[]>> = {
    logs: [
      service(
        'LogsOfThisAccount',
        `logs.${region}.amazonaws.com`,
        ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': [`arn:${partition}:logs:${region}:${account}:*`] },
        },
      ),
    ],
    topic: [
      service('AlarmsToTopic', 'cloudwatch.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey*'], { StringEquals: { 'aws:SourceAccount': [account] } }),
      // "Managing Amazon SNS encryption keys": on the way to an encrypted topic EventBridge does not say for which account. SNS says for which topic.
      service('EventsToTopic', 'events.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey*'], {
        StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': [topicArn(environment)] },
      }),
    ],
    trail: [service('TrailToBucket', 'cloudtrail.amazonaws.com', ['kms:GenerateDataKey*', 'kms:DescribeKey'], trail)],
    tasks: [
      service('TaskDisks', 'fargate.amazonaws.com', ['kms:GenerateDataKeyWithoutPlaintext'], { StringEquals: cluster }),
      service('TaskDisksGrant', 'fargate.amazonaws.com', ['kms:CreateGrant'], {
        StringEquals: cluster,
        'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] },
      }),
    ],
  };
  return document(
    { Sid: 'AccountAdministersKey', Effect: 'Allow', Principal: { AWS: [`arn:${partition}:iam::${account}:root`] }, Action: ['kms:*'], Resource: ['*'] },
    ...users.flatMap((user) => statements[user]),
  );
}
