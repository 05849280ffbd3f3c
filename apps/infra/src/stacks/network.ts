import { aws_ec2 as ec2, aws_kms as kms, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { dnsFirewall } from './dns-firewall.ts';
import { endpoints } from './endpoints.ts';
import { logGroup } from './logs.ts';
import { FLOW_LOG_ROLE } from './names.ts';
import { outsideOf } from './outside.ts';
import { because } from './reasons.ts';
import { serviceRole } from './service-role.ts';

export interface NetworkStackProps extends StackProps {
  readonly environment: Environment;
  readonly platformKeyArn: string;
}

const HTTPS = 443;
export const FLOWS = '/rcm/network-flows';
/** Aurora's own is not changed here. */
const databasePort = ({ database }: Environment): number => (database.kind === 'existing' ? database.port : 5432);
const { PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED } = ec2.SubnetType;

/** A role is a whole account's: the network of the standby has its log, and no role of its own. */
const standbyFlows = ({ partition, account, replica }: Environment): readonly string[] =>
  replica?.standby ? [`arn:${partition}:logs:${replica.region}:${account}:log-group:${FLOWS}:*`] : [];

/**
 * The network: no process has a public address; a way out have browsers, to names of portals, and the console, to who signs people in. `way-out` holds the NATs and
 * nothing else, `browsers` the processes that have that way, `services` everything else, `database` the database.
 */
export class NetworkStack extends Stack {
  readonly vpc: ec2.Vpc;
  /** Of processes that drive browsers. */
  readonly browsers: ec2.SecurityGroup;
  /** Of processes that reach AWS and the database alone. */
  readonly services: ec2.SecurityGroup;
  /** Of the console, where there is one. */
  readonly console: ec2.SecurityGroup | null;
  /** What web-agents alone are let out to: mailboxes, and receivers at other ports than portals have. None where there is none. */
  readonly webAgents: ec2.SecurityGroup | null;
  /** Of the database: made here, or the one that it has. */
  readonly database: ec2.ISecurityGroup;

  readonly #zones: string[];

  /** Said by the configuration: CDK would ask the account. */
  override get availabilityZones(): string[] {
    return this.#zones;
  }

  constructor(scope: Construct, id: string, { environment, platformKeyArn, ...props }: NetworkStackProps) {
    super(scope, id, props);
    const { network, stage } = environment;
    this.#zones = [...network.zones];
    const key = kms.Key.fromKeyArn(this, 'PlatformKey', platformKeyArn);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr(network.cidr),
      availabilityZones: [...network.zones],
      natGateways: stage === 'production' ? network.zones.length : 1,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'way-out', subnetType: PUBLIC, cidrMask: 26, mapPublicIpOnLaunch: false },
        { name: 'browsers', subnetType: PRIVATE_WITH_EGRESS, cidrMask: 23 },
        { name: 'services', subnetType: PRIVATE_ISOLATED, cidrMask: 24 },
        { name: 'database', subnetType: PRIVATE_ISOLATED, cidrMask: 26 },
      ],
    });
    this.#acknowledge();
    this.#flowLog(environment, key);

    const group = (name: string, description: string) => new ec2.SecurityGroup(this, name, { vpc: this.vpc, description, allowAllOutbound: false });
    const endpointGroup = group('Endpoints', 'Endpoints of AWS services');
    this.browsers = group('Browsers', 'Processes that drive browsers');
    this.services = group('Services', 'Processes that reach AWS and the database alone');
    this.console = environment.console ? group('Console', 'The console') : null;
    const clients = [this.browsers, this.services, ...(this.console ? [this.console] : [])];
    const s3 = ec2.Peer.prefixList(network.s3PrefixListId);
    for (const client of clients) {
      endpointGroup.addIngressRule(client, ec2.Port.tcp(HTTPS), 'Calls of AWS');
      client.addEgressRule(endpointGroup, ec2.Port.tcp(HTTPS), 'Calls of AWS');
      client.addEgressRule(s3, ec2.Port.tcp(HTTPS), 'Layers of images, audit heads, backups');
    }
    for (const port of environment.portals.ports) this.browsers.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(port), 'Portals');
    this.webAgents = this.#webAgents(environment, () => group('WebAgents', 'What web-agents alone are let out to'));
    // An issuer has a name and no fixed address: its name alone is resolved.
    this.console?.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(HTTPS), 'The issuer that signs people in');
    const { database } = environment;
    this.database =
      database.kind === 'aurora' ? group('Database', 'The database') : ec2.SecurityGroup.fromSecurityGroupId(this, 'Database', database.securityGroupId);
    const postgres = ec2.Port.tcp(databasePort(environment));
    for (const client of clients) {
      client.addEgressRule(this.database, postgres, 'Postgres');
      this.database.addIngressRule(client, postgres, 'Postgres');
    }
    endpoints(this, environment, { vpc: this.vpc, securityGroup: endpointGroup });
    dnsFirewall(this, environment, { vpc: this.vpc, queries: logGroup(this, 'DnsQueriesLog', { environment, name: '/rcm/dns-queries', key }) });
  }

  /** Ports beside those of portals, to which every browser is let out. */
  #webAgents(environment: Environment, group: () => ec2.SecurityGroup): ec2.SecurityGroup | null {
    const others = outsideOf(environment).filter(({ port }) => !environment.portals.ports.includes(port));
    if (others.length === 0) return null;
    const made = group();
    for (const port of new Set(others.map((each) => each.port))) {
      const what = [...new Set(others.filter((each) => each.port === port).map((each) => each.what))];
      made.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(port), what.join(', '));
    }
    return made;
  }

  #flowLog(environment: Environment, key: kms.IKey): void {
    const log = logGroup(this, 'FlowLog', { environment, name: FLOWS, key });
    const role = serviceRole(this, 'FlowLogRole', {
      name: FLOW_LOG_ROLE,
      trusted: { service: 'vpc-flow-logs', account: environment.account },
      statements: [
        {
          wildcard: 'Streams of one log in either region, which EC2 names.',
          ...{ Sid: 'WriteFlows', Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'] },
          Resource: [log.logGroupArn, ...standbyFlows(environment)],
        },
      ],
    });
    new ec2.CfnFlowLog(this, 'Flows', {
      ...{ resourceId: this.vpc.vpcId, resourceType: 'VPC', trafficType: 'ALL', maxAggregationInterval: 60 },
      ...{ logDestinationType: 'cloud-watch-logs', logGroupName: log.logGroupName, deliverLogsPermissionArn: role.attrArn },
    });
  }

  #acknowledge(): void {
    Validations.of(this.vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'The zones are said by the configuration, so that nobody has to be asked.',
    });
    because(
      this.vpc,
      'Its rules cannot be taken away by CloudFormation; nothing here is in it, and the rule vpc-default-security-group-closed of AWS Config watches it.',
      'VPCDefaultSecurityGroupClosed',
      ...(['hipaa', 'nist4', 'nist5'] as const),
    );
    because(
      this.vpc,
      'The subnets of the NATs alone have it, and nothing else is in them: it is the browsers’ way to portals.',
      'VPCNoUnrestrictedRouteToIGW',
      ...(['hipaa', 'nist5'] as const),
    );
  }
}
