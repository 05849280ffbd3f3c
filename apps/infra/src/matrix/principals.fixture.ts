import { GUARDIAN_ROLE, HEAD_WRITER_ROLE, PERSON_ROLES, taskRoleName, tenantRoleName } from '@rcm/credentials/policies';
import { exampleEnvironments } from '../stacks/synthesised.fixture.ts';
import { CONSOLE_ROLE, executionRoleName, SERVICES } from '../stacks/names.ts';

/** Of the example's production: where processes run, and a further account that holds secrets. */
export const ACCOUNT = '222222222222';
export const STORE_ACCOUNT = '444444444444';
/** Nobody's here. */
export const STRANGE_ACCOUNT = '999999999999';
export const ENVIRONMENT = 'prod';
export const TENANT = 'mercy';

/** The example's production, whose templates are judged. */
export const PROD = exampleEnvironments().find(({ name }) => name === ENVIRONMENT)!;

/** Who asks. */
export interface Principal {
  readonly name: string;
  readonly account: string;
  /** Role whose session it is; `null`: a person of the account who may do everything that policies of resources let IAM say, or a service. */
  readonly role: string | null;
  /** As IAM calls it. */
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

const session = (name: string, role: string, account = ACCOUNT, tags: Principal['tags'] = {}): Principal => ({
  ...{ name: account === ACCOUNT ? name : `${name}, further account`, account, role, tags },
  arn: `arn:aws:sts::${account}:assumed-role/${role}/session`,
});

export const APPS = ['agent', 'rotator', 'migrator'] as const;
const people = Object.entries({ 'break-glass': PERSON_ROLES.breakGlass, auditor: PERSON_ROLES.auditor, guardian: GUARDIAN_ROLE });
const inTenant = { env: ENVIRONMENT, tenant_id: TENANT };

/** `agent’s task`: the process itself. `agent for a tenant`: its session, which one tenant’s work is done with. */
export const principals: readonly Principal[] = [
  ...APPS.map((app) => session(`${app}’s task`, taskRoleName(app))),
  ...[ACCOUNT, STORE_ACCOUNT].flatMap((account) => APPS.map((app) => session(`${app} for a tenant`, tenantRoleName(app), account, inTenant))),
  session('agent without a tenant', tenantRoleName('agent')),
  session('audit-heads’ task', HEAD_WRITER_ROLE),
  session('db-migrate’s task', 'rcm-db-migrate-task'),
  session('console’s task', CONSOLE_ROLE),
  ...SERVICES.map((service) => session(`start of ${service}`, executionRoleName(service))),
  ...[ACCOUNT, STORE_ACCOUNT].flatMap((account) => people.map(([name, role]) => session(name, role, account))),
  ...['rotator-schedules', 'flow-log', 'trail', 'config', 'backup', 'database-monitoring', 'chat'].map((name) => session(`role of ${name}`, `rcm-${name}`)),
  session('role of chat', 'rcm-chat', STORE_ACCOUNT),
  ...[ACCOUNT, STORE_ACCOUNT].map((account) => ({
    ...{ name: account === ACCOUNT ? 'administrator' : 'administrator, further account', account, role: null, tags: {} },
    arn: `arn:aws:iam::${account}:user/admin`,
  })),
  { name: 'somebody of another account', account: STRANGE_ACCOUNT, role: null, tags: {}, arn: `arn:aws:iam::${STRANGE_ACCOUNT}:user/admin` },
  ...[
    'ecs-tasks',
    'vpc-flow-logs',
    'monitoring.rds',
    'backup',
    'scheduler',
    'config',
    'cloudtrail',
    'chatbot',
    'cloudwatch',
    'events',
    'logs.us-east-1',
    'logs.us-west-2',
    'fargate',
    'logging.s3',
    'logdelivery.elasticloadbalancing',
    'ec2',
  ].map((service): Principal => ({ name: `AWS: ${service}`, account: 'aws', role: null, tags: {}, arn: `${service}.amazonaws.com` })),
];
