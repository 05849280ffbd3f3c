import { taskRoleName } from '@rcm/credentials/policies';
import { type aws_ecs as ecs, aws_scheduler as scheduler, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { CLUSTER, clusterArn, executionRoleName, roleArn } from './names.ts';
import { serviceRole } from './service-role.ts';

export interface SafetyNetOptions {
  readonly environment: Environment;
  readonly rotators: ecs.CfnTaskDefinition;
  readonly subnets: string[];
  readonly securityGroups: string[];
}

/**
 * Four times a day `rotator once` is run beside the service, so that what is due is rotated even where the service stands still and nobody has seen it. Where it
 * does not, this one finds nothing to do: a login is rotated by whoever has its lease.
 */
export function safetyNet(stack: Stack, { environment, rotators, subnets, securityGroups }: SafetyNetOptions): void {
  const { partition, region, account } = environment;
  const role = serviceRole(stack, 'SafetyNetRole', {
    name: 'rcm-safety-net',
    trusted: { service: 'scheduler', account },
    statements: [
      {
        ...{
          Sid: 'RunRotatorOnce',
          Effect: 'Allow',
          Action: ['ecs:RunTask'],
          Resource: [`arn:${partition}:ecs:${region}:${account}:task-definition/rcm-rotator:*`],
        },
        wildcard: 'Revisions of one task definition.',
        Condition: { ArnEquals: { 'ecs:cluster': [clusterArn(environment)] } },
      },
      {
        Sid: 'TagRotatorOnce',
        Effect: 'Allow',
        Action: ['ecs:TagResource'],
        Resource: [`arn:${partition}:ecs:${region}:${account}:task/${CLUSTER}/*`],
        wildcard: 'Tasks of one cluster, which ECS names.',
      },
      {
        ...{ Sid: 'GiveItsRoles', Effect: 'Allow', Action: ['iam:PassRole'] },
        Resource: [roleArn(environment, taskRoleName('rotator')), roleArn(environment, executionRoleName('rotator'))],
        Condition: { StringEquals: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com'] } },
      },
    ],
  });
  new scheduler.CfnSchedule(stack, 'SafetyNet', {
    ...{ name: 'rcm-rotator-safety-net', scheduleExpression: 'rate(6 hours)', flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 30 } },
    target: {
      ...{ arn: clusterArn(environment), roleArn: role.attrArn },
      ecsParameters: {
        ...{
          taskDefinitionArn: rotators.ref,
          launchType: 'FARGATE',
          platformVersion: '1.4.0',
          taskCount: 1,
          propagateTags: 'TASK_DEFINITION',
          enableEcsManagedTags: true,
        },
        networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups, assignPublicIp: 'DISABLED' } },
      },
      input: JSON.stringify({ containerOverrides: [{ name: 'rotator', command: ['once', '--json'] }] }),
      retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 3600 },
    },
  });
}
