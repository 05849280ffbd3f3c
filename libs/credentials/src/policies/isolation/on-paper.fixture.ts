import type { AuthorizationRequest, Authorize, Conditions, Principal } from '@rcm/local-aws';
import { dedicatedRoleName, GUARDIAN_ROLE, taskRoleName, type TenantApp, tenantRoleName } from '../index.ts';
import { ACCOUNT, DEDICATED, ENVIRONMENT, REGION } from './account.fixture.ts';
import type { Cell } from './matrix.fixture.ts';
import { APPS, roleArn } from './sessions.fixture.ts';

/**
 * What one account in one region cannot be asked over HTTP: other regions and accounts, calls that local-aws does not play, and
 * the container service. Put to the same policies directly.
 */
export function onPaper(own: Authorize): Cell[] {
  return [
    ...elsewhere(own),
    ...administration(own),
    ...otherUses(own),
    ...taskData(own),
    ...containerService(own),
    ...otherSessions(own),
    ...guardian(own),
    ...guardianOnPaper(own),
  ];
}

type Asked = Pick<AuthorizationRequest, 'action' | 'conditions'> & { readonly principal: Principal; readonly resource: string };

const paperCell = (own: Authorize, title: string, expected: Cell['expected'], { principal, action, resource, conditions }: Asked): Cell => ({
  title: `on paper: ${title}`,
  expected,
  standsForOthers: true,
  run(by = own) {
    const request = {
      principal,
      action,
      resources: [resource],
      conditions,
      now: new Date(0),
      account: { tagsOf: () => ({}), aliasesOf: () => ['alias/rcm-credentials'] },
    };
    return Promise.resolve({ outcome: by(request) === null ? 'allowed' : 'denied', asked: [request] });
  },
});

