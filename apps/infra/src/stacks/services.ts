import { HEAD_WRITER_ROLE, taskRoleName } from '@rcm/credentials/policies';
import { type aws_ec2 as ec2, aws_ecs as ecs, aws_iam as iam, type aws_secretsmanager as secrets, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { CLUSTER, type ProcessSecret, type Service, topicArn } from './names.ts';
import { rotatorSchedules } from './rotator-schedules.ts';
import { webAgentScaling } from './scaling.ts';
import { document } from './statements.ts';
import { ONCE, task, type TaskOptions } from './task.ts';

export interface ServicesStackProps extends StackProps {
  readonly environment: Environment;
  readonly platformKeyArn: string;
  readonly secrets: Readonly<Record<ProcessSecret, secrets.CfnSecret>>;
  readonly network: { readonly vpc: ec2.Vpc; readonly browsers: ec2.SecurityGroup; readonly services: ec2.SecurityGroup };
}

/** The processes that run for ever: web-agents, rotators and the writer of audit heads. Deployed when the database is migrated and each has its login. */
export class ServicesStack extends Stack {
  readonly #props: ServicesStackProps;

  constructor(scope: Construct, id: string, props: ServicesStackProps) {
    super(scope, id, props);
    this.#props = props;
    const { environment } = props;
    const { images, webAgent, rotator } = environment;
    const agents = this.#task('web-agent', { image: images.webAgent, command: ['run'], size: webAgent.size, healthPort: 8081, role: taskRoleName('agent') });
    const rotators = this.#task('rotator', { image: images.rotator, command: ['run'], size: rotator.size, healthPort: 8082, role: taskRoleName('rotator') });
    const heads = this.#task('audit-heads', { image: images.rcm, command: ['audit', 'heads', 'run'], size: ONCE, healthPort: 8083, role: HEAD_WRITER_ROLE });
    this.#rotatorsTell();

    const service = this.#service('web-agent', agents, { tasks: webAgent.tasks.min, drivesBrowsers: true });
    webAgentScaling(this, { service, tasks: webAgent.tasks });
    this.#service('rotator', rotators, { tasks: rotator.tasks, drivesBrowsers: true });
    this.#service('audit-heads', heads, { tasks: 1, drivesBrowsers: false });
    rotatorSchedules(this, { environment, rotators, ...this.#place(true) });
  }

  #task(service: Service, more: Pick<TaskOptions, 'image' | 'command' | 'size' | 'healthPort' | 'role'>): ecs.CfnTaskDefinition {
    return task(this, { ...this.#props, service, ...more });
  }

  #place(drivesBrowsers: boolean): { readonly subnets: string[]; readonly securityGroups: string[] } {
    const { vpc, browsers, services } = this.#props.network;
    return {
      subnets: vpc.selectSubnets({ subnetGroupName: drivesBrowsers ? 'browsers' : 'services' }).subnetIds,
      securityGroups: [(drivesBrowsers ? browsers : services).securityGroupId],
    };
  }

  #service(
    name: Service,
    definition: ecs.CfnTaskDefinition,
    { tasks, drivesBrowsers }: { readonly tasks: number; readonly drivesBrowsers: boolean },
  ): ecs.CfnService {
    return new ecs.CfnService(this, `${name}-service`, {
      ...{ cluster: CLUSTER, serviceName: name, taskDefinition: definition.ref, desiredCount: tasks, launchType: 'FARGATE', platformVersion: '1.4.0' },
      // New ones come before old ones go; a deployment whose tasks do not get well is taken back.
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200, deploymentCircuitBreaker: { enable: true, rollback: true } },
      networkConfiguration: { awsvpcConfiguration: { ...this.#place(drivesBrowsers), assignPublicIp: 'DISABLED' } },
      ...{ enableExecuteCommand: false, propagateTags: 'SERVICE', enableEcsManagedTags: true },
    });
  }

  /** What a rotator does with its own role beside becoming a tenant: it tells people, through the encrypted topic. */
  #rotatorsTell(): void {
    const { environment, platformKeyArn } = this.#props;
    new iam.CfnManagedPolicy(this, 'RotatorTells', {
      managedPolicyName: 'rcm-rotator-notices',
      roles: [taskRoleName('rotator')],
      policyDocument: document(
        { Sid: 'Tell', Effect: 'Allow', Action: ['sns:Publish'], Resource: [topicArn(environment)] },
        {
          ...{ Sid: 'EncryptNotices', Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: [platformKeyArn] },
          Condition: { StringEquals: { 'kms:ViaService': [`sns.${environment.region}.amazonaws.com`] } },
        },
      ),
    });
  }
}
