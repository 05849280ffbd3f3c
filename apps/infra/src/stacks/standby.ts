import { aws_cloudwatch as cloudwatch, aws_ec2 as ec2, aws_kms as kms, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { auroraCluster, type AuroraEnvironment, auroraInstance, DATABASE } from './aurora.ts';
import { logGroup } from './logs.ts';
import { described } from './metric-alarms.ts';
import { FLOW_LOG_ROLE, roleArn, topicArn } from './names.ts';
import { FLOWS } from './network.ts';
import { because } from './reasons.ts';

export interface StandbyStackProps extends StackProps {
  /** As in the first region. */
  readonly environment: AuroraEnvironment;
  /** Where the standby lies. */
  readonly region: string;
  readonly standby: { readonly cidr: string; readonly zones: readonly string[] };
  readonly platformKeyArn: string;
}

/** How far behind the first region it may be for minutes before somebody is told, in ms: usually it is less than a second. */
const BEHIND_MS = 60_000;

/** In the second region: a database that follows the first one, in a network that nothing leads into or out of. Nobody writes to it until it is promoted. */
export class StandbyStack extends Stack {
  readonly #zones: string[];

  /** Said by the configuration: CDK would ask the account. */
  override get availabilityZones(): string[] {
    return this.#zones;
  }

  constructor(scope: Construct, id: string, { environment, region, standby, platformKeyArn, ...props }: StandbyStackProps) {
    super(scope, id, props);
    this.#zones = [...standby.zones];
    const there = { ...environment, region };
    const key = kms.Key.fromKeyArn(this, 'PlatformKey', platformKeyArn);
    const vpc = this.#network(there, { standby, key });
    const securityGroup = new ec2.SecurityGroup(this, 'Database', {
      vpc,
      description: 'The standby: nobody reaches it before it is promoted',
      allowAllOutbound: false,
    });
    // Its administrator, its logins and their rights are those of the first.
    const cluster = auroraCluster(this, { environment: there, vpc, securityGroup, key }, { globalClusterIdentifier: DATABASE });
    auroraInstance(this, 'Reader', { environment: there, cluster });
    this.#behind(there, environment.region);
  }

  #network(environment: AuroraEnvironment, { standby, key }: Pick<StandbyStackProps, 'standby'> & { readonly key: kms.IKey }): ec2.Vpc {
    const vpc = new ec2.Vpc(this, 'Vpc', {
      ...{ ipAddresses: ec2.IpAddresses.cidr(standby.cidr), availabilityZones: [...standby.zones], natGateways: 0, restrictDefaultSecurityGroup: false },
      subnetConfiguration: [{ name: 'database', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
    });
    const log = logGroup(this, 'FlowLog', { environment, name: FLOWS, key });
    new ec2.CfnFlowLog(this, 'Flows', {
      ...{ resourceId: vpc.vpcId, resourceType: 'VPC', trafficType: 'ALL', maxAggregationInterval: 60 },
      ...{ logDestinationType: 'cloud-watch-logs', logGroupName: log.logGroupName, deliverLogsPermissionArn: roleArn(environment, FLOW_LOG_ROLE) },
    });
    Validations.of(vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'The zones are said by the configuration, so that nobody has to be asked.',
    });
    because(
      vpc,
      'Its rules cannot be taken away by CloudFormation; nothing here is in it, and the network has no way in or out.',
      'VPCDefaultSecurityGroupClosed',
      ...(['hipaa', 'nist4', 'nist5'] as const),
    );
    return vpc;
  }

  /** Told in its own region, which is there when the first is not. The lag is a metric of the cluster and of the region that it follows, and of neither alone. */
  #behind(environment: AuroraEnvironment, followed: string): void {
    const told = [topicArn(environment)];
    new cloudwatch.CfnAlarm(this, 'Behind', {
      ...{ alarmName: 'rcm-standby-behind', alarmActions: told, okActions: told, treatMissingData: 'breaching' },
      alarmDescription: described(
        'today',
        'The standby of the database has been more than a minute behind for 5 minutes, or follows nothing: what is lost with the first region grows. See docs/runbooks/standby-behind.md.',
      ),
      ...{ namespace: 'AWS/RDS', metricName: 'AuroraGlobalDBReplicationLag', statistic: 'Maximum', period: 60, evaluationPeriods: 5 },
      ...{ threshold: BEHIND_MS, comparisonOperator: 'GreaterThanThreshold' },
      dimensions: [
        { name: 'DBClusterIdentifier', value: DATABASE },
        { name: 'SourceRegion', value: followed },
      ],
    });
  }
}
