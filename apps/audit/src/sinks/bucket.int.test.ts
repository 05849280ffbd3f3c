import { writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit, type AuditEnvironment, openAuditEnvironment } from '../testing.fixture.ts';
import type { Report } from '../verify-audit.mjs';

let w: AuditEnvironment;
let aws: LocalAws;
let s3: S3Client;
let kmsKey: string;
let kmsPublicKey: string;

beforeAll(async () => {
  [w, aws] = [await openAuditEnvironment(), await startLocalAws()];
  const { accessKeyId, secretAccessKey } = aws.credentials;
  writeFileSync(join(w.folder, 'credentials'), `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`);
  // The SDK's default chain reads it from here.
  process.env.AWS_SHARED_CREDENTIALS_FILE = join(w.folder, 'credentials');
  const options = { endpoint: aws.endpoint, region: aws.region, credentials: { ...aws.credentials } };
  s3 = new S3Client({ ...options, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'heads', ObjectLockEnabledForBucket: true }));
  const kms = new KMSClient(options);
  kmsKey = (await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }))).KeyMetadata?.Arn ?? '';
  kms.destroy();
  const { stdout } = await audit(['key', '--json'], w.environment('rcm_head_writer', inAws()));
  kmsPublicKey = join(w.folder, 'kms.pem');
  writeFileSync(kmsPublicKey, (JSON.parse(stdout) as { pem: string }).pem);
  await w.organization('hospital-1', 'hospital-2');
  await w.append('hospital-1', 5);
  await w.append('hospital-2', 2);
});
afterAll(async () => {
  s3.destroy();
  await aws.close();
  await w.close();
});

const inAws = (more: Record<string, string> = {}): Record<string, string> => ({
  ...{ RCM_AUDIT_SIGNING_KEY_FILE: '', RCM_AUDIT_SIGNING_KMS_KEY: kmsKey, RCM_AUDIT_HEADS_FILE: '', RCM_AUDIT_BUCKET: 'heads' },
  ...{ RCM_AWS_REGION: aws.region, RCM_AWS_ENDPOINT: aws.endpoint, RCM_AUDIT_DEADLINE_MS: '60000' },
  ...more,
});
const write = (more?: Record<string, string>) => audit(['heads', 'write', '--json'], w.environment('rcm_head_writer', inAws(more)));
const verify = async (more: Record<string, string> = {}) => {
  const settings = {
    RCM_AUDIT_HEADS_FILE: '',
    RCM_AUDIT_BUCKET: 'heads',
    RCM_AUDIT_PUBLIC_KEYS: kmsPublicKey,
    RCM_AWS_REGION: aws.region,
    RCM_AWS_ENDPOINT: aws.endpoint,
  };
  const { code, stdout } = await audit(['verify', '--json'], w.environment('rcm_auditor', { ...settings, ...more }));
  return { code, report: JSON.parse(stdout) as Report };
};
const versions = async () => (await s3.send(new ListObjectVersionsCommand({ Bucket: 'heads' }))).Versions ?? [];

test('heads that KMS has signed lie in a bucket that gives them back, and nobody takes them out before their time', async () => {
  expect(await write()).toMatchObject({ code: 0 });
  const { code, report } = await verify();
  expect(report).toMatchObject({ ok: true, heads: 2, chains: [{ proven: 5 }, { proven: 2 }] });
  expect(code).toBe(0);
  const [kept] = await versions();
  expect(kept?.Key).toMatch(/^audit-heads\/\d{4}-\d\d-\d\d\/.*\.ndjson$/);
  await expect(
    s3.send(new DeleteObjectCommand({ Bucket: 'heads', Key: kept?.Key, VersionId: kept?.VersionId, BypassGovernanceRetention: true })),
  ).rejects.toMatchObject({
    name: 'AccessDenied',
  });
});

test('who hides heads behind a marker, or writes over them, hides nothing from `verify`', async () => {
  const [kept] = await versions();
  await s3.send(new DeleteObjectCommand({ Bucket: 'heads', Key: kept?.Key }));
  expect((await verify()).report).toMatchObject({ ok: true, heads: 2 });
  await w.tamper('CREATE TABLE kept AS SELECT * FROM audit_event', "DELETE FROM audit_event WHERE org_id = 'hospital-2'");
  const { report } = await verify();
  await w.tamper('DELETE FROM audit_event', 'INSERT INTO audit_event SELECT * FROM kept', 'DROP TABLE kept');
  expect(report.findings).toMatchObject([{ kind: 'chain_missing', org: 'hospital-2' }]);
  await s3.send(new PutObjectCommand({ Bucket: 'heads', Key: kept?.Key, Body: 'nothing\n' }));
  const over = await verify();
  expect(over.report).toMatchObject({ heads: 2, findings: [{ kind: 'head_damaged' }] });
  const written = (await versions()).find(({ Size, Key, IsLatest }) => Key === kept?.Key && (Size === 8 || IsLatest));
  await s3.send(new DeleteObjectCommand({ Bucket: 'heads', Key: written?.Key, VersionId: written?.VersionId }));
});

