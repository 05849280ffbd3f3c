import {
  aws_backup as backup,
  type aws_ec2 as ec2,
  aws_kms as kms,
  aws_rds as rds,
  aws_secretsmanager as secrets,
  type CfnResource,
  Stack,
  type StackProps,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { auroraCluster, type AuroraEnvironment, auroraInstance, DATABASE, MACHINE_LOG, MONITORING_ROLE } from './aurora.ts';
import { keep } from './identity.ts';
import { DATABASE_ADMIN, PLATFORM_KEY, replicaVaultArn, secretName } from './names.ts';
import { because } from './reasons.ts';
import { serviceRole } from './service-role.ts';

/** Whether the database is made here. */
export const isAurora = (environment: Environment): environment is AuroraEnvironment => environment.database.kind === 'aurora';

export interface DatabaseStackProps extends StackProps {
  readonly environment: AuroraEnvironment;
  readonly platformKeyArn: string;
  readonly vpc: ec2.Vpc;
  readonly securityGroup: ec2.ISecurityGroup;
}

/** Aurora PostgreSQL: a writer and, in another zone, a reader that takes over; with `replica.standby` the first of a global database. */
export class DatabaseStack extends Stack {
  constructor(scope: Construct, id: string, { environment, platformKeyArn, vpc, securityGroup, ...props }: DatabaseStackProps) {
    super(scope, id, props);
    const key = kms.Key.fromKeyArn(this, 'PlatformKey', platformKeyArn);
    const cluster = auroraCluster(
      this,
      { environment, vpc, securityGroup, key },
      { databaseName: DATABASE, ...this.#administrator(environment, platformKeyArn) },
    );
    const monitoring = this.#monitoring(environment);
    for (const instance of environment.stage === 'production' ? ['Writer', 'Reader'] : ['Writer'])
      auroraInstance(this, instance, { environment, cluster }).addResourceDependency(monitoring);
    if (environment.replica?.standby) keep(globalDatabase(this, cluster));
    this.#backups(environment, platformKeyArn, cluster);
  }

  /**
   * Its password is made and changed by RDS; nobody but whoever makes the other logins uses it (docs/deploy.md). Of a global database RDS keeps none
   * ("Limitations for Secrets Manager integration with Amazon Aurora"): there the stack makes a secret, and the template names it and does not hold it.
   */
  #administrator(environment: AuroraEnvironment, keyArn: string): Partial<rds.CfnDBClusterProps> {
    const masterUsername = 'rcm_admin';
    if (!environment.replica?.standby) return { masterUsername, manageMasterUserPassword: true, masterUserSecret: { kmsKeyId: keyArn } };
    const secret = new secrets.CfnSecret(this, 'Administrator', {
      ...{ name: secretName(environment, DATABASE_ADMIN), description: 'The administrator of the database, made here', kmsKeyId: keyArn },
      generateSecretString: { passwordLength: 40, excludePunctuation: true },
      replicaRegions: [{ region: environment.replica.region, kmsKeyId: PLATFORM_KEY }],
    });
    keep(secret);
    const why = 'Nothing logs in with it but a person who makes logins (docs/deploy.md), who changes it there and here afterwards.';
    because(secret, why, 'SMG4', 'solutions');
    because(secret, why, 'SecretsManagerRotationEnabled', 'hipaa', 'nist5');
    return { masterUsername, masterUserPassword: `{{resolve:secretsmanager:${secret.ref}:SecretString}}` };
  }

  #monitoring(environment: Environment): CfnResource {
    const { partition, region, account, replica } = environment;
    const logs = [region, ...(replica?.standby ? [replica.region] : [])].map((each) => `arn:${partition}:logs:${each}:${account}:log-group:${MACHINE_LOG}`);
    return serviceRole(this, 'MonitoringRole', {
      name: MONITORING_ROLE,
      trusted: { service: 'monitoring.rds', account },
      statements: [
        {
          ...{ Sid: 'WriteMetrics', Effect: 'Allow' },
          Action: [
            ...['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:GetLogEvents', 'logs:PutLogEvents'],
            'logs:PutRetentionPolicy',
          ],
          Resource: logs.flatMap((log) => [`${log}:*`, log]),
          wildcard: 'Streams of one log, which RDS names.',
        },
      ],
    });
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

/** What the cluster of the second region joins: this one writes. */
const globalDatabase = (stack: Stack, cluster: rds.CfnDBCluster): rds.CfnGlobalCluster =>
  new rds.CfnGlobalCluster(stack, 'Global', {
    globalClusterIdentifier: DATABASE,
    sourceDbClusterIdentifier: cluster.attrDbClusterArn,
    deletionProtection: true,
  });
