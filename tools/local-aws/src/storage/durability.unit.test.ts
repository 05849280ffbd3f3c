import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { CreateSecretCommand, GetSecretValueCommand, PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, PublishCommand } from '@aws-sdk/client-sns';
import { expect, onTestFinished, test } from 'vitest';
import { sdkClients } from '../conformance/subject.fixture.ts';
import { everyValueEver } from '../every-value-ever.ts';
import { errorName, running, temporaryFolder, tenant } from '../running.fixture.ts';
import { startLocalAws } from '../start.ts';

/** Starts three processes one after the other, on a machine that may be busy. */
const PROCESS_TIMEOUT_MS = 60_000;
const KILL_AFTER_WRITES = 15;
const MAIN = join(import.meta.dirname, '..', 'main.ts');

interface Started {
  readonly child: ChildProcess;
  readonly clients: ReturnType<typeof sdkClients>;
}

async function start(folder: string): Promise<Started> {
  const credentialsFile = join(folder, 'credentials');
  const child = spawn(process.execPath, [MAIN, '--data-file', join(folder, 'data'), '--credentials-file', credentialsFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { endpoint, region } = JSON.parse(line) as { endpoint: string; region: string };
  const [, accessKeyId = '', secretAccessKey = ''] = /id = (.*)\n.*key = (.*)\n/.exec(readFileSync(credentialsFile, 'utf8')) ?? [];
  return { child, clients: sdkClients({ endpoint, region, credentials: { accessKeyId, secretAccessKey } }) };
}

test(
  'every acknowledged write is there, and known to have existed, after SIGKILL in the middle of writing',
  async () => {
    const folder = temporaryFolder();
    const acknowledged = new Map<string, string>();
    const everAcknowledged: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const { child, clients } = await start(folder);
      const exited = once(child, 'exit');
      const writer = async (lane: number): Promise<void> => {
        for (let index = 0; ; index += 1) {
          // The other lanes have a write under way at this moment.
          if (lane === 0 && index === KILL_AFTER_WRITES) child.kill('SIGKILL');
          const [Name, Value] = [`/round${round}/lane${lane}`, `value ${round} ${lane} ${index}`];
          await clients.ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
          acknowledged.set(Name, Value);
          everAcknowledged.push(Value);
        }
      };
      await Promise.allSettled([writer(0), writer(1), writer(2)]);
      await exited;
    }
    expect(await everyValueEver(join(folder, 'data'))).toEqual(expect.arrayContaining(everAcknowledged));
    const { child, clients } = await start(folder);
    expect(acknowledged.size).toBe(6);
    for (const [Name, Value] of acknowledged) {
      const found = (await clients.ssm.send(new GetParameterCommand({ Name, WithDecryption: true }))).Parameter?.Value ?? '';
      // A write whose answer was lost may be there as well; never an older one.
      expect(Number(found.split(' ').at(-1))).toBeGreaterThanOrEqual(Number(Value.split(' ').at(-1)));
    }
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  },
  PROCESS_TIMEOUT_MS,
);

test('a restart on the same data file keeps keys, secrets and sessions of callers', async () => {
  const dataFile = join(temporaryFolder(), 'data');
  const first = await startLocalAws({ dataFile });
  const north = await tenant({ ...first, clients: sdkClients(first) }, 'rotator', { env: 'dev', tenant_id: 'north' });
  const Name = '/rcm/dev/north/endpoints/e/a';
  await north.ssm.send(new PutParameterCommand({ Name, Value: 'kept', Type: 'SecureString' }));
  await first.close();
  const second = await running({ dataFile, port: Number(new URL(first.endpoint).port) });
  expect(second.credentials).toEqual(first.credentials);
  expect(second.kmsKeyArn).toBe(first.kmsKeyArn);
  // The first call may still find the connection that the first server closed.
  await errorName(north.ssm.send(new GetParameterCommand({ Name })));
  expect((await north.ssm.send(new GetParameterCommand({ Name, WithDecryption: true }))).Parameter?.Value).toBe('kept');
});

test('no value is readable in any file, and every value that ever was is known while the server runs', async () => {
  const folder = temporaryFolder();
  const dataFile = join(folder, 'data');
  const { clients, kmsKeyArn } = await running({ dataFile });
  const values = ['first-🔑-value', 'second-value', 'plain-string-value', 'secret-one', 'secret-two-pending', 'deleted-value'];
  const [first = '', second = '', plain = '', secretOne = '', pending = '', deleted = ''] = values;
  await clients.ssm.send(new PutParameterCommand({ Name: '/a', Value: first, Type: 'SecureString', KeyId: kmsKeyArn }));
  await clients.ssm.send(new PutParameterCommand({ Name: '/a', Value: second, Overwrite: true }));
  await clients.ssm.send(new PutParameterCommand({ Name: '/b', Value: plain, Type: 'String' }));
  await clients.ssm.send(new PutParameterCommand({ Name: '/c', Value: deleted, Type: 'SecureString' }));
  await clients.ssm.send(new DeleteParameterCommand({ Name: '/c' }));
  await clients.secrets.send(new CreateSecretCommand({ Name: 's', SecretString: secretOne }));
  const { VersionId } = await clients.secrets.send(new PutSecretValueCommand({ SecretId: 's', SecretString: pending, VersionStages: ['AWSPENDING'] }));
  await clients.secrets.send(new UpdateSecretVersionStageCommand({ SecretId: 's', VersionStage: 'AWSPENDING', RemoveFromVersionId: VersionId }));
  const { TopicArn } = await clients.sns.send(new CreateTopicCommand({ Name: 't' }));
  await clients.sns.send(new PublishCommand({ TopicArn, Message: 'message-value' }));
  await clients.secrets.send(new GetSecretValueCommand({ SecretId: 's' }));

  expect((await everyValueEver(dataFile)).sort()).toEqual([...values].sort());
  expect(existsSync(`${dataFile}-wal`)).toBe(true);
  for (const file of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, file));
    for (const value of [...values, 'message-value']) {
      for (const form of [value, Buffer.from(value).toString('base64').replace(/=+$/, ''), Buffer.from(value, 'utf16le')])
        expect(bytes.includes(form), `${file} holds ${value}`).toBe(false);
    }
  }
  expect(statSync(`${dataFile}.hsm`).mode & 0o777).toBe(0o600);
});

test('the table of values takes no change and no deletion', async () => {
  const dataFile = join(temporaryFolder(), 'data');
  const { clients } = await running({ dataFile });
  await clients.ssm.send(new PutParameterCommand({ Name: '/a', Value: 'v', Type: 'String' }));
  const other = new DatabaseSync(dataFile);
  onTestFinished(() => other.close());
  expect(() => other.exec('DELETE FROM stored_value')).toThrow('append-only');
  expect(() => other.exec('UPDATE stored_value SET written_at = 0')).toThrow('append-only');
});