test('a bucket that is down keeps the file from nothing, is told of, and is given everything next time', async () => {
  await w.append('hospital-2', 1);
  aws.setFaults({ match: 's3:PutObject', kind: 'drop' });
  const file = join(w.folder, 'beside.ndjson');
  const down = await write({ RCM_AUDIT_HEADS_FILE: file });
  aws.setFaults({ kind: 'none' });
  expect(down.code).toBe(1);
  expect((JSON.parse(down.stdout) as { sinks: object[] }).sinks).toEqual([
    { name: 'file', heads: 2, problem: null },
    { name: 'bucket', heads: 0, problem: expect.stringContaining('S3 did not take heads') },
  ]);
  expect((await write({ RCM_AUDIT_HEADS_FILE: file })).code).toBe(0);
  expect((await verify()).report).toMatchObject({ ok: true, chains: [{ proven: 5 }, { proven: 3 }] });
});

/** Stands before S3 and counts how many objects are asked for at once; each takes a moment. */
async function countingFront() {
  const { hostname, port } = new URL(aws.endpoint);
  let [open, most] = [0, 0];
  const server = createServer((incoming, answer) => {
    const { method, url: path = '', headers } = incoming;
    const isObject = method === 'GET' && path.includes('.ndjson');
    if (isObject) most = Math.max(most, (open += 1));
    const onward = request({ hostname, port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      setTimeout(() => response.pipe(answer), isObject ? 20 : 0);
      response.on('end', () => (open -= isObject ? 1 : 0));
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, most: () => most, close: () => server.close().closeAllConnections() };
}

test('heads of many rounds are read side by side: how long a check takes is not how long S3 takes for each', async () => {
  for (let n = 10; n < 70; n += 1) await s3.send(new PutObjectCommand({ Bucket: 'heads', Key: `rounds/${n}.ndjson`, Body: `no head of round ${n}\n` }));
  const front = await countingFront();
  const { report } = await verify({ RCM_AUDIT_BUCKET_PREFIX: 'rounds/', RCM_AWS_ENDPOINT: front.endpoint });
  front.close();
  expect(report.findings.map(({ kind }) => kind)).toEqual([...Array.from({ length: 60 }, () => 'head_damaged'), 'no_heads']);
  expect(front.most()).toBeGreaterThan(8);
  expect(front.most()).toBeLessThanOrEqual(32);
});

test('an answer that is lost after the act leaves the heads there, and once more later, which is no harm', async () => {
  aws.setFaults({ match: 's3:PutObject', kind: 'drop', when: 'after', count: 1 });
  const { code } = await write();
  aws.setFaults({ kind: 'none' });
  expect(code).toBe(0);
  expect((await verify()).report.ok).toBe(true);
});

test('a key that may not sign any more stops the heads and nothing else; one of another kind is a wrong configuration', async () => {
  aws.setFaults({ match: 'kms:Sign', kind: 'error500' });
  const down = await write();
  aws.setFaults({ kind: 'none' });
  expect(down).toMatchObject({ code: 1, stderr: expect.stringContaining('KMS did not give a signature') });
  expect(await write({ RCM_AUDIT_SIGNING_KMS_KEY: aws.kmsKeyArn })).toMatchObject({ code: 2, stderr: expect.stringContaining('ECC_NIST_P256') });
});

test('heads of the file’s key and of KMS’s are checked together, by both public keys', async () => {
  await w.headsWrite();
  const both = { RCM_AUDIT_HEADS_FILE: w.headsFile, RCM_AUDIT_PUBLIC_KEYS: `${kmsPublicKey}, ${w.publicKey}` };
  expect((await verify(both)).report).toMatchObject({ ok: true });
  const { report } = await verify({ RCM_AUDIT_HEADS_FILE: w.headsFile });
  expect(report.findings.map(({ kind }) => kind)).toEqual(['head_key_unknown', 'head_key_unknown']);
});
