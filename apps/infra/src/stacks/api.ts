import { type aws_ec2 as ec2, type aws_elasticloadbalancingv2 as elb, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { internalDoor } from './door.ts';
import { described } from './metric-alarms.ts';
import { API_LOGS_PREFIX, API_PORT } from './names.ts';
import { tellUnreachable } from './unreachable.ts';

export interface ApiStackProps extends StackProps {
  readonly environment: Environment & Required<Pick<Environment, 'api'>>;
  readonly network: { readonly vpc: ec2.Vpc; readonly browsers: ec2.SecurityGroup };
}

/** The door for other services, to the web-agents. */
export class ApiStack extends Stack {
  /** Which the web-agents' service puts its tasks into. */
  readonly targets: elb.CfnTargetGroup;

  constructor(scope: Construct, id: string, { environment, network, ...props }: ApiStackProps) {
    super(scope, id, props);
    const { certificateArn, callers } = environment.api;
    const { door, targets } = internalDoor(this, {
      ...{ environment, vpc: network.vpc, name: 'rcm-api', description: 'The HTTP API', logsPrefix: API_LOGS_PREFIX },
      ...{ certificateArn, callers, callersAre: 'Services that ask for tasks' },
      // A request waits for its answer for half a minute at most.
      idleSeconds: 40,
      noFirewall:
        'No address of it is public, the ranges that reach it are listed, and no body is read before the token of its request is checked (docs/tasks.md).',
      to: { id: 'WebAgents', group: network.browsers, port: API_PORT, alive: { path: '/v1/openapi.json', port: API_PORT } },
    });
    this.targets = targets;
    tellUnreachable(this, {
      ...{ environment, door, targets, name: 'rcm-api-unreachable' },
      says: described(
        'now',
        'No web-agent has answered the load balancer of the API for 3 minutes: nobody can ask for tasks, and ECS replaces web-agents at their work. See docs/runbooks/process-gone.md.',
      ),
    });
  }
}