const tags = { env: ENVIRONMENT, tenant_id: DEDICATED.orgId };
const session = (role: string): Principal => ({
  ...{ kind: 'session', accessKeyId: 'ASIA', userId: 'AROA:paper', sessionName: 'paper', transitiveTagKeys: [], expiresAt: new Date(0), tags },
  role: { name: role, tags: {}, maxSessionSeconds: 3_600 },
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/paper`,
});
const user = (arn: string): Principal => ({ kind: 'user', accessKeyId: 'AKIA', userId: 'AIDA', arn });

const ADMINISTRATOR = user(`arn:aws:iam::${ACCOUNT}:user/local-admin`);

const requestTags: Conditions = {
  'aws:RequestTag/TenantId': tags.tenant_id,
  'aws:RequestTag/Environment': tags.env,
  'aws:TagKeys': ['TenantId', 'Environment'],
};
const current: Conditions = { 'secretsmanager:VersionStage': 'AWSCURRENT' };

type Folder = 'endpoints' | 'rotation' | 'devices';

/** Of whoever uses and renews a device. */
const withDevices = [
  ['ssm:GetParameter', 'devices', {}],
  ['ssm:PutParameter', 'devices', { 'ssm:Overwrite': 'true' }],
  ['secretsmanager:GetSecretValue', 'devices', current],
  ['secretsmanager:PutSecretValue', 'devices', {}],
  ['secretsmanager:UpdateSecretVersionStage', 'devices', {}],
] as const;

/** Calls that the tenant's session may make here, and their resource: `ssm` ones are in `folder`, the others are secrets. */
const callsOf: Readonly<Record<TenantApp, readonly (readonly [action: string, folder: Folder, conditions: Conditions])[]>> = {
  agent: [
    ['ssm:GetParameter', 'endpoints', {}],
    ['secretsmanager:GetSecretValue', 'endpoints', current],
    ...withDevices,
    ['ssm:PutParameter', 'devices', requestTags],
    ['secretsmanager:CreateSecret', 'devices', requestTags],
  ],
  rotator: [
    ...withDevices,
    ...(['endpoints', 'rotation'] as const).flatMap((folder) => [
      ['ssm:GetParameter', folder, {}] as const,
      ['ssm:PutParameter', folder, requestTags] as const,
    ]),
    ['ssm:GetParametersByPath', 'rotation', {}],
    ['ssm:GetParameterHistory', 'endpoints', {}],
    ['ssm:PutParameter', 'endpoints', { 'ssm:Overwrite': 'true' }],
    ['ssm:DeleteParameter', 'rotation', {}],
    ['secretsmanager:GetSecretValue', 'endpoints', current],
    ['secretsmanager:CreateSecret', 'endpoints', requestTags],
  ],
  migrator: [
    ...withDevices,
    ['ssm:GetParameter', 'endpoints', {}],
    ['ssm:PutParameter', 'endpoints', requestTags],
    ['ssm:PutParameter', 'endpoints', { 'ssm:Overwrite': 'true' }],
    ['secretsmanager:GetSecretValue', 'endpoints', current],
    ['secretsmanager:CreateSecret', 'endpoints', requestTags],
    ['secretsmanager:PutSecretValue', 'endpoints', {}],
  ],
};

interface Where {
  readonly region: string;
  readonly account: string;
  readonly expected: Cell['expected'];
}
const places: readonly Where[] = [
  { region: REGION, account: ACCOUNT, expected: 'allowed' },
  { region: 'eu-west-1', account: ACCOUNT, expected: 'denied' },
  { region: REGION, account: '999999999999', expected: 'denied' },
];

const nameIn = (folder: string): string => `rcm/${tags.env}/${tags.tenant_id}/${folder}/e1/a1`;
const arnOf = (service: 'ssm' | 'secretsmanager', { region, account }: Where, folder: string): string =>
  `arn:aws:${service}:${region}:${account}:${service === 'ssm' ? 'parameter/' : 'secret:'}${nameIn(folder)}`;

function elsewhere(own: Authorize): Cell[] {
  const roles = [...APPS.map((app) => ({ app, role: tenantRoleName(app) })), { app: DEDICATED.app, role: dedicatedRoleName(DEDICATED.app, DEDICATED.orgId) }];
  return roles.flatMap(({ app, role }) =>
    places.flatMap((where) => [
      ...callsOf[app].map(([action, folder, conditions]) => {
        const resource = arnOf(action.startsWith('ssm:') ? 'ssm' : 'secretsmanager', where, folder);
        return paperCell(own, `${role}, ${action} ${resource}`, where.expected, { principal: session(role), action, resource, conditions });
      }),
      ...ofOthers(own, app, role, where),
      ...keyUses(app).map(([service, action, folder]) => {
        const context = arnOf(service, where, folder);
        return paperCell(own, `${role}, ${action} for ${context}`, where.expected, {
          principal: session(role),
          action,
          resource: KEY,
          conditions: throughStore(service, context),
        });
      }),
    ]),
  );
}

/** The key stands in the way of these, too; here the app's own policy has to. Another tenant's secret, and another environment's, without tags. */
const ofOthers = (own: Authorize, app: TenantApp, role: string, { region, account }: Where): Cell[] =>
  [`${tags.env}/somebody-else`, `${tags.env}x/${tags.tenant_id}`].flatMap((whose) =>
    (app === 'migrator' ? ['endpoints', 'devices'] : ['devices']).map((folder) => {
      const resource = `arn:aws:secretsmanager:${region}:${account}:secret:rcm/${whose}/${folder}/e1/a1`;
      const action = 'secretsmanager:PutSecretValue';
      return paperCell(own, `${role}, ${action} ${resource}`, 'denied', { principal: session(role), action, resource, conditions: {} });
    }),
  );

const throughStore = (service: 'ssm' | 'secretsmanager', context: string): Conditions => ({
  'kms:ViaService': `${service}.${REGION}.amazonaws.com`,
  [service === 'ssm' ? 'kms:EncryptionContext:PARAMETER_ARN' : 'kms:EncryptionContext:SecretARN']: context,
});

const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;

const keyUses = (app: TenantApp): readonly (readonly ['ssm' | 'secretsmanager', string, string])[] => [
  ['ssm', 'kms:Decrypt', 'endpoints'],
  ['secretsmanager', 'kms:Decrypt', 'endpoints'],
  ['ssm', 'kms:Encrypt', 'devices'],
  ['secretsmanager', 'kms:GenerateDataKey', 'devices'],
  ...(app === 'rotator' ? [['ssm', 'kms:Encrypt', 'rotation'] as const] : []),
];

const ADMINISTRATION = [
  ...['CancelKeyDeletion', 'CreateAlias', 'DescribeKey', 'DisableKeyRotation', 'EnableKey', 'EnableKeyRotation', 'GetKeyPolicy', 'ListGrants'],
  ...['RevokeGrant', 'RotateKeyOnDemand', 'TagResource', 'UpdateKeyDescription'],
];
/** What takes the key away, or gives it to others. */
const TAKING_KEY = ['DeleteAlias', 'DisableKey', 'PutKeyPolicy', 'ScheduleKeyDeletion', 'UntagResource', 'UpdateAlias'];
const USE = ['CreateGrant', 'Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo'];

function administration(own: Authorize): Cell[] {
  const principal = ADMINISTRATOR;
  const cell = (expected: Cell['expected']) => (name: string) =>
    paperCell(own, `administrator, kms:${name}`, expected, { principal, action: `kms:${name}`, resource: KEY, conditions: {} });
  return [...ADMINISTRATION.map(cell('allowed')), ...[...USE, ...TAKING_KEY].map(cell('denied'))];
}

/** The guardian takes the key away and uses it for nothing; a person becomes it with a second factor. */
function guardian(own: Authorize): Cell[] {
  const key = (expected: Cell['expected']) => (name: string) =>
    paperCell(own, `guardian, kms:${name}`, expected, { principal: session(GUARDIAN_ROLE), action: `kms:${name}`, resource: KEY, conditions: {} });
  const becoming = (what: string, expected: Cell['expected'], action: string, conditions: Conditions, principal: Principal = ADMINISTRATOR) =>
    paperCell(own, `${action} of the guardian ${what}`, expected, { principal, action, resource: roleArn(GUARDIAN_ROLE), conditions });
  const present = { 'aws:MultiFactorAuthPresent': 'true' };
  return [
    ...TAKING_KEY.map(key('allowed')),
    ...[...USE, ...ADMINISTRATION].map(key('denied')),
    becoming('by a person with a second factor', 'allowed', 'sts:AssumeRole', present),
    becoming('by a person without one', 'denied', 'sts:AssumeRole', { 'aws:MultiFactorAuthPresent': 'false' }),
    becoming('by a person’s long-lived key', 'denied', 'sts:AssumeRole', {}),
    becoming('with tags', 'denied', 'sts:TagSession', present),
    ...APPS.flatMap((app) =>
      [taskRoleName(app), tenantRoleName(app)].map((role) => becoming(`by ${role}`, 'denied', 'sts:AssumeRole', present, session(role))),
    ),
  ];
}

const ROLE_CHANGES = [
  ...['AttachRolePolicy', 'DeleteRole', 'DeleteRolePermissionsBoundary', 'DeleteRolePolicy', 'DetachRolePolicy', 'PutRolePermissionsBoundary'],
  ...['PutRolePolicy', 'TagRole', 'UntagRole', 'UpdateAssumeRolePolicy', 'UpdateRole'],
];

/** The guardian's role is nobody's to change, and others' roles are no concern of the guardrail. */
export function guardianOnPaper(own: Authorize): Cell[] {
  const cell = (expected: Cell['expected'], role: string) => (name: string) =>
    paperCell(own, `administrator, iam:${name} of ${role}`, expected, {
      ...{ principal: ADMINISTRATOR, action: `iam:${name}`, resource: roleArn(role), conditions: {} },
    });
  return [
    ...ROLE_CHANGES.map(cell('denied', GUARDIAN_ROLE)),
    ...ROLE_CHANGES.map(cell('allowed', 'some-other-role')),
    cell('allowed', GUARDIAN_ROLE)('GetRole'),
  ];
}

/** What no store does with a key for its caller. */
function otherUses(own: Authorize): Cell[] {
  const here = { region: REGION, account: ACCOUNT, expected: 'denied' } as const;
  return APPS.flatMap((app) =>
    keyUses(app).map(([service, , folder]) =>
      paperCell(own, `${app}, kms:ReEncryptFrom through ${service}`, 'denied', {
        ...{ principal: session(tenantRoleName(app)), action: 'kms:ReEncryptFrom', resource: KEY },
        conditions: throughStore(service, arnOf(service, here, folder)),
      }),
    ),
  );
}

/** The keys of task data are an agent's to ask for, its dedicated deployment's too, and for nothing but to seal and open. */
function taskData(own: Authorize): Cell[] {
  const context = { 'kms:EncryptionContext:env': tags.env, 'kms:EncryptionContext:tenant_id': tags.tenant_id, 'kms:EncryptionContext:use': 'task-data' };
  const cell = (role: string, action: string, expected: Cell['expected']): Cell =>
    paperCell(own, `${role}, ${action} for task data`, expected, { principal: session(role), action, resource: KEY, conditions: context });
  const agents = [tenantRoleName('agent'), dedicatedRoleName(DEDICATED.app, DEDICATED.orgId)];
  return [
    ...agents.flatMap((role) => [
      ...['kms:Decrypt', 'kms:GenerateDataKey'].map((action) => cell(role, action, 'allowed')),
      cell(role, 'kms:ReEncryptFrom', 'denied'),
    ]),
    ...[tenantRoleName('rotator'), tenantRoleName('migrator'), GUARDIAN_ROLE].map((role) => cell(role, 'kms:Decrypt', 'denied')),
  ];
}

/** Anything of STS but becoming a tenant; refused on both sides, so by each side alone too. */
export const otherSessions = (own: Authorize): Cell[] =>
  APPS.map((app) =>
    paperCell(own, `task of ${app}, sts:SetSourceIdentity of its tenant role`, 'denied', {
      ...{ principal: session(taskRoleName(app)), action: 'sts:SetSourceIdentity', resource: roleArn(tenantRoleName(app)) },
      conditions: { 'aws:RequestTag/env': tags.env, 'aws:RequestTag/tenant_id': tags.tenant_id, 'aws:TagKeys': ['env', 'tenant_id'] },
    }),
  );

function containerService(own: Authorize): Cell[] {
  const ecs = (account: string, region: string): Conditions => ({
    'aws:SourceAccount': account,
    'aws:SourceArn': `arn:aws:ecs:${region}:${account}:task-set/x`,
  });
  const roles = [...APPS.map(taskRoleName), dedicatedRoleName(DEDICATED.app, DEDICATED.orgId)];
  const cases: readonly (readonly [string, string, Conditions, Cell['expected']])[] = [
    ['for a task of this account', 'ecs-tasks.amazonaws.com', ecs(ACCOUNT, REGION), 'allowed'],
    ['for a task of another account', 'ecs-tasks.amazonaws.com', { ...ecs(ACCOUNT, REGION), 'aws:SourceAccount': '999999999999' }, 'denied'],
    ['for a task in another region', 'ecs-tasks.amazonaws.com', ecs(ACCOUNT, 'eu-west-1'), 'denied'],
    ['for nobody in particular', 'ecs-tasks.amazonaws.com', {}, 'denied'],
    ['as another service', 'ec2.amazonaws.com', ecs(ACCOUNT, REGION), 'denied'],
  ];
  return roles.flatMap((role) => [
    ...cases.map(([what, principal, conditions, expected]) =>
      paperCell(own, `AssumeRole ${role} ${what}`, expected, { principal: user(principal), action: 'sts:AssumeRole', resource: roleArn(role), conditions }),
    ),
    paperCell(own, `SetSourceIdentity ${role}`, 'denied', {
      ...{ principal: user('ecs-tasks.amazonaws.com'), action: 'sts:SetSourceIdentity', resource: roleArn(role), conditions: ecs(ACCOUNT, REGION) },
    }),
  ]);
}
