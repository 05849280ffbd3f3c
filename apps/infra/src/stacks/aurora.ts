import { type aws_ec2 as ec2, type aws_kms as kms, aws_rds as rds, type CfnResource, type Stack } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { databaseParameters } from './database-parameters.ts';
import { keep } from './identity.ts';
import { logGroup } from './logs.ts';
import { roleArn } from './names.ts';
import { because } from './reasons.ts';

export type AuroraEnvironment = Environment & { readonly database: Extract<Environment['database'], { readonly kind: 'aurora' }> };

export interface AuroraOptions {
  readonly environment: AuroraEnvironment;
  readonly vpc: ec2.Vpc;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly key: kms.IKey;
}

export const DATABASE = 'rcm';
export const MONITORING_ROLE = 'rcm-database-monitoring';
/** Where RDS writes what it sees of the machine of an instance. */
export const MACHINE_LOG = 'RDSOSMetrics';
const ENGINE = 'aurora-postgresql';

/** What an Aurora cluster has wherever it lies; `more` is what its place asks for: who administers it, or whom it follows. */
export function auroraCluster(stack: Stack, { environment, vpc, securityGroup, key }: AuroraOptions, more: Partial<rds.CfnDBClusterProps>): rds.CfnDBCluster {
  const { database } = environment;
  const parameters = new rds.CfnDBClusterParameterGroup(stack, 'Parameters', {
    description: 'TLS alone, and no values in logs',
    family: `${ENGINE}${database.engineVersion.split('.')[0]}`,
    parameters: databaseParameters,
  });
  const subnets = new rds.CfnDBSubnetGroup(stack, 'Subnets', {
    dbSubnetGroupDescription: 'Without a way out',
    subnetIds: vpc.selectSubnets({ subnetGroupName: 'database' }).subnetIds,
  });
  // RDS would make them under no key of ours, the first with no end to what it keeps.
  const logs = [
    logGroup(stack, 'Log', { environment, name: `/aws/rds/cluster/${DATABASE}/postgresql`, key }),
    logGroup(stack, 'MachineLog', { environment, name: MACHINE_LOG, key }),
  ];
  const cluster = new rds.CfnDBCluster(stack, 'Cluster', {
    ...{ engine: ENGINE, engineVersion: database.engineVersion, dbClusterIdentifier: DATABASE, port: 5432 },
    ...{ dbClusterParameterGroupName: parameters.ref, dbSubnetGroupName: subnets.ref, vpcSecurityGroupIds: [securityGroup.securityGroupId] },
    ...{ storageEncrypted: true, kmsKeyId: key.keyArn },
    ...{ backupRetentionPeriod: database.backupDays, copyTagsToSnapshot: true, deletionProtection: true, enableIamDatabaseAuthentication: false },
    ...{
      enableCloudwatchLogsExports: ['postgresql'],
      serverlessV2ScalingConfiguration: { minCapacity: database.capacity.min, maxCapacity: database.capacity.max },
    },
    ...more,
  });
  for (const log of logs) cluster.addResourceDependency(log.node.defaultChild as CfnResource);
  keep(cluster);
  because(
    cluster,
    'A process logs in as a member of its own role, with a password that it starts with (docs/database-roles.md): the apps speak no IAM authentication.',
    'RDS6',
    'solutions',
  );
  return cluster;
}

/** One of its instances, watched by RDS under the role that the first region's stack makes. */
export function auroraInstance(
  stack: Stack,
  id: string,
  { environment, cluster }: { readonly environment: Environment; readonly cluster: rds.CfnDBCluster },
): rds.CfnDBInstance {
  const instance = new rds.CfnDBInstance(stack, id, {
    ...{ engine: ENGINE, dbInstanceClass: 'db.serverless', dbClusterIdentifier: cluster.ref, publiclyAccessible: false },
    ...{ autoMinorVersionUpgrade: true, caCertificateIdentifier: 'rds-ca-rsa2048-g1', monitoringInterval: 60 },
    ...{ monitoringRoleArn: roleArn(environment, MONITORING_ROLE), enablePerformanceInsights: false, copyTagsToSnapshot: true },
  });
  because(instance, 'In Aurora the cluster is backed up, and is in the plan.', 'RDSInBackupPlan', 'hipaa', 'nist4', 'nist5');
  return instance;
}
