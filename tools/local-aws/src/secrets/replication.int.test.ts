import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  StopReplicationToReplicaCommand,
} from '@aws-sdk/client-secrets-manager';
import { expect, onTestFinished, test } from 'vitest';
import { sdkClients } from '../conformance/subject.fixture.ts';
import { Regions } from '../regions.ts';
import { errorName, running, temporaryFolder, testClock } from '../running.fixture.ts';
import { startLocalAws } from '../start.ts';

const AWAY = 'us-west-2';
const NAME = 'north/one';
const ACCOUNT = '123456789012';

type Options = Parameters<typeof running>[0];

async function twoRegions(more: Options = {}, moreAway: Options = {}) {
  const regions = new Regions();
  const [home, away] = [await running({ ...more, regions }), await running({ ...more, ...moreAway, regions, region: AWAY })];
  const replicate = (KmsKeyId = away.kmsKeyArn, clients = home.clients) =>
    clients.secrets.send(new ReplicateSecretToRegionsCommand({ SecretId: NAME, AddReplicaRegions: [{ Region: AWAY, KmsKeyId }] }));
  const status = async () => (await home.clients.secrets.send(new DescribeSecretCommand({ SecretId: NAME }))).ReplicationStatus?.[0];
  const put = (SecretString: string, clients = home.clients) => clients.secrets.send(new PutSecretValueCommand({ SecretId: NAME, SecretString }));
  const there = async () => (await away.clients.secrets.send(new GetSecretValueCommand({ SecretId: NAME }))).SecretString;
  await home.clients.secrets.send(new CreateSecretCommand({ Name: NAME, SecretString: 'one', KmsKeyId: home.kmsKeyArn }));
  return { home, away, regions, replicate, status, put, there };
}

test('a change is answered before it reaches the replica, which has the value before until then', async () => {
  const { regions, replicate, status, put, there } = await twoRegions();
  regions.hold();
  expect((await replicate()).ReplicationStatus).toMatchObject([{ Region: AWAY, Status: 'InProgress' }]);
  expect(await status()).toMatchObject({ Status: 'InProgress' });
  expect(await errorName(there())).toBe('ResourceNotFoundException');
  regions.release();
  expect([(await status())?.Status, await there()]).toEqual(['InSync', 'one']);
  regions.hold();
  await put('two');
  expect([(await status())?.Status, await there()]).toEqual(['InProgress', 'one']);
  regions.release();
  expect([(await status())?.Status, await there()]).toEqual(['InSync', 'two']);
});

test('what cannot be reached is reached later; the secret itself is written meanwhile', async () => {
  const { away, replicate, status, put, there } = await twoRegions();
  away.setFaults({ kind: 'down' });
  await replicate();
  await put('two');
  expect((await status())?.Status).toBe('InProgress');
  away.setFaults({ kind: 'none' });
  await status();
  expect([(await status())?.Status, await there()]).toEqual(['InSync', 'two']);
});

test('a replica that has failed stays so until it is asked for again; one that is there is not asked for twice', async () => {
  const { away, replicate, status, put, there } = await twoRegions();
  const KeyId = away.kmsKeyArn;
  await away.clients.kms.send(new DisableKeyCommand({ KeyId }));
  await replicate();
  expect(await status()).toMatchObject({ Status: 'Failed', StatusMessage: expect.stringContaining('disabled') });
  await away.clients.kms.send(new EnableKeyCommand({ KeyId }));
  await put('two');
  expect((await status())?.Status).toBe('Failed');
  await replicate();
  expect([(await status())?.Status, await there()]).toEqual(['InSync', 'two']);
  expect(await errorName(replicate())).toBe('InvalidParameterException');
  expect(await errorName(replicate(KeyId, away.clients))).toBe('InvalidParameterException');
});

test('a replica that was left behind keeps its name from the secret that comes after its own, until it is promoted and deleted', async () => {
  const { home, away, replicate, status, there } = await twoRegions();
  await replicate();
  away.setFaults({ kind: 'down' });
  await home.clients.secrets.send(new RemoveRegionsFromReplicationCommand({ SecretId: NAME, RemoveReplicaRegions: [AWAY] }));
  await home.clients.secrets.send(new DeleteSecretCommand({ SecretId: NAME, ForceDeleteWithoutRecovery: true }));
  await home.clients.secrets.send(new CreateSecretCommand({ Name: NAME, SecretString: 'two' }));
  away.setFaults({ kind: 'none' });
  await replicate();
  expect([(await status())?.Status, await there()]).toEqual(['Failed', 'one']);
  await away.clients.secrets.send(new StopReplicationToReplicaCommand({ SecretId: NAME }));
  await away.clients.secrets.send(new DeleteSecretCommand({ SecretId: NAME, ForceDeleteWithoutRecovery: true }));
  await replicate();
  expect([(await status())?.Status, await there()]).toEqual(['InSync', 'two']);
});

