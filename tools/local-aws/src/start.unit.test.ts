import { GetParameterCommand, GetParametersCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { CreateSecretCommand, DeleteSecretCommand, DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, PublishCommand } from '@aws-sdk/client-sns';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import { sdkClients } from './conformance/subject.fixture.ts';
import { errorName, running, tenant, testClock } from './running.fixture.ts';

const put = (Name: string, Value = 'v') => new PutParameterCommand({ Name, Value, Type: 'SecureString' });
const get = (Name: string) => new GetParameterCommand({ Name, WithDecryption: true });
const DAY_MS = 86_400_000;

describe('quotas', () => {
  test('the fourth write within a second is throttled with status 400', async () => {
    const { clients } = await running({ quotas: { writes: 3 }, clock: testClock() });
    for (const name of ['/a', '/b', '/c']) await clients.ssm.send(put(name));
    await expect(clients.ssm.send(put('/d'))).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } });
  });
});

describe('faults', () => {
  test('error500 answers the service’s own internal error and does nothing', async () => {
    const { clients, setFaults } = await running();
    setFaults({ kind: 'error500', match: 'ssm', count: 1 });
    await expect(clients.ssm.send(put('/a'))).rejects.toMatchObject({ name: 'InternalServerError', $metadata: { httpStatusCode: 500 } });
    expect(await errorName(clients.ssm.send(get('/a')))).toBe('ParameterNotFound');
  });

  test('drop before the act loses the call, drop after it loses only the answer', async () => {
    const { clients, setFaults } = await running();
    setFaults({ kind: 'drop', match: 'ssm:PutParameter' });
    await expect(clients.ssm.send(put('/a'))).rejects.toThrow();
    setFaults({ kind: 'drop', when: 'after', match: 'ssm:PutParameter' });
    await expect(clients.ssm.send(put('/b'))).rejects.toThrow();
    setFaults({ kind: 'none' });
    expect(await errorName(clients.ssm.send(get('/a')))).toBe('ParameterNotFound');
    expect(await errorName(clients.ssm.send(get('/b')))).toBeNull();
  });

  test('slow waits, and hits only the operation it names', async () => {
    const { clients, setFaults } = await running();
    setFaults({ kind: 'slow', delayMs: 1_500, match: 'sts:GetCallerIdentity' });
    const began = performance.now();
    await clients.ssm.send(put('/a'));
    expect(performance.now() - began).toBeLessThan(1_400);
    await clients.sts.send(new GetCallerIdentityCommand({}));
    expect(performance.now() - began).toBeGreaterThan(1_490);
  });

  test('the SDK’s own retries get over one fault', async () => {
    const aws = await running();
    aws.setFaults([{ kind: 'down', match: 'sts', count: 1 }]);
    const patient = new STSClient({ ...aws, maxAttempts: 2 });
    expect(await errorName(patient.send(new GetCallerIdentityCommand({})))).toBeNull();
    patient.destroy();
  });

  test('the control route takes faults from the holder of the base key only', async () => {
    const { clients, endpoint, credentials } = await running();
    const ask = (bearer: string, body: unknown) =>
      fetch(`${endpoint}/_local/faults`, { method: 'PUT', headers: { authorization: `Bearer ${bearer}` }, body: JSON.stringify(body) });
    expect((await ask('wrong', { kind: 'down' })).status).toBe(401);
    expect((await ask(credentials.secretAccessKey, { kind: 'dwon' })).status).toBe(400);
    expect(await errorName(clients.ssm.send(put('/a')))).toBeNull();
    expect((await ask(credentials.secretAccessKey, { kind: 'error500', match: 'ssm' })).status).toBe(200);
    expect(await errorName(clients.ssm.send(put('/b')))).toBe('InternalServerError');
    expect((await fetch(`${endpoint}/_local/health`)).status).toBe(200);
  });
});

describe('time', () => {
  test('a session ends, and says so', async () => {
    const clock = testClock();
    const aws = await running({ clock });
    const north = await tenant(aws, 'rotator', { env: 'dev', tenant_id: 'north' }, 900);
    await north.ssm.send(put('/rcm/dev/north/endpoints/e/a'));
    clock.advance(901_000);
    // The first call tells the SDK what time it is here.
    await errorName(north.sts.send(new GetCallerIdentityCommand({})));
    expect(await errorName(north.ssm.send(get('/rcm/dev/north/endpoints/e/a')))).toMatch(/^(ExpiredTokenException|InvalidSignatureException)$/);
    expect(await errorName(north.ssm.send(get('/rcm/dev/north/endpoints/e/a')))).toBe('ExpiredTokenException');
  });

  test('a request more than five minutes off is refused, and the SDK corrects its clock by the answer', async () => {
    const { clients } = await running({ clock: testClock(new Date(Date.now() + 40 * DAY_MS)) });
    expect(await errorName(clients.ssm.send(put('/a')))).toBe('InvalidSignatureException');
    expect(await errorName(clients.ssm.send(put('/a')))).toBeNull();
  });

  test('a deleted secret is gone when its window has passed, and its name is free', async () => {
    const clock = testClock();
    const { clients } = await running({ clock });
    await clients.secrets.send(new CreateSecretCommand({ Name: 's', SecretString: 'one' }));
    await clients.secrets.send(new DeleteSecretCommand({ SecretId: 's', RecoveryWindowInDays: 7 }));
    clock.advance(7 * DAY_MS + 1_000);
    await errorName(clients.secrets.send(new DescribeSecretCommand({ SecretId: 's' })));
    expect(await errorName(clients.secrets.send(new DescribeSecretCommand({ SecretId: 's' })))).toBe('ResourceNotFoundException');
    expect(await errorName(clients.secrets.send(new CreateSecretCommand({ Name: 's', SecretString: 'two' })))).toBeNull();
  });
});

