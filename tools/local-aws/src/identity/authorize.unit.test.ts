import { describe, expect, test } from 'vitest';
import { builtInRoles, type Role } from '../account/roles.ts';
import { createAuthorize } from './authorize.ts';
import type { Principal } from './principal.ts';

const session = (roleName: string, tags: Record<string, string> = { env: 'dev', tenant_id: 'north' }): Principal => ({
  ...{ kind: 'session', accessKeyId: 'ASIA', arn: 'arn', userId: 'id', sessionName: 's', transitiveTagKeys: [], expiresAt: new Date(), tags },
  role: builtInRoles.get(roleName) as Role,
});
const user: Principal = { kind: 'user', accessKeyId: 'AKIA', arn: 'arn', userId: 'id' };
const parameter = (path: string): string => `arn:aws:ssm:us-east-1:123456789012:parameter${path}`;
const secret = (path: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${path}`;
const current = { 'secretsmanager:VersionStage': 'AWSCURRENT' };

const authorize = createAuthorize({ baseIsAdmin: true });
const surroundings = { now: new Date(), account: { tagsOf: () => ({}), aliasesOf: () => [] } };
const allowed = (principal: Principal, action: string, resources: string[], conditions: Record<string, string> = {}) =>
  authorize({ principal, action, resources, conditions, ...surroundings }) === null;

const mine = parameter('/rcm/dev/north/endpoints/e1/a1');
const staged = parameter('/rcm/dev/north/rotation/e1/a1/x');

describe.each([
  ['rcm-agent-tenant', 'ssm:GetParameter', mine, true],
  ['rcm-agent-tenant', 'ssm:GetParameters', mine, true],
  ['rcm-agent-tenant', 'ssm:GetParameter', staged, false],
  ['rcm-agent-tenant', 'ssm:PutParameter', mine, false],
  ['rcm-agent-tenant', 'ssm:GetParameterHistory', mine, false],
  ['rcm-agent-tenant', 'ssm:GetParametersByPath', parameter('/rcm/dev/north/endpoints/'), false],
  ['rcm-agent-tenant', 'ssm:GetParameter', parameter('/rcm/dev/south/endpoints/e1/a1'), false],
  ['rcm-agent-tenant', 'ssm:GetParameter', parameter('/rcm/prod/north/endpoints/e1/a1'), false],
  ['rcm-agent-tenant', 'ssm:GetParameter', parameter('/rcm/dev/northern/endpoints/e1/a1'), false],
  ['rcm-agent-tenant', 'ssm:GetParameter', parameter('/rcm/dev/north/endpoints-old/e1'), false],
  ['rcm-agent-tenant', 'kms:Decrypt', 'arn:aws:kms:us-east-1:123456789012:key/k', false],
  ['rcm-rotator-tenant', 'ssm:PutParameter', mine, true],
  ['rcm-rotator-tenant', 'ssm:PutParameter', staged, true],
  ['rcm-rotator-tenant', 'ssm:DeleteParameter', staged, true],
  ['rcm-rotator-tenant', 'ssm:GetParameterHistory', mine, true],
  ['rcm-rotator-tenant', 'ssm:GetParametersByPath', parameter('/rcm/dev/north/rotation/'), true],
  ['rcm-rotator-tenant', 'ssm:GetParametersByPath', parameter('/rcm/dev/'), false],
  ['rcm-rotator-tenant', 'ssm:PutParameter', parameter('/rcm/dev/south/rotation/e1/a1/x'), false],
  ['rcm-rotator-tenant', 'ssm:DescribeParameters', '*', false],
  ['rcm-rotator-tenant', 'secretsmanager:UpdateSecretVersionStage', secret('rcm/dev/north/endpoints/e1/a1-AbCdEf'), true],
  ['rcm-rotator-tenant', 'secretsmanager:GetSecretValue', secret('/rcm/dev/north/endpoints/e1/a1-AbCdEf'), true],
  ['rcm-migrator-tenant', 'ssm:PutParameter', mine, true],
  ['rcm-migrator-tenant', 'ssm:DeleteParameter', mine, false],
  ['rcm-migrator-tenant', 'ssm:PutParameter', staged, false],
  ['rcm-task', 'ssm:GetParameter', mine, false],
  ['rcm-task', 'sts:AssumeRole', 'arn:aws:iam::123456789012:role/rcm-agent-tenant', true],
] as const)('%s, %s', (role, action, resource, expected) => {
  test(`${expected ? 'may' : 'may not'} on ${resource}`, () => expect(allowed(session(role), action, [resource])).toBe(expected));
});

test('an agent reads a secret only by naming AWSCURRENT', () => {
  const arn = secret('rcm/dev/north/endpoints/e1/a1-AbCdEf');
  const agent = session('rcm-agent-tenant');
  expect(allowed(agent, 'secretsmanager:GetSecretValue', [arn], current)).toBe(true);
  expect(allowed(agent, 'secretsmanager:GetSecretValue', [arn])).toBe(false);
  expect(allowed(agent, 'secretsmanager:GetSecretValue', [arn], { 'secretsmanager:VersionStage': 'AWSPENDING' })).toBe(false);
});

test('one foreign name refuses the whole batch', () => {
  expect(allowed(session('rcm-agent-tenant'), 'ssm:GetParameters', [mine, parameter('/rcm/dev/south/endpoints/e1/a1')])).toBe(false);
});

test.each<Record<string, string>>([
  {},
  { env: 'dev' },
  { tenant_id: 'north' },
  { env: 'dev', tenant_id: '' },
  { env: 'dev', tenant_id: 'north/endpoints' },
  { env: 'dev', tenant_id: '*' },
])('tags %o open nothing', (tags) => {
  expect(allowed(session('rcm-agent-tenant', tags), 'ssm:GetParameter', [mine])).toBe(false);
});

test('the base user may do everything, or only call STS', () => {
  expect(allowed(user, 'ssm:PutParameter', [mine])).toBe(true);
  const confined = createAuthorize({ baseIsAdmin: false });
  expect(confined({ principal: user, action: 'ssm:PutParameter', resources: [mine], conditions: {}, ...surroundings })?.resource).toBe(mine);
  expect(confined({ principal: user, action: 'sts:AssumeRole', resources: ['x'], conditions: {}, ...surroundings })).toBeNull();
});
