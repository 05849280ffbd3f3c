import { taskRoleName } from '@rcm/credentials/policies';
import { type aws_ecs as ecs, type aws_iam as iam, aws_scheduler as scheduler, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { CLUSTER, clusterArn, executionRoleName, roleArn } from './names.ts';
import { serviceRole } from './service-role.ts';

export interface RotatorSchedulesOptions {
  readonly environment: Environment;
  readonly rotators: ecs.CfnTaskDefinition;
  readonly subnets: string[];
  readonly securityGroups: string[];
}

interface RotatorSchedule {
  readonly name: string;
  readonly when: string;
  readonly command: readonly string[];
}

/**
 * Four times a day `rotator once` is run beside the service, so that what is due is rotated even where the service stands still and nobody has seen it. Where it
 * does not, this one finds nothing to do: a login is rotated by whoever has its lease.
 */
const SAFETY_NET: RotatorSchedule = { name: 'rcm-rotator-safety-net', when: 'rate(6 hours)', command: ['once', '--json'] };

/** Once a day, at night in America: who is told of an old one is told after 36 hours (`rcm-backup-old`). */
const backup = (bucket: string): RotatorSchedule => ({
  name: 'rcm-secrets-backup',
  when: 'cron(30 8 * * ? *)',
  command: ['backup', '--out', `s3://${bucket}/secrets`, '--reason', 'the backup of each day', '--json'],
});

/** What is run as a rotator's task at its time, under the rotator's own role. */
export function rotatorSchedules(stack: Stack, options: RotatorSchedulesOptions): void {
  const { environment } = options;
  const role = runsRotators(stack, environment);
  for (const schedule of [SAFETY_NET, ...(environment.backups ? [backup(environment.backups.bucket)] : [])]) addSchedule(stack, { ...options, role, schedule });
}

function runsRotators(stack: Stack, environment: Environment): iam.CfnRole {
  const { partition, region, account } = environment;
  return serviceRole(stack, 'RotatorSchedulesRole', {
    name: 'rcm-rotator-schedules',
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
}

interface AddedSchedule extends RotatorSchedulesOptions {
  readonly role: iam.CfnRole;
  readonly schedule: RotatorSchedule;
}

function addSchedule(stack: Stack, { environment, rotators, subnets, securityGroups, role, schedule: { name, when, command } }: AddedSchedule): void {
  new scheduler.CfnSchedule(stack, name, {
    ...{ name, scheduleExpression: when, flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 30 } },
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
      input: JSON.stringify({ containerOverrides: [{ name: 'rotator', command }] }),
      retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 3600 },
    },
  });
}
