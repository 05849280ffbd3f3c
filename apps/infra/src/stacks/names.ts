import type { Environment } from '../configuration/read-configuration.ts';

/** A process of the platform as a container. */
export type Service = 'web-agent' | 'rotator' | 'migrator' | 'db-migrate' | 'audit-heads' | 'console';

export const SERVICES: readonly Service[] = ['web-agent', 'rotator', 'migrator', 'db-migrate', 'audit-heads', 'console'];

/** Those that an environment has. */
export const servicesOf = ({ console }: Environment): readonly Service[] => SERVICES.filter((service) => service !== 'console' || console !== undefined);

/** Under which a secret's value is encrypted, whatever the region. */
export const CREDENTIALS_KEY = 'alias/rcm-credentials';
export const PLATFORM_KEY = 'alias/rcm-platform';
export const HEADS_KEY = 'alias/rcm-audit-heads';
export const TOPIC = 'rcm-notices';
export const TRAIL = 'rcm-trail';
export const CLUSTER = 'rcm';
/** Name of the secret of a global database's administrator. */
export const DATABASE_ADMIN = 'database-admin';
export const FLOW_LOG_ROLE = 'rcm-flow-log';
export const CHAT_ROLE = 'rcm-chat';
/** Where a web-agent answers other services: RCM_API_PORT. */
export const API_PORT = 8083;
/** Where the console answers people's browsers (RCM_CONSOLE_PORT), and beside it a load balancer that asks whether it is alive (RCM_HEALTH_PORT). */
export const CONSOLE_PORT = 8084;
export const CONSOLE_HEALTH_PORT = 8085;
/** The console's own role, which may do nothing: whatever needs a secret is asked of a rotator. */
export const CONSOLE_ROLE = 'rcm-console-task';
/** Of the load balancers' logs, in the bucket of access logs. */
export const API_LOGS_PREFIX = 'api';
export const CONSOLE_LOGS_PREFIX = 'console';

export const secretName = ({ name }: Environment, secret: string): string => `rcm-platform/${name}/${secret}`;
export const logGroupName = (service: Service): string => `/rcm/${service}`;
export const executionRoleName = (service: Service): string => `rcm-${service}-start`;
export const topicArn = ({ partition, region, account }: Pick<Environment, 'partition' | 'region' | 'account'>): string =>
  `arn:${partition}:sns:${region}:${account}:${TOPIC}`;
export const trailArn = ({ partition, region, account }: Pick<Environment, 'partition' | 'region' | 'account'>): string =>
  `arn:${partition}:cloudtrail:${region}:${account}:trail/${TRAIL}`;
/** Accounts whose trails are made here: that of the processes, and the further ones but those that are recorded already. */
export const trailAccounts = ({ account, storeAccounts }: Environment): string[] => [
  account,
  ...storeAccounts.filter(({ trail }) => trail === 'here').map((store) => store.account),
];
export const trailArns = (environment: Environment): string[] => trailAccounts(environment).map((account) => trailArn({ ...environment, account }));
export const clusterArn = ({ partition, region, account }: Environment): string => `arn:${partition}:ecs:${region}:${account}:cluster/${CLUSTER}`;
export const roleArn = ({ partition, account }: Environment, role: string): string => `arn:${partition}:iam::${account}:role/${role}`;
/** Names of buckets are the whole world's: the account and the region make them its own. */
export const bucketName = ({ account, region }: Environment, what: 'trail' | 'access-logs'): string => `rcm-${what}-${account}-${region}`;

export const stackName = ({ name }: Environment, part: string): string => `rcm-${name}-${part}`;

/** Where the database's backups are copied to. */
export const replicaVaultArn = ({ partition, account }: Environment, region: string): string =>
  `arn:${partition}:backup:${region}:${account}:backup-vault:rcm-copies`;
