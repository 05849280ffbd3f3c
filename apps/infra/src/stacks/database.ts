import { aws_backup as backup, type aws_ec2 as ec2, aws_kms as kms, aws_rds as rds, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { databaseParameters } from './database-parameters.ts';
import { keep } from './identity.ts';
import { replicaVaultArn } from './names.ts';
import { logGroup } from './logs.ts';
import { databasePort } from './network.ts';
import { because } from './reasons.ts';
import { serviceRole } from './service-role.ts';

type AuroraEnvironment = Environment & { readonly database: Extract<Environment['database'], { readonly kind: 'aurora' }> };

/** Whether the database is made here. */
export const isAurora = (environment: Environment): environment is AuroraEnvironment => environment.database.kind === 'aurora';

export interface DatabaseStackProps extends StackProps {
  readonly environment: AuroraEnvironment;
  readonly platformKeyArn: string;
  readonly vpc: ec2.Vpc;
  readonly securityGroup: ec2.ISecurityGroup;
}

const CLUSTER = 'rcm';

/** Aurora PostgreSQL: a writer and, in another zone, a reader that takes over. */
export class DatabaseStack extends Stack {
  constructor(scope: Construct, id: string, { environment, platformKeyArn, vpc, securityGroup, ...props }: DatabaseStackProps) {
    super(scope, id, props);
    const { database, stage, partition, region, account } = environment;
    const osMetrics = `arn:${partition}:logs:${region}:${account}:log-group:RDSOSMetrics`;
    const parameters = new rds.CfnDBClusterParameterGroup(this, 'Parameters', {
      description: 'TLS alone, and no values in logs',
      family: `aurora-postgresql${database.engineVersion.split('.')[0]}`,
      parameters: databaseParameters,
    });
    const subnets = new rds.CfnDBSubnetGroup(this, 'Subnets', {
      dbSubnetGroupDescription: 'Without a way out',
      subnetIds: vpc.selectSubnets({ subnetGroupName: 'database' }).subnetIds,
    });
    // RDS would make it with no end to what it keeps.
    const log = logGroup(this, 'Log', {
      environment,
      name: `/aws/rds/cluster/${CLUSTER}/postgresql`,
      key: kms.Key.fromKeyArn(this, 'PlatformKey', platformKeyArn),
    });
    const cluster = new rds.CfnDBCluster(this, 'Cluster', {
      ...{
        engine: 'aurora-postgresql',
        engineVersion: database.engineVersion,
        databaseName: 'rcm',
        dbClusterIdentifier: CLUSTER,
        port: databasePort(environment),
      },
      ...{ dbClusterParameterGroupName: parameters.ref, dbSubnetGroupName: subnets.ref, vpcSecurityGroupIds: [securityGroup.securityGroupId] },
      ...{ storageEncrypted: true, kmsKeyId: platformKeyArn },
      // Its password is made and changed by RDS; nobody but whoever makes the other logins uses it (docs/deploy.md).
      ...{ masterUsername: 'rcm_admin', manageMasterUserPassword: true, masterUserSecret: { kmsKeyId: platformKeyArn } },
      ...{ backupRetentionPeriod: database.backupDays, copyTagsToSnapshot: true, deletionProtection: true, enableIamDatabaseAuthentication: false },
      ...{
        enableCloudwatchLogsExports: ['postgresql'],
        serverlessV2ScalingConfiguration: { minCapacity: database.capacity.min, maxCapacity: database.capacity.max },
      },
    });
    cluster.addResourceDependency(log.node.defaultChild as never);
    keep(cluster);
    acknowledgeCluster(cluster);
    const monitoring = serviceRole(this, 'MonitoringRole', {
      name: 'rcm-database-monitoring',
      trusted: { service: 'monitoring.rds', account: environment.account },
      statements: [
        {
          ...{
            Sid: 'WriteMetrics',
            Effect: 'Allow',
            Action: [
              'logs:CreateLogGroup',
              'logs:CreateLogStream',
              'logs:DescribeLogStreams',
              'logs:GetLogEvents',
              'logs:PutLogEvents',
              'logs:PutRetentionPolicy',
            ],
          },
          Resource: [`${osMetrics}:*`, osMetrics],
          wildcard: 'Streams of one log, which RDS names.',
        },
      ],
    });
    for (const instance of stage === 'production' ? ['Writer', 'Reader'] : ['Writer']) {
      const made = new rds.CfnDBInstance(this, instance, {
        ...{ engine: 'aurora-postgresql', dbInstanceClass: 'db.serverless', dbClusterIdentifier: cluster.ref, publiclyAccessible: false },
        ...{ autoMinorVersionUpgrade: true, caCertificateIdentifier: 'rds-ca-rsa2048-g1', monitoringInterval: 60, monitoringRoleArn: monitoring.attrArn },
        ...{ enablePerformanceInsights: false, copyTagsToSnapshot: true },
      });
      acknowledgeInstance(made);
    }
    this.#backups(environment, platformKeyArn, cluster);
  }

  /** Beside Aurora's own backups: a vault that a slip with the database does not reach. */
  #backups(environment: Environment, platformKeyArn: string, cluster: rds.CfnDBCluster): void {
    const vault = new backup.CfnBackupVault(this, 'Vault', {
      ...{ backupVaultName: 'rcm', encryptionKeyArn: platformKeyArn },
      lockConfiguration: { minRetentionDays: 7 },
    });
    keep(vault);
    const role = serviceRole(this, 'BackupRole', { name: 'rcm-backup', trusted: { service: 'backup', account: null }, statements: [] });
    const policy = `arn:${environment.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup`;
    role.managedPolicyArns = [policy];
    because(role, 'AWS keeps the list of what a backup and its copy in another Region need.', `IAM4[Policy::${policy}]`, 'solutions');
    const plan = new backup.CfnBackupPlan(this, 'BackupPlan', {
      backupPlan: {
        backupPlanName: 'rcm',
        backupPlanRule: [
          {
            ...{ ruleName: 'daily', targetBackupVault: vault.ref, scheduleExpression: 'cron(0 5 * * ? *)', lifecycle: { deleteAfterDays: 90 } },
            ...(environment.replica
              ? { copyActions: [{ destinationBackupVaultArn: replicaVaultArn(environment, environment.replica.region), lifecycle: { deleteAfterDays: 90 } }] }
              : {}),
          },
        ],
      },
    });
    new backup.CfnBackupSelection(this, 'BackedUp', {
      backupPlanId: plan.ref,
      backupSelection: { selectionName: 'database', iamRoleArn: role.attrArn, resources: [cluster.attrDbClusterArn] },
    });
  }
}

function acknowledgeCluster(cluster: rds.CfnDBCluster): void {
  because(
    cluster,
    'A process logs in as a member of its own role, with a password that it starts with (docs/database-roles.md): the apps speak no IAM authentication.',
    'RDS6',
    'solutions',
  );
}

function acknowledgeInstance(instance: rds.CfnDBInstance): void {
  because(instance, 'In Aurora the cluster is backed up, and is in the plan.', 'RDSInBackupPlan', 'hipaa', 'nist4', 'nist5');
}
