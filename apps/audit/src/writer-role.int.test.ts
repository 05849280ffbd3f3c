import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyCommand, DecryptCommand, GetPublicKeyCommand, KMSClient, ScheduleKeyDeletionCommand, SignCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GUARDIAN_ROLE, HEAD_WRITER_ROLE, platformPolicies, taskRoleName, tenantRoleName } from '@rcm/credentials/policies';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const place = { accountId: '123456789012', regions: ['us-east-1'], environment: 'prod' };
const CALLERS = ['head writer', 'agent', 'rotator', 'migrator', 'task of rotator', 'guardian'] as const;
type Caller = (typeof CALLERS)[number];

interface Clients {
  readonly s3: S3Client;
  readonly kms: KMSClient;
}
let aws: LocalAws;
let signingKey: string;
let otherKey: string;
const callers = new Map<Caller | 'administrator', Clients>();
const clientsOf = (credentials: LocalAws['credentials']): Clients => {
  const options = { region: aws.region, endpoint: aws.endpoint, credentials, maxAttempts: 1 };
  return { s3: new S3Client({ ...options, forcePathStyle: true }), kms: new KMSClient(options) };
};
const put = (Key: string) =>
  new PutObjectCommand({ Bucket: 'heads', Key, Body: 'x', ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date(Date.now() + 86_400_000) });

interface Act {
  readonly name: string;
  readonly by: readonly Caller[];
  run(clients: Clients): Promise<unknown>;
}
/** Everything that has to do with heads, and the whole of who may do it. */
const ACTS: readonly Act[] = [
  { name: 'adding a head', by: ['head writer'], run: ({ s3 }) => s3.send(put(`audit-heads/${crypto.randomUUID()}`)) },
  { name: 'adding what lies elsewhere', by: [], run: ({ s3 }) => s3.send(put('elsewhere')) },
  { name: 'reading a head', by: [], run: ({ s3 }) => s3.send(new GetObjectCommand({ Bucket: 'heads', Key: 'audit-heads/first' })) },
  { name: 'listing heads', by: [], run: ({ s3 }) => s3.send(new ListObjectVersionsCommand({ Bucket: 'heads' })) },
  { name: 'hiding a head', by: [], run: ({ s3 }) => s3.send(new DeleteObjectCommand({ Bucket: 'heads', Key: 'audit-heads/first' })) },
  { name: 'making a bucket', by: [], run: ({ s3 }) => s3.send(new CreateBucketCommand({ Bucket: 'another', ObjectLockEnabledForBucket: true })) },
  {
    name: 'signing',
    by: ['head writer'],
    run: ({ kms }) => kms.send(new SignCommand({ KeyId: signingKey, Message: Buffer.from('m'), MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256' })),
  },
  {
    name: 'signing with another key',
    by: [],
    run: ({ kms }) => kms.send(new SignCommand({ KeyId: otherKey, Message: Buffer.from('m'), MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256' })),
  },
  { name: 'reading the public key', by: ['head writer'], run: ({ kms }) => kms.send(new GetPublicKeyCommand({ KeyId: signingKey })) },
  { name: 'deleting the key', by: [], run: ({ kms }) => kms.send(new ScheduleKeyDeletionCommand({ KeyId: signingKey })) },
  {
    name: 'decrypting with the key of secrets',
    by: [],
    run: ({ kms }) => kms.send(new DecryptCommand({ KeyId: aws.kmsKeyArn, CiphertextBlob: Buffer.alloc(64, 1) })),
  },
];

describe.skipIf(backend() === 'containers')('the role that writes audit heads, over HTTP (the emulator in containers enforces no policies)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rcm-writer-role-'));
  beforeAll(async () => {
    // The key's name is AWS's to give: an administrator makes it, and then the policies that name it are deployed.
    const dataFile = join(folder, 'aws.db');
    aws = await startLocalAws({ dataFile });
    const { s3, kms } = clientsOf(aws.credentials);
    await s3.send(new CreateBucketCommand({ Bucket: 'heads', ObjectLockEnabledForBucket: true }));
    await s3.send(put('audit-heads/first'));
    const newKey = async () => (await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }))).KeyMetadata?.Arn ?? '';
    [signingKey, otherKey] = [await newKey(), await newKey()];
    s3.destroy();
    kms.destroy();
    await aws.close();
    aws = await startLocalAws({ dataFile, enforce: platformPolicies({ ...place, auditHeads: { bucket: 'heads', signingKeyArn: signingKey } }) });
    const tags = { env: 'prod', tenant_id: 'mercy' };
    const keys = {
      'head writer': aws.taskCredentials(HEAD_WRITER_ROLE),
      agent: aws.taskCredentials(tenantRoleName('agent'), tags),
      rotator: aws.taskCredentials(tenantRoleName('rotator'), tags),
      migrator: aws.taskCredentials(tenantRoleName('migrator'), tags),
      'task of rotator': aws.taskCredentials(taskRoleName('rotator')),
      guardian: aws.taskCredentials(GUARDIAN_ROLE),
    };
    for (const caller of CALLERS) callers.set(caller, clientsOf(keys[caller]));
  });
  afterAll(async () => {
    for (const { s3, kms } of callers.values()) {
      s3.destroy();
      kms.destroy();
    }
    await aws?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(ACTS.flatMap((act) => CALLERS.map((caller) => [act.by.includes(caller) ? 'lets' : 'does not let', caller, act.name, act] as const)))(
    '%s the %s be: %s',
    async (may, caller, _, act) => {
      const clients = callers.get(caller);
      if (!clients) throw new Error(`no clients of ${caller}`);
      const refused = await act.run(clients).then(
        () => null,
        (error: unknown) => (error as Error).name,
      );
      if (may === 'lets') expect(refused).toBeNull();
      else expect(refused).toMatch(/^AccessDenied(Exception)?$/);
    },
  );
});

it.each([
  ['a bucket that is none', { bucket: 'Heads/*' }],
  ['a prefix that opens the whole bucket', { bucket: 'heads', prefix: '' }],
  ['a key of another account', { bucket: 'heads', signingKeyArn: 'arn:aws:kms:us-east-1:210987654321:key/1' }],
  ['every key', { bucket: 'heads', signingKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/*' }],
])('policies are not made for %s', (_, auditHeads) => {
  expect(() => platformPolicies({ ...place, auditHeads })).toThrow(/cannot be made/);
});
