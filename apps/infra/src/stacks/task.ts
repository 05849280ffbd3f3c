import { aws_ecs as ecs } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { logGroupName, roleArn, type Service } from './names.ts';
import { type ProcessSecrets, secretArn, secretsOf } from './process-secrets.ts';
import { because } from './reasons.ts';
import { settingsOf } from './settings.ts';
import { startRole } from './start-role.ts';

export interface TaskOptions {
  readonly environment: Environment;
  readonly service: Service;
  readonly image: string;
  readonly command: readonly string[];
  readonly size: { readonly cpu: number; readonly memory: number };
  /** Where it tells whether it is alive; none for what runs once. */
  readonly healthPort?: number;
  /** Where a load balancer reaches it; none where nobody does. */
  readonly servedPort?: number;
  /** Name of the role under which the process itself runs. */
  readonly role: string;
  readonly platformKeyArn: string;
  readonly secrets: ProcessSecrets;
}

/** `rcm` in the images (docs/images.md): no user of the machine, and never root. */
const USER = '10001:10001';
/** For what runs once and drives no browser. */
export const ONCE = { cpu: 1024, memory: 2048 } as const;
/** The most that Fargate waits; a process drains for 90 s (RCM_AGENT_DRAIN_MS, RCM_ROTATOR_DRAIN_MS). */
const STOP_SECONDS = 120;

/** One container: not root, no capability, a file system that cannot be written but for /tmp, which ends with the task. */
export function task(scope: Construct, options: TaskOptions): ecs.CfnTaskDefinition {
  const { environment, service, image, command, size, healthPort, servedPort, role, secrets } = options;
  const variable = ([name, value]: readonly [string, string]) => ({ name, value });
  const definition = new ecs.CfnTaskDefinition(scope, service, {
    ...{ family: `rcm-${service}`, cpu: String(size.cpu), memory: String(size.memory), networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'] },
    runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
    ...{ taskRoleArn: roleArn(environment, role), executionRoleArn: startRole(scope, options).attrArn },
    // A folder of the task's own encrypted disk, not of its memory. It has the owner and the rights that the image gives its volume of that path.
    volumes: [{ name: 'tmp' }],
    containerDefinitions: [
      {
        ...{ name: service, image, command: [...command], essential: true, user: USER, privileged: false, readonlyRootFilesystem: true },
        // The images bring an init of their own.
        linuxParameters: { initProcessEnabled: false, capabilities: { drop: ['ALL'] } },
        mountPoints: [{ sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false }],
        environment: Object.entries(settingsOf(service, environment)).map(variable),
        secrets: Object.entries(secretsOf(service, environment)).map(([name, secret]) => ({ name, valueFrom: secretArn(secrets, secret) })),
        ...(healthPort === undefined ? {} : { healthCheck: health(healthPort) }),
        ...(servedPort === undefined ? {} : { portMappings: [{ containerPort: servedPort, protocol: 'tcp' }] }),
        stopTimeout: STOP_SECONDS,
        logConfiguration: {
          logDriver: 'awslogs',
          // The log group is there already. A process waits for its log rather than lose a line of it.
          options: { 'awslogs-group': logGroupName(service), 'awslogs-region': environment.region, 'awslogs-stream-prefix': 'rcm', mode: 'blocking' },
        },
      },
    ],
  });
  because(
    definition,
    'What stands here is no secret: names and numbers that the configuration has. What is one comes from Secrets Manager.',
    'ECS2',
    'solutions',
  );
  return definition;
}

/** ECS does not look at a health check of the image. */
const health = (port: number): ecs.CfnTaskDefinition.HealthCheckProperty => ({
  command: ['CMD', 'rcm-healthy', String(port), '/healthz'],
  ...{ interval: 30, timeout: 10, retries: 3, startPeriod: 120 },
});
