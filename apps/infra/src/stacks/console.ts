import { type aws_ec2 as ec2, type aws_elasticloadbalancingv2 as elb, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { internalDoor } from './door.ts';
import { described } from './metric-alarms.ts';
import { CONSOLE_HEALTH_PORT, CONSOLE_LOGS_PREFIX, CONSOLE_PORT } from './names.ts';
import { tellUnreachable } from './unreachable.ts';

export interface ConsoleStackProps extends StackProps {
  readonly environment: Environment & Required<Pick<Environment, 'console'>>;
  readonly network: { readonly vpc: ec2.Vpc; readonly console: ec2.SecurityGroup };
}

/** The door for people's browsers, to the console. */
export class ConsoleStack extends Stack {
  /** Which the console's service puts its tasks into. */
  readonly targets: elb.CfnTargetGroup;

  constructor(scope: Construct, id: string, { environment, network, ...props }: ConsoleStackProps) {
    super(scope, id, props);
    const { certificateArn, callers } = environment.console;
    const { door, targets } = internalDoor(this, {
      ...{ environment, vpc: network.vpc, name: 'rcm-console', description: 'The console', logsPrefix: CONSOLE_LOGS_PREFIX },
      ...{ certificateArn, callers, callersAre: 'People who sign in' },
      // Whoever has a password read waits for two minutes at most; a wait that was cut off would have spent it for nobody.
      idleSeconds: 130,
      noFirewall:
        'No address of it is public, the ranges that reach it are listed, and whoever is not signed in gets no page but the sign-in (docs/console.md).',
      // Its own port answers to its own name alone, which a load balancer's question does not have.
      to: { id: 'Console', group: network.console, port: CONSOLE_PORT, alive: { path: '/healthz', port: CONSOLE_HEALTH_PORT } },
    });
    this.targets = targets;
    tellUnreachable(this, {
      ...{ environment, door, targets, name: 'rcm-console-unreachable' },
      says: described(
        'today',
        'No console has answered its load balancer for 3 minutes: people cannot reach it, and nothing else stops. See docs/runbooks/console-failing.md.',
      ),
    });
  }
}
