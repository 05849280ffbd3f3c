import type { PlatformPolicies } from '@rcm/credentials/policies';
import { beforeAll, describe, expect, it } from 'vitest';
import { fits } from './event-pattern.fixture.ts';
import { toldEvents } from './events.ts';
import { policiesOf, storePoliciesOf } from './policies-of.ts';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});

/** As the template has them, in the form of the library. */
function deployed(stack: string, { roles }: PlatformPolicies) {
  const resources = made.ofType('AWS::IAM::Role', new RegExp(`^${stack}$`)).map(({ Properties }) => Properties);
  const policies = made.ofType('AWS::IAM::ManagedPolicy', new RegExp(`^${stack}$`)).map(({ Properties }) => Properties);
  return roles.map(({ name }) => ({
    name,
    trustPolicy: resources.find(({ RoleName }) => (RoleName as unknown) === name)?.AssumeRolePolicyDocument,
    policy: policies.find(({ ManagedPolicyName }) => (ManagedPolicyName as unknown) === name)?.PolicyDocument,
  }));
}

describe('roles and key policies', () => {
  it('are those of @rcm/credentials, word for word, and no other role is beside them', () => {
    const [dev, prod] = made.environments as [Synthesised['environments'][number], Synthesised['environments'][number]];
    const pairs = [
      ['rcm-dev-identity', policiesOf(dev)],
      ['rcm-prod-identity', policiesOf(prod)],
      ['rcm-prod-store-444444444444', storePoliciesOf(prod, prod.storeAccounts[0]!)],
    ] as const;
    for (const [stack, policies] of pairs) {
      expect(deployed(stack, policies)).toEqual(policies.roles.map(({ name, trustPolicy, policy }) => ({ name, trustPolicy, policy })));
      expect(made.ofType('AWS::IAM::Role', new RegExp(`^${stack}$`))).toHaveLength(policies.roles.length);
      const keys = made.ofType('AWS::KMS::Key', new RegExp(`^${stack}$`)).filter(({ at }) => at.endsWith('/CredentialsKey'));
      expect(keys.map(({ Properties }) => Properties.KeyPolicy)).toEqual([policies.keyPolicy]);
    }
    for (const { Properties } of made.ofType('AWS::KMS::ReplicaKey', /^rcm-prod-replica$/)) expect(Properties.KeyPolicy).toEqual(policiesOf(prod).keyPolicy);
  });

  it('let KMS make each key: who deploys may change its policy later, or it is said that this is meant', () => {
    const keys = made.ofType('AWS::KMS::Key');
    const mayBeChanged = ({ Properties }: (typeof keys)[number]): boolean =>
      (Properties.KeyPolicy as unknown as PlatformPolicies['keyPolicy']).Statement.some(
        ({ Principal, Action }) => JSON.stringify(Principal).includes(':root"') && Action.some((each) => ['kms:*', 'kms:PutKeyPolicy'].includes(each)),
      );
    const others = keys.filter((key) => !mayBeChanged(key));
    expect(others.map(({ at }) => at).sort()).toEqual(
      ['dev-identity', 'prod-identity', 'prod-store-444444444444'].map((stack) => `rcm-${stack}/CredentialsKey`),
    );
    for (const { Properties } of others) expect(Properties).toMatchObject({ BypassPolicyLockoutSafetyCheck: true });
  });

  it('have a role that may do everything with secrets where secrets are nobody’s', () => {
    const names = (stack: RegExp) => made.ofType('AWS::IAM::Role', stack).map(({ Properties }) => String(Properties.RoleName));
    expect(names(/^rcm-dev-/)).toContain('rcm-dev-admin');
    expect(names(/^rcm-prod-/)).not.toContain('rcm-dev-admin');
  });

  it('have one name each in their account', () => {
    for (const account of [/^rcm-dev-/, /^rcm-prod-(?!store)/, /^rcm-prod-store/]) {
      const names = made.ofType('AWS::IAM::Role', account).map(({ Properties }) => String(Properties.RoleName));
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('what is told at once', () => {
  it('is a message that the chat application takes, whatever the event says', () => {
    const rules = made.ofType('AWS::Events::Rule', /^rcm-prod-alerts$/).map(({ Properties }) => Properties);
    expect(rules.map(({ Name }) => String(Name)).sort()).toEqual(
      toldEvents(made.environments[1]!)
        .map(({ name }) => name)
        .sort(),
    );
    for (const rule of rules) {
      // "EventBridge quotas": characters of a pattern.
      expect(JSON.stringify(rule.EventPattern).length).toBeLessThan(2048);
      expect(rule.State).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS');
      const [{ InputTransformer }] = rule.Targets as unknown as [{ InputTransformer: { InputPathsMap: object; InputTemplate: string } }];
      const filled = Object.keys(InputTransformer.InputPathsMap).reduce(
        (text, field) => text.replaceAll(`<${field}>`, 'arn:aws:sts::1:x'),
        InputTransformer.InputTemplate,
      );
      expect(filled).not.toMatch(/<[a-z]+>/);
      expect(JSON.parse(filled)).toMatchObject({ version: '1.0', source: 'custom', content: { textType: 'client-markdown', nextSteps: [expect.any(String)] } });
    }
  });

  it('reaches its topic: EventBridge says to no topic and to no topic’s key whose event it is, so neither asks', () => {
    const said = made.ofType('AWS::SNS::TopicPolicy').map(({ at, Properties }) => ofEvents(at, Properties.PolicyDocument));
    expect(said.length).toBeGreaterThan(3);
    for (const { at, conditions } of said) expect([at, conditions]).toEqual([at, [undefined]]);
    const keys = made.ofType('AWS::KMS::Key').map(({ at, Properties }) => ofEvents(at, Properties.KeyPolicy));
    const asked = keys.flatMap(({ at, conditions }) => conditions.map((condition) => [at.split('/')[0], condition]));
    const topic = (place: string) => ({ StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': [`arn:aws:sns:${place}:rcm-notices`] } });
    expect(Object.fromEntries(asked.filter(([at]) => String(at).startsWith('rcm-prod')))).toEqual({
      'rcm-prod-copies': topic('us-west-2:222222222222'),
      'rcm-prod-identity': topic('us-east-1:222222222222'),
      'rcm-prod-store-444444444444': topic('us-east-1:444444444444'),
      'rcm-prod-store-444444444444-us-west-2': topic('us-west-2:444444444444'),
    });
  });

  it.each<[string, boolean, string, string, object]>([
    ['an agent reads for a tenant', false, 'rcm-agent-tenant', 'GetParameter', { name: '/rcm/prod/mercy/endpoints/e1/a1' }],
    [
      'ECS starts a web-agent',
      false,
      'rcm-web-agent-start',
      'GetSecretValue',
      { secretId: 'arn:aws:secretsmanager:us-east-1:222222222222:secret:rcm-platform/prod/identity-key-AbCdEf' },
    ],
    ['a person reads a parameter', true, 'AdministratorAccess', 'GetParameter', { name: '/rcm/prod/mercy/endpoints/e1/a1' }],
    ['a person reads several', true, 'AdministratorAccess', 'GetParameters', { names: ['/x', '/rcm/prod/mercy/endpoints/e1/a1'] }],
    [
      'a person reads a secret by its ARN',
      true,
      'rcm-break-glass',
      'GetSecretValue',
      { secretId: 'arn:aws:secretsmanager:us-west-2:222222222222:secret:rcm/prod/mercy/endpoints/e1/a1-AbCdEf' },
    ],
    ...['/', '/rcm', '/rcm/', '/rcm/prod', '/rcm/prod/', '/rcm/prod/mercy'].map((path): [string, boolean, string, string, object] => [
      `a person reads all that lies below ${path}`,
      ...([true, 'AdministratorAccess', 'GetParametersByPath', { path, recursive: true, withDecryption: true }] as const),
    ]),
    ['a person reads all that lies below another path', false, 'AdministratorAccess', 'GetParametersByPath', { path: '/rcm/production', recursive: true }],
    ['a person reads something else', false, 'AdministratorAccess', 'GetParameter', { name: '/other/prod' }],
  ])('%s: told as a read from outside is %s', (_, isTold, userName, eventName, requestParameters) => {
    const pattern = toldEvents(made.environments[1]!).find(({ name }) => name === 'rcm-read-outside')!.pattern;
    const source = eventName === 'GetSecretValue' ? 'aws.secretsmanager' : 'aws.ssm';
    const detail = { eventName, requestParameters, userIdentity: { sessionContext: { sessionIssuer: { userName } } } };
    expect(fits(pattern, { source, 'detail-type': 'AWS API Call via CloudTrail', detail })).toBe(isTold);
  });

  const admin = { type: 'AssumedRole', sessionContext: { sessionIssuer: { userName: 'AdministratorAccess' } } };
  const throughCloudFormation = { ...admin, invokedBy: 'cloudformation.amazonaws.com' };
  it.each<[string, boolean, string, object]>([
    ['somebody disables a key', true, 'DisableKey', admin],
    ['somebody has CloudFormation disable it', true, 'DisableKey', throughCloudFormation],
    ['somebody has CloudFormation change its policy', true, 'PutKeyPolicy', throughCloudFormation],
    ['somebody has CloudFormation delete it', true, 'ScheduleKeyDeletion', throughCloudFormation],
    ['somebody gives its use away', true, 'CreateGrant', admin],
    ['a service takes a grant for somebody', false, 'CreateGrant', { ...admin, invokedBy: 'rds.amazonaws.com' }],
    ['a service takes a grant by itself', false, 'CreateGrant', { type: 'AWSService', invokedBy: 'fargate.amazonaws.com' }],
    ['somebody looks at it', false, 'DescribeKey', admin],
  ])('%s: told as a key in danger is %s', (_, isTold, eventName, userIdentity) => {
    const pattern = toldEvents(made.environments[1]!).find(({ name }) => name === 'rcm-key-in-danger')?.pattern ?? expect.unreachable();
    expect(fits(pattern, { source: 'aws.kms', 'detail-type': 'AWS API Call via CloudTrail', detail: { eventName, userIdentity } })).toBe(isTold);
  });

  const guardian = { type: 'AssumedRole', sessionContext: { sessionIssuer: { userName: 'rcm-guardian' } } };
  it.each<[string, boolean, string, string, object]>([
    ['somebody becomes it', true, 'aws.sts', 'AssumeRole', { roleArn: 'arn:aws:iam::222222222222:role/rcm-guardian' }],
    ['whoever became it in another region deletes a parameter', true, 'aws.ssm', 'DeleteParameter', { name: '/rcm/prod/mercy/endpoints/e1/a1' }],
    ['whoever became it in another region deletes a secret', true, 'aws.secretsmanager', 'DeleteSecret', { secretId: 'rcm/prod/mercy/endpoints/e1/a1' }],
    ['somebody becomes another', false, 'aws.sts', 'AssumeRole', { roleArn: 'arn:aws:iam::222222222222:role/theirs' }],
  ])('%s: told of the guardian is %s', (_, isTold, source, eventName, requestParameters) => {
    const pattern = toldEvents(made.environments[1]!).find(({ name }) => name === 'rcm-guardian')?.pattern ?? expect.unreachable();
    const detail = { eventName, requestParameters, userIdentity: eventName === 'AssumeRole' ? admin : guardian };
    expect(fits(pattern, { source, 'detail-type': 'AWS API Call via CloudTrail', detail })).toBe(isTold);
  });

  it.each([
    { type: 'IAMUser', userName: 'rcm-agent-tenant' },
    { type: 'Root', arn: 'arn:aws:iam::222222222222:root' },
  ])('is a read by who has no role: $type', (userIdentity) => {
    const pattern = toldEvents(made.environments[1]!).find(({ name }) => name === 'rcm-read-outside')!.pattern;
    const detail = { eventName: 'GetParameter', requestParameters: { name: '/rcm/prod/mercy/endpoints/e1/a1' }, userIdentity };
    expect(fits(pattern, { source: 'aws.ssm', 'detail-type': 'AWS API Call via CloudTrail', detail })).toBe(true);
  });
});

/** Under which conditions EventBridge may do something, by each statement that names it. */
function ofEvents(at: string, policy: unknown): { readonly at: string; readonly conditions: readonly unknown[] } {
  const { Statement } = policy as { Statement: readonly { Principal: { Service?: string | readonly string[] }; Condition?: unknown }[] };
  const isOfEvents = ({ Principal }: (typeof Statement)[number]): boolean => [Principal.Service].flat().includes('events.amazonaws.com');
  return { at, conditions: Statement.filter(isOfEvents).map(({ Condition }) => Condition) };
}