test('a write is answered as done where another region’s storage fails, which is told and has it later', async () => {
  const dataFile = join(temporaryFolder(), 'away');
  const defects: unknown[] = [];
  const { replicate, status, put, there } = await twoRegions({ onInternalError: (error) => defects.push(error) }, { dataFile });
  await replicate();
  const storage = new DatabaseSync(dataFile);
  onTestFinished(() => storage.close());
  storage.exec("CREATE TRIGGER broken BEFORE INSERT ON stored_value BEGIN SELECT RAISE(ABORT, 'broken storage'); END");
  expect(await errorName(put('two'))).toBeNull();
  expect([(await status())?.Status, await there()]).toEqual(['InProgress', 'one']);
  expect(String(defects[0])).toContain('broken storage');
  storage.exec('DROP TRIGGER broken');
  expect([(await status())?.Status, await there()]).toEqual(['InSync', 'two']);
});

test('a region that could not start is none: the others are not held up by it', async () => {
  const regions = new Regions();
  const { clients, endpoint } = await running({ regions });
  const port = Number(new URL(endpoint).port);
  await expect(startLocalAws({ regions, region: AWAY, port })).rejects.toMatchObject({ code: 'port_unavailable' });
  const AddReplicaRegions = [{ Region: AWAY }];
  expect(await errorName(clients.secrets.send(new CreateSecretCommand({ Name: NAME, SecretString: 'one' })))).toBeNull();
  expect(await errorName(clients.secrets.send(new ReplicateSecretToRegionsCommand({ SecretId: NAME, AddReplicaRegions })))).toBe('InvalidParameterException');
});

test('a deleted secret whose window has passed keeps its name from no replica', async () => {
  const clock = testClock();
  const { away, replicate, status, there } = await twoRegions({ clock });
  await away.clients.secrets.send(new CreateSecretCommand({ Name: NAME, SecretString: 'another' }));
  await away.clients.secrets.send(new DeleteSecretCommand({ SecretId: NAME, RecoveryWindowInDays: 7 }));
  clock.advance(8 * 86_400_000);
  // The first call tells the SDK what time it is here.
  await errorName(status());
  await replicate();
  expect((await status())?.Status).toBe('InSync');
  await errorName(there());
  expect(await there()).toBe('one');
});

test('whoever writes a value must be allowed to encrypt under the replica’s key as well', async () => {
  const allow = (Action: string[], Resource = '*') => ({ Effect: 'Allow', Action, Resource: [Resource] });
  const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
  const trustPolicy = policy({ Effect: 'Allow', Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:role/nobody`] }, Action: ['sts:AssumeRole'] });
  const use = (name: string, actions: string[]) => ({
    ...{ Effect: 'Allow', Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:${name}`] }, Action: actions, Resource: ['*'] },
    Condition: { StringEquals: { 'kms:ViaService': ['us-east-1', AWAY].map((region) => `secretsmanager.${region}.amazonaws.com`) } },
  });
  const roles = ['copier', 'writer'].map((name) => ({ name, trustPolicy, policy: policy(allow(['secretsmanager:*'])) }));
  const keyPolicy = policy(
    use('user/local-admin', ['kms:*']),
    use('role/copier', ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt']),
    use('role/writer', ['kms:Decrypt', 'kms:GenerateDataKey']),
  );
  const { home, replicate, status, put, there } = await twoRegions({ enforce: { roles, keyPolicy } });
  const as = (role: string) => sdkClients({ ...home, credentials: home.taskCredentials(role) });
  await replicate(undefined, as('writer'));
  expect(await status()).toMatchObject({ Status: 'Failed', StatusMessage: expect.stringContaining('KMS') });
  await replicate(undefined, as('copier'));
  expect((await status())?.Status).toBe('InSync');
  await put('two', as('copier'));
  expect([(await status())?.Status, await there()]).toEqual(['InSync', 'two']);
  await put('three', as('writer'));
  expect([(await status())?.Status, await there()]).toEqual(['Failed', 'two']);
});
