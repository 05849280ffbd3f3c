import type { Authorize, Conditions } from '@rcm/local-aws';
import { dedicatedRoleName, GUARDIAN_ROLE, taskRoleName, tenantRoleName } from '../index.ts';
import { ACCOUNT, DEDICATED, REGION } from './account.fixture.ts';
import { administration, guardian, guardianOnPaper } from './guardian-on-paper.fixture.ts';
import type { Cell } from './matrix.fixture.ts';
import { KEY, paperCell, session, tags, user } from './paper-cell.fixture.ts';
import { APPS, roleArn } from './sessions.fixture.ts';
import { elsewhere, otherUses } from './tenant-sessions-on-paper.fixture.ts';

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
