import { GUARDIAN_ROLE, HEAD_WRITER_ROLE, PERSON_ROLES, taskRoleName } from '@rcm/credentials/policies';
import { CONSOLE_ROLE, executionRoleName, type Service, SERVICES } from '../stacks/names.ts';
import { secretsOf } from '../stacks/process-secrets.ts';
import { PLACES, type PlaceName } from './operations.fixture.ts';
import { APPS, PROD } from './principals.fixture.ts';

/** What somebody may do with secrets, and where; whatever is not here is denied. */
export interface AllowedAt {
  readonly who: readonly string[];
  readonly may: readonly string[];
  readonly at: readonly PlaceName[];
  /** Conditions that make no difference to it: the call is allowed without them, and with another value. */
  readonly whatever?: readonly string[];
  /** Conditions that may be missing, but not another's: a secret that is not there has no tags. */
  readonly mayLack?: readonly string[];
}

const OWN: readonly PlaceName[] = ['own', 'copy'];
const ENVIRONMENT: readonly PlaceName[] = ['own', 'copy', 'another tenant', 'a namesake'];
/** Of the key it does not matter whose secret is meant. */
const ANYWHERE: readonly PlaceName[] = PLACES.filter((place) => place !== 'another account');
const TAGS = ['aws:ResourceTag/TenantId', 'aws:ResourceTag/Environment'];
const inBoth = (name: string): string[] => [name, `${name}, further account`];
const forTenant = (app: string): string[] => inBoth(`${app} for a tenant`);

/** Devices: agents make them, whoever logs in uses and renews them, and a migrator drops that of a login which it moves. */
function devicesAt(who: readonly string[]): AllowedAt[] {
  return [
    { who, may: ['read device parameter', 'read (GetParameters) device parameter'], at: OWN, mayLack: TAGS },
    { who: [...forTenant('agent'), ...forTenant('migrator')], may: ['read device secret'], at: OWN, mayLack: TAGS },
    { who: forTenant('rotator'), may: ['read device secret'], at: OWN, mayLack: TAGS, whatever: ['secretsmanager:VersionStage'] },
    { who, may: ['stage device secret', 'promote device secret'], at: OWN, mayLack: TAGS },
    {
      who: forTenant('agent'),
      may: ['create device parameter', 'tag device parameter', 'create device secret', 'tag device secret'],
      at: OWN,
      mayLack: ['aws:TagKeys'],
    },
    { who, may: ['overwrite device parameter'], at: OWN },
    {
      ...{ who, at: OWN },
      may: ['decrypt device parameter', 'encrypt device parameter', 'encrypt device advanced parameter', 'decrypt device secret', 'encrypt device secret'],
    },
  ];
}

export const allowedAt: readonly AllowedAt[] = [
  { who: APPS.flatMap(forTenant), may: ['read current parameter', 'read (GetParameters) current parameter'], at: OWN, mayLack: TAGS },
  {
    who: forTenant('rotator'),
    may: ['read staged parameter', 'read (GetParameters) staged parameter', 'see versions of current parameter'],
    at: OWN,
    mayLack: TAGS,
  },
  { who: [...forTenant('agent'), ...forTenant('migrator')], may: ['read secret'], at: OWN, mayLack: TAGS },
  { who: forTenant('rotator'), may: ['read secret', 'read staged secret'], at: OWN, mayLack: TAGS, whatever: ['secretsmanager:VersionStage'] },
  { who: forTenant('rotator'), may: ['list versions of secret'], at: OWN, mayLack: TAGS },
  { who: [...forTenant('rotator'), ...forTenant('migrator')], may: ['stage secret', 'promote secret'], at: OWN, mayLack: TAGS },
  {
    ...{ who: [...forTenant('rotator'), ...forTenant('migrator')], at: OWN, mayLack: ['aws:TagKeys'] },
    may: ['create current parameter', 'tag current parameter', 'create secret', 'tag secret'],
  },
  { who: forTenant('rotator'), may: ['create staged parameter', 'tag staged parameter'], at: OWN, mayLack: ['aws:TagKeys'] },
  { who: [...forTenant('rotator'), ...forTenant('migrator')], may: ['overwrite current parameter'], at: OWN },
  // What lies in the second region is a copy, of which there are no copies.
  { who: [...forTenant('rotator'), ...forTenant('migrator')], may: ['describe secret'], at: ['own'], mayLack: TAGS },
  {
    ...{ who: [...forTenant('rotator'), ...forTenant('migrator')], may: ['replicate secret'], at: ['own'] },
    mayLack: [...TAGS, 'secretsmanager:AddReplicaRegions', 'secretsmanager:ForceOverwriteReplicaSecret'],
  },
  { who: forTenant('rotator'), may: ['delete staged parameter', 'list by path staged parameter'], at: OWN },
  { who: APPS.flatMap(forTenant), may: ['decrypt current parameter', 'decrypt secret'], at: OWN },
  {
    who: [...forTenant('rotator'), ...forTenant('migrator')],
    may: ['encrypt current parameter', 'encrypt current advanced parameter', 'encrypt secret', 'encrypt copy of secret'],
    at: OWN,
  },
  { who: forTenant('rotator'), may: ['decrypt staged parameter', 'encrypt staged parameter', 'encrypt staged advanced parameter'], at: OWN },
  ...devicesAt(APPS.flatMap(forTenant)),
  {
    who: forTenant('rotator'),
    may: ['read earlier device secret', 'list versions of device secret'],
    at: OWN,
    mayLack: TAGS,
    whatever: ['secretsmanager:VersionStage'],
  },
  { who: forTenant('agent'), may: ['open task data', 'seal task data'], at: [...OWN, 'another region'] },
  { who: inBoth('break-glass'), may: ['read current parameter', 'read staged parameter', 'read device parameter'], at: ENVIRONMENT, whatever: TAGS },
  { who: inBoth('break-glass'), may: ['read secret', 'read device secret'], at: ENVIRONMENT, whatever: TAGS },
  {
    who: inBoth('break-glass'),
    may: ['decrypt current parameter', 'decrypt staged parameter', 'decrypt secret', 'decrypt device parameter', 'decrypt device secret'],
    at: ENVIRONMENT,
  },
  { who: inBoth('auditor'), may: ['see tags of current parameter', 'see tags of endpoints', 'describe secret'], at: ENVIRONMENT, whatever: TAGS },
  {
    ...{ who: inBoth('guardian'), at: [...ENVIRONMENT, 'another region'] },
    may: [
      ...['delete device parameter', 'delete (DeleteParameters) device parameter', 'delete device secret'],
      ...['delete current parameter', 'delete staged parameter', 'delete (DeleteParameters) current parameter', 'delete (DeleteParameters) staged parameter'],
      ...['take tags off current parameter', 'delete secret', 'take copies of secret away', 'give secret back', 'take tags off secret'],
    ],
  },
  { who: inBoth('guardian'), may: ['delete key', 'change key’s policy'], at: ANYWHERE },
  { who: inBoth('auditor'), may: ['look at key'], at: ANYWHERE },
  { who: inBoth('administrator'), may: ['look at key', 'give key back'], at: ANYWHERE },
];

