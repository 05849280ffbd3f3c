import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { backupPlace } from './open-place.ts';
import type { BackupPlace } from './place.ts';

let aws: LocalAws;
let s3: S3Client;
let folder: string;
beforeAll(async () => {
  aws = await startLocalAws();
  folder = mkdtempSync(join(tmpdir(), 'rcm-bucket-'));
  const { accessKeyId, secretAccessKey } = aws.credentials;
  writeFileSync(join(folder, 'credentials'), `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`);
  // The SDK's default chain reads it from here.
  process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, 'credentials');
  s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: { ...aws.credentials }, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'backups', ObjectLockEnabledForBucket: true }));
});
afterAll(async () => {
  s3?.destroy();
  await aws?.close();
  rmSync(folder, { recursive: true });
});
afterEach(() => aws.setFaults({ kind: 'none' }));

const open = (where = 's3://backups/prod', more: { readonly deadlineMs?: number } = {}): Promise<BackupPlace> =>
  backupPlace(where, { region: aws.region, endpoint: aws.endpoint, signal: new AbortController().signal, ...more });
const stream = (...chunks: readonly string[]) => ReadableStream.from(chunks.map((chunk) => Buffer.from(chunk))) as ReadableStream<Uint8Array>;
/** As the bucket has them, by key; an object of two versions is there twice. */
const objects = async (prefix: string): Promise<readonly (readonly [string, string])[]> => {
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: 'backups', Prefix: prefix }));
  return Promise.all(
    Versions.map(async ({ Key = '', VersionId }) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'backups', Key, VersionId }));
      return [Key, (await Body?.transformToString()) ?? ''] as const;
    }),
  );
};
const folderOf = ({ name }: BackupPlace): string => name.replace('s3://backups/', '');
const SUMMARY = { environment: 'prod', beganAt: '2026-01-05T00:00:00.000Z', files: [], missing: 0 };

test('each backup has a folder of its own, below the prefix, and says at its end that it is complete', async () => {
  const [one, other] = [await open(), await open('s3://backups/prod/')];
  const written = await one.write('prod.mercy.age', stream('sea', 'led'));
  expect(written).toEqual({ file: `${one.name}prod.mercy.age`, sha256: 'c9d0036bed6744bcdf692fc980d8717d7e5f5a4f4e8266b4a84982602fb1cd09' });
  expect(await objects(folderOf(one))).toEqual([[`${folderOf(one)}prod.mercy.age`, 'sealed']]);
  await one.complete({ ...SUMMARY, files: [{ ...written, orgId: 'mercy', logins: 1, copies: 0 }] });
  const [complete] = (await objects(folderOf(one))).filter(([key]) => key.endsWith('/complete.json'));
  expect(JSON.parse(complete?.[1] ?? '')).toMatchObject({ environment: 'prod', files: [{ orgId: 'mercy', sha256: written.sha256 }] });
  expect(folderOf(one)).toMatch(/^prod\/\d{4}-\d\d-\d\dT.*\/$/);
  expect(other.name).not.toBe(one.name);
  expect(await objects(folderOf(other))).toEqual([]);
});

test('an answer that was lost is no second file', async () => {
  const place = await open();
  aws.setFaults({ match: 's3:PutObject', kind: 'drop', when: 'after', count: 1 });
  await place.write('prod.mercy.age', stream('sealed'));
  expect(await objects(folderOf(place))).toEqual([[`${folderOf(place)}prod.mercy.age`, 'sealed']]);
});

test('a bucket that is away, or is not there, is said, and nothing of what was to be sealed', async () => {
  const place = await open();
  aws.setFaults({ match: 's3:PutObject', kind: 'error500' });
  await expect(place.write('prod.mercy.age', stream('sealed'))).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining(place.name),
  });
  aws.setFaults({ kind: 'none' });
  expect(await objects(folderOf(place))).toEqual([]);
  await expect((await open('s3://nobodys')).write('prod.mercy.age', stream('sealed'))).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining('NoSuchBucket'),
  });
});

test('a bucket that does not answer is not waited for without end', async () => {
  const place = await open('s3://backups/prod', { deadlineMs: 300 });
  aws.setFaults({ match: 's3:PutObject', kind: 'slow', delayMs: 600_000 });
  await expect(place.write('prod.mercy.age', stream('sealed'))).rejects.toMatchObject({ code: 'store_unavailable' });
});

test('what ends in the middle is not written', async () => {
  const place = await open();
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from('sea')),
    pull: (controller) => controller.error(new Error('the store is away')),
  });
  await expect(place.write('prod.mercy.age', broken)).rejects.toThrow('the store is away');
  expect(await objects(folderOf(place))).toEqual([]);
});

test.each([
  ['no name', 's3://'],
  ['a capital', 's3://Backups'],
  ['a name of two letters', 's3://ab'],
  ['a space', 's3://backups/a b'],
  ['a line end', 's3://backups/x\n'],
  ['a prefix without end', `s3://backups/${'x'.repeat(501)}`],
])('an address with %s is no bucket', async (_, where) => {
  await expect(open(where)).rejects.toMatchObject({ code: 'input_invalid', message: expect.stringContaining('--out') });
});

test('without a region no bucket can be found', async () => {
  const unknown = backupPlace('s3://backups', { region: undefined, endpoint: undefined, signal: new AbortController().signal });
  await expect(unknown).rejects.toMatchObject({ code: 'config_invalid' });
});
