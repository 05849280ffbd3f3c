import { taskRoleName, taskTrustPolicy } from '@rcm/credentials/policies';
import { aws_ecs as ecs, aws_kms as kms, type CfnResource, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { logGroup } from './logs.ts';
import { CLUSTER, logGroupName, servicesOf } from './names.ts';
import { placeOf } from './policies-of.ts';
import type { ProcessSecrets } from './process-secrets.ts';
import { serviceRole } from './service-role.ts';
import { ONCE, task } from './task.ts';

export interface TasksStackProps extends StackProps {
  readonly environment: Environment;
  readonly platformKeyArn: string;
  readonly secrets: ProcessSecrets;
}

const DB_MIGRATE_ROLE = 'rcm-db-migrate-task';

/**
 * The cluster, every log, and what runs once when somebody runs it: `rcm db migrate` and the migrator. Apart from the services, which find no database to work on
 * before the first of them has run.
 */
export class TasksStack extends Stack {
  constructor(scope: Construct, id: string, { environment, platformKeyArn, secrets, ...props }: TasksStackProps) {
    super(scope, id, props);
    const key = kms.Key.fromKeyArn(this, 'PlatformKey', platformKeyArn);
    for (const name of servicesOf(environment)) logGroup(this, `${name}-log`, { environment, name: logGroupName(name), key, masked: true });
    // ECS would make it under no key of ours.
    const insights = logGroup(this, 'InsightsLog', { environment, name: `/aws/ecs/containerinsights/${CLUSTER}/performance`, key });
    const cluster = new ecs.CfnCluster(this, 'Cluster', {
      clusterName: CLUSTER,
      clusterSettings: [{ name: 'containerInsights', value: 'enabled' }],
      // What a page or a browser leaves in /tmp is encrypted under our key, and goes with the task.
      configuration: { managedStorageConfiguration: { fargateEphemeralStorageKmsKeyId: key.keyId } },
    });
    cluster.addResourceDependency(insights.node.defaultChild as CfnResource);
    const { migrator, rcm } = environment.images;
    const common = { environment, platformKeyArn, secrets, size: ONCE };
    task(this, { ...common, service: 'migrator', image: migrator, command: ['status', '--json'], role: taskRoleName('migrator') });
    // It talks to Postgres and to nobody else: its role may do nothing.
    const nothing = serviceRole(this, 'DbMigrateRole', { name: DB_MIGRATE_ROLE, trusted: taskTrustPolicy(placeOf(environment)), statements: [] });
    task(this, { ...common, service: 'db-migrate', image: rcm, command: ['db', 'migrate', '--json'], role: DB_MIGRATE_ROLE }).addResourceDependency(nothing);
  }
}
