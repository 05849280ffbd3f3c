import { taskTrustPolicy } from '@rcm/credentials/policies';
import type { aws_iam as iam } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { executionRoleName, logGroupName, type Service } from './names.ts';
import { placeOf } from './policies-of.ts';
import { type ProcessSecrets, secretArn, secretsOf } from './process-secrets.ts';
import { serviceRole } from './service-role.ts';

export interface StartRoleOptions {
  readonly environment: Environment;
  readonly service: Service;
  readonly image: string;
  readonly secrets: ProcessSecrets;
  readonly platformKeyArn: string;
}

/** What ECS needs to start one service: its image, its log, its own secrets, and nobody else's. The process itself has another role. */
export function startRole(scope: Construct, { environment, service, image, secrets, platformKeyArn }: StartRoleOptions): iam.CfnRole {
  const { partition, region, account } = environment;
  const own = [...new Set(Object.values(secretsOf(service, environment)))].map((name) => secretArn(secrets, name));
  return serviceRole(scope, `${service}-start`, {
    name: executionRoleName(service),
    trusted: taskTrustPolicy(placeOf(environment)),
    statements: [
      { ...{ Sid: 'LogInToRegistry', Effect: 'Allow', Action: ['ecr:GetAuthorizationToken'], Resource: ['*'] }, wildcard: 'The action has no resource.' },
      {
        ...{ Sid: 'PullImage', Effect: 'Allow', Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'] },
        Resource: [repositoryArn(partition, image)],
      },
      {
        ...{ Sid: 'WriteOwnLog', Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] },
        Resource: [`arn:${partition}:logs:${region}:${account}:log-group:${logGroupName(service)}:*`],
        wildcard: 'Streams of its own log, which ECS names.',
      },
      { Sid: 'ReadOwnSecrets', Effect: 'Allow', Action: ['secretsmanager:GetSecretValue'], Resource: own },
      {
        ...{ Sid: 'OpenOwnSecrets', Effect: 'Allow', Action: ['kms:Decrypt'], Resource: [platformKeyArn] },
        Condition: {
          StringEquals: {
            'kms:ViaService': [`secretsmanager.${region}.amazonaws.com`],
            'kms:EncryptionContext:SecretARN': own,
          },
        },
      },
    ],
  });
}

/** `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…`, as the configuration's schema has checked. */
function repositoryArn(partition: string, image: string): string {
  const [address = ''] = image.split('@');
  const [account, , , region] = address.split('.');
  return `arn:${partition}:ecr:${region}:${account}:repository/${address.slice(address.indexOf('/') + 1)}`;
}