describe('tenants', () => {
  test('a session reaches its own tenant’s secrets and nobody else’s', async () => {
    const aws = await running();
    const north = await tenant(aws, 'rotator', { env: 'dev', tenant_id: 'north' });
    const south = await tenant(aws, 'rotator', { env: 'dev', tenant_id: 'south' });
    const agent = await tenant(aws, 'agent', { env: 'dev', tenant_id: 'north' });
    await north.ssm.send(put('/rcm/dev/north/endpoints/e/a', 'mine'));
    await north.ssm.send(put('/rcm/dev/north/rotation/e/a/1', 'staged'));
    await north.secrets.send(new CreateSecretCommand({ Name: 'rcm/dev/north/endpoints/e/a', SecretString: 'mine' }));
    expect((await agent.ssm.send(get('/rcm/dev/north/endpoints/e/a'))).Parameter?.Value).toBe('mine');
    expect((await agent.secrets.send(new GetSecretValueCommand({ SecretId: 'rcm/dev/north/endpoints/e/a', VersionStage: 'AWSCURRENT' }))).SecretString).toBe(
      'mine',
    );
    const refusals = [
      agent.secrets.send(new GetSecretValueCommand({ SecretId: 'rcm/dev/north/endpoints/e/a' })),
      agent.ssm.send(get('/rcm/dev/north/rotation/e/a/1')),
      agent.ssm.send(new GetParametersCommand({ Names: ['/rcm/dev/north/endpoints/e/a', '/rcm/dev/south/endpoints/e/a'] })),
      south.ssm.send(get('/rcm/dev/north/endpoints/e/a')),
      south.ssm.send(put('/rcm/dev/north/endpoints/e/a')),
      south.secrets.send(new GetSecretValueCommand({ SecretId: 'rcm/dev/north/endpoints/e/a', VersionStage: 'AWSCURRENT' })),
    ];
    expect(await Promise.all(refusals.map(errorName))).toEqual(refusals.map(() => 'AccessDeniedException'));
  });

  test('a chained session assumes a tenant role for an hour at most, and a tenant session assumes none', async () => {
    const aws = await running({ baseIsAdmin: false });
    expect(await errorName(aws.clients.ssm.send(get('/a')))).toBe('AccessDeniedException');
    const session = async (clients: typeof aws.clients, RoleArn: string, DurationSeconds = 3_600) => {
      const { Credentials } = await clients.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'task', DurationSeconds }));
      return sdkClients({
        ...aws,
        credentials: {
          accessKeyId: Credentials?.AccessKeyId ?? '',
          secretAccessKey: Credentials?.SecretAccessKey ?? '',
          sessionToken: Credentials?.SessionToken ?? '',
        },
      });
    };
    const task = await session(aws.clients, aws.taskRoleArn, 7_200);
    expect(await errorName(session(task, aws.tenantRoleArn('agent'), 3_601))).toBe('ValidationError');
    const agent = await session(task, aws.tenantRoleArn('agent'));
    expect(await errorName(session(agent, aws.tenantRoleArn('rotator')))).toBe('AccessDenied');
  });
});

test('what was published can be looked at', async () => {
  const aws = await running();
  const { TopicArn } = await aws.clients.sns.send(new CreateTopicCommand({ Name: 'notices' }));
  await aws.clients.sns.send(new PublishCommand({ TopicArn, Message: 'words', Subject: 'subject' }));
  expect(aws.published()).toMatchObject([{ topicArn: TopicArn, message: 'words', subject: 'subject' }]);
});

test('a body larger than any operation can use is refused unread', async () => {
  const { endpoint } = await running();
  expect((await fetch(endpoint, { method: 'POST', body: Buffer.alloc(1_048_577) })).status).toBe(413);
});

test('a member or operation that is not played is refused, not ignored', async () => {
  const { clients } = await running();
  const policies = new PutParameterCommand({ Name: '/a', Value: 'v', Type: 'String', Tier: 'Advanced', Policies: '[]' });
  await expect(clients.ssm.send(policies)).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining('Policies') });
});