/** Alarms and events are told in every region and account that has a topic. */
const told = (what: 'an alarm' | 'an event') => [
  ...['tell people for this account', 'tell people for the further account', 'tell people in the second region'],
  'tell people for the further account in the second region',
  ...['', ', further account', ', second region', ', further account, second region'].map((at) => `encrypt ${what} for topic${at}`),
];

/** What somebody may do with what is the platform's own. */
export const allowed: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    APPS.map((app) => [
      `${app}’s task`,
      [
        ...inBoth(`become ${app} for a tenant`),
        ...inBoth(`tag session of ${app} for a tenant`),
        ...(app === 'rotator' ? ['tell people', 'tell people for this account', 'encrypt a notification', 'add a backup', 'encrypt a backup'] : []),
      ],
    ]),
  ),
  ...Object.fromEntries(SERVICES.map((service) => [`start of ${service}`, starting(service)])),
  'audit-heads’ task': ['add a head', 'encrypt a head', 'sign a head', 'list heads', 'read a head', 'decrypt a head'],
  auditor: ['list secrets', 'see who did what'],
  'auditor, further account': ['list secrets', 'see who did what'],
  'role of rotator-schedules': [
    'run a rotator once',
    'tag a task',
    `give ${taskRoleName('rotator')} to a task`,
    `give ${executionRoleName('rotator')} to a task`,
  ],
  'role of flow-log': ['write flows', 'write flows of the standby'],
  'role of trail': ['write trail’s log'],
  'role of config': ['deliver configuration', 'see bucket of configuration'],
  'role of database-monitoring': ['write database’s metrics', 'write the standby’s metrics'],
  'role of chat': ['look at alarms'],
  'role of chat, further account': ['look at alarms'],
  'AWS: ecs-tasks': [...APPS.map(taskRoleName), HEAD_WRITER_ROLE, 'rcm-db-migrate-task', CONSOLE_ROLE, ...SERVICES.map(executionRoleName)].map(
    (role) => `become ${role}`,
  ),
  'AWS: vpc-flow-logs': ['become rcm-flow-log'],
  'AWS: monitoring.rds': ['become rcm-database-monitoring'],
  'AWS: backup': ['become rcm-backup'],
  'AWS: scheduler': ['become rcm-rotator-schedules'],
  'AWS: config': ['become rcm-config'],
  'AWS: chatbot': ['become rcm-chat', 'become rcm-chat, further account'],
  'AWS: cloudtrail': ['become rcm-trail', 'look at bucket of trail', 'write trail', 'encrypt trail'],
  'AWS: cloudwatch': told('an alarm'),
  'AWS: events': ['tell people', ...told('an event')],
  'AWS: logs.us-east-1': ['encrypt logs'],
  'AWS: logs.us-west-2': ['encrypt logs, second region'],
  'AWS: fargate': ['encrypt disks of tasks', 'let disks of tasks be read'],
  'AWS: logdelivery.elasticloadbalancing': ['write access log of the API', 'write access log of the console'],
  'AWS: logging.s3': ['write access log of trail', 'write access log of heads', 'write access log of backups'],
};

/** Whoever administers the account may do what IAM may give: everything but what a key's or a role's own policy keeps to somebody. */
export const becomesPeople = [PERSON_ROLES.breakGlass, PERSON_ROLES.auditor, GUARDIAN_ROLE].map((role) => `become ${role}`);

function starting(service: Service): string[] {
  const image = service === 'db-migrate' || service === 'audit-heads' ? 'rcm' : service;
  const secrets = [...new Set(Object.values(secretsOf(service, PROD)))];
  return ['log in to registry', `pull image ${image}`, `write log of ${service}`, ...secrets.flatMap((secret) => [`read ${secret}`, `decrypt ${secret}`])];
}
