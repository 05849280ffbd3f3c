import { DeleteParameterCommand, GetParameterCommand, GetParametersByPathCommand, GetParametersCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { beforeEach, describe, expect, test } from 'vitest';
import { sdkClients } from '../conformance/subject.fixture.ts';
import { errorName, running } from '../running.fixture.ts';
import { startLocalAws } from '../start.ts';
import type { Enforcement } from './documents.ts';

const ACCOUNT = '123456789012';
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string, Resource: string, more: object = {}) => ({ Effect: 'Allow', Action: [Action], Resource: [Resource], ...more });
const trust = (name: string) => policy({ Effect: 'Allow', Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:role/${name}`] }, Action: ['sts:AssumeRole'] });
const parameters = `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter`;

const enforce: Enforcement = {
  roles: [
    {
      name: 'reader',
      trustPolicy: trust('nobody'),
      policy: policy(allow('ssm:GetParameter*', `${parameters}/open/*`), { ...allow('ssm:*', `${parameters}/open/closed`), Effect: 'Deny' }),
    },
    { name: 'helper', tags: { team: 'blue' }, trustPolicy: trust('reader'), policy: policy(allow('ssm:*', `${parameters}/\${aws:PrincipalTag/team}/*`)) },
  ],
  keyPolicy: policy({ Effect: 'Allow', Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:user/local-admin`] }, Action: ['kms:*'], Resource: ['*'] }),
};

let aws: Awaited<ReturnType<typeof running>>;
beforeEach(async () => {
  aws = await running({ enforce });
  for (const Name of ['/open/a', '/open/closed', '/shut/a', '/blue/a', '/red/a'])
    await aws.clients.ssm.send(new PutParameterCommand({ Name, Value: 'v', Type: 'String' }));
  await aws.clients.ssm.send(new PutParameterCommand({ Name: '/open/secret', Value: 'v', Type: 'SecureString', KeyId: aws.kmsKeyArn }));
});
const as = (role: string, tags?: Record<string, string>) => sdkClients({ ...aws, credentials: aws.taskCredentials(role, tags) });
const get = (Name: string) => new GetParameterCommand({ Name, WithDecryption: true });
const messageOf = (call: Promise<unknown>) => call.then(String, (error: unknown) => (error instanceof Error ? error.message : String(error)));

describe('a role does what its policy says', () => {
  test('and nothing else, in AWS’s words', async () => {
    const { ssm } = as('reader');
    expect(await errorName(ssm.send(get('/open/a')))).toBeNull();
    expect(await messageOf(ssm.send(get('/shut/a')))).toBe(
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/reader/task is not authorized to perform: ssm:GetParameter on resource: ${parameters}/shut/a because no identity-based policy allows the ssm:GetParameter action`,
    );
    expect(await messageOf(ssm.send(get('/open/closed')))).toContain('because of an explicit deny in an identity-based policy');
  });

  test('a batch is refused whole for one name of it', async () => {
    expect(await errorName(as('reader').ssm.send(new GetParametersCommand({ Names: ['/open/a', '/shut/a'] })))).toBe('AccessDeniedException');
  });

  test('a path is looked at as it was asked for: with `/open/*`, `/open/` may be listed and `/open` may not', async () => {
    const list = (Path: string) => errorName(as('reader').ssm.send(new GetParametersByPathCommand({ Path })));
    expect(await list('/open/')).toBeNull();
    expect(await list('/open')).toBe('AccessDeniedException');
    expect(await list('/open/a')).toBeNull();
    expect(await list('/')).toBe('AccessDeniedException');
  });

  test('a secret needs its key as well', async () => {
    expect(await messageOf(as('reader').ssm.send(get('/open/secret')))).toContain('kms:Decrypt');
    expect(await errorName(aws.clients.ssm.send(get('/open/secret')))).toBeNull();
  });

  test('a wildcard in what is asked for is only a character', async () => {
    expect(await errorName(as('reader').ssm.send(get('/shut*')))).toBe('AccessDeniedException');
  });

  test('tags of the role stand where the session has none of the same key, in any case', async () => {
    expect(await errorName(as('helper').ssm.send(get('/blue/a')))).toBeNull();
    expect(await errorName(as('helper', { TEAM: 'red' }).ssm.send(get('/blue/a')))).toBe('AccessDeniedException');
    expect(await errorName(as('helper', { TEAM: 'red' }).ssm.send(get('/red/a')))).toBeNull();
  });
});

test('what the guardrail denies, nobody may do, the account’s administrator neither; it allows nothing by itself', async () => {
  const keep = {
    ...allow('ssm:DeleteParameter', `${parameters}/open/*`),
    Effect: 'Deny',
    Condition: { ArnNotLike: { 'aws:PrincipalArn': [`arn:aws:iam::${ACCOUNT}:role/helper`] } },
  };
  const guarded = await running({ enforce: { ...enforce, guardrail: policy(keep) } });
  const put = (Name: string) => guarded.clients.ssm.send(new PutParameterCommand({ Name, Value: 'v', Type: 'String' }));
  const remove = (Name: string, { ssm }: Pick<ReturnType<typeof as>, 'ssm'> = guarded.clients) => ssm.send(new DeleteParameterCommand({ Name }));
  const helper = sdkClients({ ...guarded, credentials: guarded.taskCredentials('helper') });
  for (const name of ['/open/a', '/blue/a']) await put(name);
  expect(await messageOf(remove('/open/a'))).toContain('because of an explicit deny in a service control policy');
  expect(await messageOf(remove('/open/a', helper))).toContain('no identity-based policy allows the ssm:DeleteParameter action');
  expect(await errorName(remove('/blue/a', helper))).toBeNull();
});

test('a role is assumed by whom it trusts', async () => {
  const assume = (clients: ReturnType<typeof as>, role: string) =>
    errorName(clients.sts.send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/${role}`, RoleSessionName: 'test' })));
  expect(await assume(as('reader'), 'helper')).toBeNull();
  expect(await assume(as('helper'), 'reader')).toBe('AccessDenied');
  expect(await assume(as('helper'), 'missing')).toBe('AccessDenied');
  expect(await errorName(as('helper').sts.send(new GetCallerIdentityCommand({})))).toBeNull();
});

test('a process is given its role’s keys for the role’s token, and no others', async () => {
  const ask = (role: string, authorization: string) => fetch(`${aws.endpoint}/_local/task-credentials/${role}`, { headers: { authorization } });
  const answer = await ask('reader', aws.taskToken('reader'));
  const keys = (await answer.json()) as Record<string, string>;
  const credentials = { accessKeyId: keys.AccessKeyId ?? '', secretAccessKey: keys.SecretAccessKey ?? '', sessionToken: keys.Token ?? '' };
  expect((await sdkClients({ ...aws, credentials }).sts.send(new GetCallerIdentityCommand({}))).Arn).toContain('assumed-role/reader/');
  expect((await ask('helper', aws.taskToken('reader'))).status).toBe(401);
  expect((await ask('reader', '')).status).toBe(401);
  expect((await ask('missing', aws.taskToken('missing'))).status).toBe(404);
});

test.each([
  ['a statement without an effect', { ...enforce, keyPolicy: policy({ Action: ['kms:*'] }) }],
  ['a role without a trust policy', { ...enforce, roles: [{ name: 'x', policy: policy(allow('*', '*')) }] } as unknown as Enforcement],
  ['a member nobody knows', { ...enforce, boundary: {} } as Enforcement],
])('%s is said at the start', async (_, given) => {
  await expect(startLocalAws({ enforce: given })).rejects.toMatchObject({ code: 'options_invalid' });
});
