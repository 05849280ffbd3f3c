import type { Authorize, Conditions, Principal } from '@rcm/local-aws';
import { GUARDIAN_ROLE, taskRoleName, tenantRoleName } from '../index.ts';
import type { Cell } from './matrix.fixture.ts';
import { ADMINISTRATOR, KEY, paperCell, session } from './paper-cell.fixture.ts';
import { APPS, roleArn } from './sessions.fixture.ts';

const ADMINISTRATION = [
  ...['CancelKeyDeletion', 'CreateAlias', 'DescribeKey', 'DisableKeyRotation', 'EnableKey', 'EnableKeyRotation', 'GetKeyPolicy', 'ListGrants'],
  ...['RevokeGrant', 'RotateKeyOnDemand', 'TagResource', 'UpdateKeyDescription'],
];
/** What takes the key away, or gives it to others. */
const TAKING_KEY = ['DeleteAlias', 'DisableKey', 'PutKeyPolicy', 'ScheduleKeyDeletion', 'UntagResource', 'UpdateAlias'];
const USE = ['CreateGrant', 'Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo'];

export function administration(own: Authorize): Cell[] {
  const principal = ADMINISTRATOR;
  const cell = (expected: Cell['expected']) => (name: string) =>
    paperCell(own, `administrator, kms:${name}`, expected, { principal, action: `kms:${name}`, resource: KEY, conditions: {} });
  return [...ADMINISTRATION.map(cell('allowed')), ...[...USE, ...TAKING_KEY].map(cell('denied'))];
}

/** The guardian takes the key away and uses it for nothing; a person becomes it with a second factor. */
export function guardian(own: Authorize): Cell[] {
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
