import { aws_ec2 as ec2, aws_elasticloadbalancingv2 as elb, CfnOutput, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { tellCertificateEnds } from './certificate-ends.ts';
import { bucketName } from './names.ts';
import { because } from './reasons.ts';

export interface DoorOptions {
  readonly environment: Environment;
  readonly vpc: ec2.Vpc;
  /** Of the load balancer. */
  readonly name: string;
  readonly description: string;
  readonly certificateArn: string;
  readonly callers: readonly string[];
  readonly callersAre: string;
  /** Of its log, in the bucket of access logs. */
  readonly logsPrefix: string;
  /** For how long it waits for an answer: longer than what is behind it takes for its slowest one. That in turn keeps a connection longer than this, so that none is used that it is closing (KEEP_ALIVE_MS). */
  readonly idleSeconds: number;
  /** Why no web application firewall is before it. */
  readonly noFirewall: string;
  readonly to: DoorTarget;
}

interface DoorTarget {
  /** What is behind it, as resources are named. */
  readonly id: string;
  readonly group: ec2.SecurityGroup;
  readonly port: number;
  /** Alive, and no more: a database that is gone is gone for each of them, and whoever asks is told so. */
  readonly alive: { readonly path: string; readonly port: number };
}

export interface Door {
  readonly door: elb.CfnLoadBalancer;
  readonly targets: elb.CfnTargetGroup;
}

const HTTPS = 443;
/** A task that leaves answers what it was asked before: the longest request, and this. */
const DRAIN_SPARE_SECONDS = 5;

/**
 * A door into the network: a load balancer with addresses of the network alone, which takes TLS off and hands requests to a service. It is reached from the ranges
 * that the configuration names, and is itself let to nothing but that service's ports. Returns it, and what the service puts its tasks into.
 */
export function internalDoor(stack: Stack, options: DoorOptions): Door {
  const { environment, vpc, name, description, certificateArn, callers, callersAre, logsPrefix, idleSeconds, noFirewall, to } = options;
  const group = new ec2.SecurityGroup(stack, 'Door', { vpc, description, allowAllOutbound: false });
  for (const range of callers) group.addIngressRule(ec2.Peer.ipv4(range), ec2.Port.tcp(HTTPS), callersAre);
  letThrough(stack, group, options);
  const door = new elb.CfnLoadBalancer(stack, 'LoadBalancer', {
    ...{ name, type: 'application', scheme: 'internal', ipAddressType: 'ipv4', securityGroups: [group.securityGroupId] },
    subnets: vpc.selectSubnets({ subnetGroupName: 'services' }).subnetIds,
    loadBalancerAttributes: attributes({
      'deletion_protection.enabled': 'true',
      'idle_timeout.timeout_seconds': String(idleSeconds),
      // What two readers of one request would understand differently is refused.
      'routing.http.desync_mitigation_mode': 'strictest',
      'routing.http.drop_invalid_header_fields.enabled': 'true',
      'access_logs.s3.enabled': 'true',
      'access_logs.s3.bucket': bucketName(environment, 'access-logs'),
      'access_logs.s3.prefix': logsPrefix,
    }),
  });
  because(door, noFirewall, 'ALBWAFEnabled', ...(['nist4', 'nist5'] as const));
  const targets = new elb.CfnTargetGroup(stack, to.id, {
    ...{ targetType: 'ip', protocol: 'HTTP', port: to.port, vpcId: vpc.vpcId },
    ...{ healthCheckProtocol: 'HTTP', healthCheckPath: to.alive.path, healthCheckIntervalSeconds: 15, healthCheckTimeoutSeconds: 10 },
    ...(to.alive.port === to.port ? {} : { healthCheckPort: String(to.alive.port) }),
    ...{ healthyThresholdCount: 2, unhealthyThresholdCount: 3, matcher: { httpCode: '200' } },
    targetGroupAttributes: attributes({ 'deregistration_delay.timeout_seconds': String(idleSeconds + DRAIN_SPARE_SECONDS) }),
  });
  new elb.CfnListener(stack, 'Listener', {
    ...{ loadBalancerArn: door.ref, protocol: 'HTTPS', port: HTTPS, sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06' },
    certificates: [{ certificateArn }],
    defaultActions: [{ type: 'forward', targetGroupArn: targets.ref }],
  });
  tellCertificateEnds(stack, options);
  new CfnOutput(stack, 'Address', { description: "What the certificate's name is to lead to (CNAME)", value: door.attrDnsName });
  return { door, targets };
}

/** Rules of the service's group lie here: the network knows nothing of who comes after it. */
function letThrough(stack: Stack, door: ec2.SecurityGroup, { description, to: { id, group, port, alive } }: DoorOptions): void {
  const rule = { ipProtocol: 'tcp', fromPort: port, toPort: alive.port, description };
  new ec2.CfnSecurityGroupEgress(stack, `To${id}`, { ...rule, groupId: door.securityGroupId, destinationSecurityGroupId: group.securityGroupId });
  new ec2.CfnSecurityGroupIngress(stack, 'FromDoor', { ...rule, groupId: group.securityGroupId, sourceSecurityGroupId: door.securityGroupId });
}

const attributes = (values: Readonly<Record<string, string>>): { key: string; value: string }[] =>
  Object.entries(values).map(([key, value]) => ({ key, value }));
