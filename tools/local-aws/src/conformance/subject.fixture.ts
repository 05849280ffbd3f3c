import { randomUUID } from 'node:crypto';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { backend, localStackEndpoint } from '@rcm/test-services';
import type { AccessKey } from '../identity/principal.ts';
import { Regions } from '../regions.ts';
import { startLocalAws } from '../start.ts';

const ELSEWHERE = 'us-west-2';

/** What a case is run against: local-aws, or the emulator in a container, through the same unmodified SDK. */
export interface Subject {
  readonly ssm: SSMClient;
  readonly secrets: SecretsManagerClient;
  readonly kms: KMSClient;
  readonly sts: STSClient;
  readonly sns: SNSClient;
  readonly endpoint: string;
  readonly region: string;
  /** The same account's Secrets Manager in another region. */
  readonly elsewhere: { readonly region: string; readonly secrets: SecretsManagerClient };
  readonly credentials: AccessKey;
  /** ARN of an enabled customer key. */
  readonly keyArn: string;
  readonly roleArn: string;
  /** Which one this is; `stand-in` is the moto of tools/test-images, `localstack` anything else in the container. */
  readonly kind: 'local-aws' | 'stand-in' | 'localstack';
  close(): Promise<void>;
}

export type Clients = Pick<Subject, 'ssm' | 'secrets' | 'kms' | 'sts' | 'sns'>;

export async function startSubject(): Promise<Subject> {
  return backend() === 'containers' ? emulator(await localStackEndpoint()) : localAws();
}

async function localAws(): Promise<Subject> {
  const regions = new Regions();
  const [aws, other] = await Promise.all([startLocalAws({ regions }), startLocalAws({ regions, region: ELSEWHERE })]);
  const { endpoint, region, credentials } = aws;
  const [clients, there] = [sdkClients({ endpoint, region, credentials }), sdkClients(other)];
  return {
    ...clients,
    elsewhere: { region: ELSEWHERE, secrets: there.secrets },
    ...{ endpoint, region, credentials, keyArn: aws.kmsKeyArn, roleArn: aws.tenantRoleArn('agent'), kind: 'local-aws' },
    async close() {
      [clients, there].forEach(destroy);
      await Promise.all([aws.close(), other.close()]);
    },
  };
}

async function emulator(endpoint: string): Promise<Subject> {
  const region = 'us-east-1';
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'test' };
  const clients = sdkClients({ endpoint, region, credentials });
  const there = sdkClients({ endpoint, region: ELSEWHERE, credentials });
  const { KeyMetadata } = await clients.kms.send(new CreateKeyCommand({ Description: randomUUID() }));
  // Only moto's own server has this route.
  const data = await fetch(`${endpoint}/moto-api/data.json`, { signal: AbortSignal.timeout(10_000) });
  // Node's HTTP client fails outside any promise where a connection ends under a body that nobody has read.
  await data.arrayBuffer();
  return {
    ...clients,
    elsewhere: { region: ELSEWHERE, secrets: there.secrets },
    ...{
      endpoint,
      region,
      credentials,
      keyArn: KeyMetadata?.Arn ?? '',
      roleArn: 'arn:aws:iam::000000000000:role/rcm-agent-tenant',
      kind: data.ok ? 'stand-in' : 'localstack',
    },
    close: async () => [clients, there].forEach(destroy),
  };
}

export interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: AccessKey & { readonly sessionToken?: string };
}

/** One attempt per call: a case is about the first answer. */
export function sdkClients(options: ClientOptions): Clients {
  // The SDK writes into the credentials it is given.
  const config = { ...options, credentials: { ...options.credentials }, maxAttempts: 1 };
  return {
    ssm: new SSMClient(config),
    secrets: new SecretsManagerClient(config),
    kms: new KMSClient(config),
    sts: new STSClient(config),
    sns: new SNSClient(config),
  };
}

function destroy(clients: Clients): void {
  for (const client of Object.values(clients)) client.destroy();
}
