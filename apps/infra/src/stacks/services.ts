import { HEAD_WRITER_ROLE, taskRoleName, taskTrustPolicy } from '@rcm/credentials/policies';
import { type aws_ec2 as ec2, aws_ecs as ecs, type aws_elasticloadbalancingv2 as elb, aws_iam as iam, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { API_PORT, CLUSTER, CONSOLE_HEALTH_PORT, CONSOLE_PORT, CONSOLE_ROLE, type Service, topicArn } from './names.ts';
import { placeOf } from './policies-of.ts';
import type { ProcessSecrets } from './process-secrets.ts';
import { rotatorSchedules } from './rotator-schedules.ts';
import { webAgentScaling } from './scaling.ts';
import { serviceRole } from './service-role.ts';
import { document } from './statements.ts';
import { ONCE, task, type TaskOptions } from './task.ts';

export interface ServicesStackProps extends StackProps {
  readonly environment: Environment;
  readonly platformKeyArn: string;
  readonly secrets: ProcessSecrets;
  /** Of the load balancers of the API and of the console; none where there is none. */
  readonly apiTargets?: elb.CfnTargetGroup | undefined;
  readonly consoleTargets?: elb.CfnTargetGroup | undefined;
  readonly network: Readonly<Record<'browsers' | 'services', ec2.SecurityGroup>> &
    Readonly<Record<'webAgents' | 'console', ec2.SecurityGroup | null>> & { readonly vpc: ec2.Vpc };
}

interface ServiceOptions {
  /** `null`: its scaling says how many. A number here would be set again by each deployment, and send away those that scaling has added. */
  readonly tasks: number | null;
  readonly group: ec2.SecurityGroup;
  /** What it is let out to besides. */
  readonly also?: ec2.SecurityGroup | null;
  /** What a load balancer hands it, at which port. */
  readonly served?: { readonly targets: elb.CfnTargetGroup; readonly port: number } | undefined;
}

/** The processes that run for ever: web-agents, rotators, the writer of audit heads and the console. Deployed when the database is migrated and each has its login. */
export class ServicesStack extends Stack {
  readonly #props: ServicesStackProps;

  constructor(scope: Construct, id: string, props: ServicesStackProps) {
    super(scope, id, props);
    this.#props = props;
    const { environment, apiTargets } = props;
    const { browsers, services } = props.network;
    const { images, webAgent, rotator } = environment;
    const agents = this.#task('web-agent', {
      ...{ image: images.webAgent, command: ['run'], size: webAgent.size, healthPort: 8081, role: taskRoleName('agent') },
      ...(apiTargets ? { servedPort: API_PORT } : {}),
    });
    const rotators = this.#task('rotator', { image: images.rotator, command: ['run'], size: rotator.size, healthPort: 8082, role: taskRoleName('rotator') });
    const heads = this.#task('audit-heads', { image: images.rcm, command: ['audit', 'heads', 'run'], size: ONCE, healthPort: 8083, role: HEAD_WRITER_ROLE });
    this.#rotatorsTell();

    const served = apiTargets && { targets: apiTargets, port: API_PORT };
    const service = this.#service('web-agent', agents, { tasks: null, group: browsers, also: props.network.webAgents, served });
    webAgentScaling(this, { service, tasks: webAgent.tasks });
    this.#service('rotator', rotators, { tasks: rotator.tasks, group: browsers });
    this.#service('audit-heads', heads, { tasks: 1, group: services });
    rotatorSchedules(this, { environment, rotators, ...this.#place(browsers) });
    this.#console();
  }

  /** It talks to Postgres and to who signs people in: its role may do nothing. */
  #console(): void {
    const { environment, network, consoleTargets } = this.#props;
    const image = environment.images.console;
    if (!environment.console || image === undefined || !network.console || !consoleTargets) return;
    const nothing = serviceRole(this, 'ConsoleRole', { name: CONSOLE_ROLE, trusted: taskTrustPolicy(placeOf(environment)), statements: [] });
    const definition = this.#task('console', {
      ...{ image, command: ['run'], size: ONCE, healthPort: CONSOLE_HEALTH_PORT, servedPort: CONSOLE_PORT, role: CONSOLE_ROLE },
    });
    definition.addResourceDependency(nothing);
    this.#service('console', definition, {
      ...{ tasks: environment.console.tasks, group: network.console, served: { targets: consoleTargets, port: CONSOLE_PORT } },
    });
  }

  #task(service: Service, more: Pick<TaskOptions, 'image' | 'command' | 'size' | 'healthPort' | 'servedPort' | 'role'>): ecs.CfnTaskDefinition {
    return task(this, { ...this.#props, service, ...more });
  }

  /** Whoever has a way out of the network is where the browsers are. */
  #place(group: ec2.SecurityGroup, also: ec2.SecurityGroup | null = null): { readonly subnets: string[]; readonly securityGroups: string[] } {
    const { vpc, services } = this.#props.network;
    return {
      subnets: vpc.selectSubnets({ subnetGroupName: group === services ? 'services' : 'browsers' }).subnetIds,
      securityGroups: [group, ...(also ? [also] : [])].map(({ securityGroupId }) => securityGroupId),
    };
  }

  #service(name: Service, definition: ecs.CfnTaskDefinition, { tasks, group, also, served }: ServiceOptions): ecs.CfnService {
    return new ecs.CfnService(this, `${name}-service`, {
      ...{ cluster: CLUSTER, serviceName: name, taskDefinition: definition.ref, launchType: 'FARGATE', platformVersion: '1.4.0' },
      ...(tasks === null ? {} : { desiredCount: tasks }),
      // New ones come before old ones go; a deployment whose tasks do not get well is taken back.
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200, deploymentCircuitBreaker: { enable: true, rollback: true } },
      networkConfiguration: { awsvpcConfiguration: { ...this.#place(group, also), assignPublicIp: 'DISABLED' } },
      ...(served
        ? { loadBalancers: [{ containerName: name, containerPort: served.port, targetGroupArn: served.targets.ref }], healthCheckGracePeriodSeconds: 120 }
        : {}),
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
