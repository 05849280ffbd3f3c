import type { Authorize, Conditions } from '@rcm/local-aws';
import { dedicatedRoleName, type TenantApp, tenantRoleName } from '../index.ts';
import { ACCOUNT, DEDICATED, REGION } from './account.fixture.ts';
import type { Cell } from './matrix.fixture.ts';
import { KEY, paperCell, session, tags } from './paper-cell.fixture.ts';
import { APPS } from './sessions.fixture.ts';

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

/** In this region and account, and in others. */
export function elsewhere(own: Authorize): Cell[] {
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

const keyUses = (app: TenantApp): readonly (readonly ['ssm' | 'secretsmanager', string, string])[] => [
  ['ssm', 'kms:Decrypt', 'endpoints'],
  ['secretsmanager', 'kms:Decrypt', 'endpoints'],
  ['ssm', 'kms:Encrypt', 'devices'],
  ['secretsmanager', 'kms:GenerateDataKey', 'devices'],
  ...(app === 'rotator' ? [['ssm', 'kms:Encrypt', 'rotation'] as const] : []),
];

/** What no store does with a key for its caller. */
export function otherUses(own: Authorize): Cell[] {
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
