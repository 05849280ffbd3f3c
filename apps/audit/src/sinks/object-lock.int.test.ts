import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from '@rcm/local-aws';
import { expect, onTestFinished, test } from 'vitest';

// What tools/local-aws plays of S3, tried here with the client that only this app has.
const DAY_MS = 86_400_000;

async function running(options: LocalAwsOptions): Promise<LocalAws> {
  const defects: unknown[] = [];
  const aws = await startLocalAws({ onInternalError: (error) => defects.push(error), ...options });
  onTestFinished(async () => {
    await aws.close();
    expect(defects).toEqual([]);
  });
  return aws;
}

function testClock() {
  let now = Date.now();
  return { now: () => new Date(now), advance: (ms: number): void => void (now += ms) };
}

const errorName = (call: Promise<unknown>): Promise<string | null> =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  );

async function locked(options: LocalAwsOptions = {}) {
  const clock = testClock();
  const aws = await running({ clock, ...options });
  const s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: { ...aws.credentials }, forcePathStyle: true, maxAttempts: 1 });
  onTestFinished(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket: 'heads', ObjectLockEnabledForBucket: true }));
  const put = (Key: string, Body: string, mode: 'GOVERNANCE' | 'COMPLIANCE' | null = 'COMPLIANCE', days = 7) =>
    s3.send(
      new PutObjectCommand({
        ...{ Bucket: 'heads', Key, Body },
        ...(mode ? { ObjectLockMode: mode, ObjectLockRetainUntilDate: new Date(clock.now().getTime() + days * DAY_MS) } : {}),
      }),
    );
  const remove = (Key: string, VersionId?: string, BypassGovernanceRetention?: boolean) =>
    s3.send(new DeleteObjectCommand({ Bucket: 'heads', Key, VersionId, BypassGovernanceRetention }));
  const text = async (Key: string, VersionId?: string) => (await s3.send(new GetObjectCommand({ Bucket: 'heads', Key, VersionId }))).Body?.transformToString();
  return { aws, clock, s3, put, remove, text };
}

test('a version is not deleted before its time, and is then', async () => {
  const { clock, put, remove, text } = await locked();
  const { VersionId } = await put('a/b c=ä', 'one\n');
  expect(await text('a/b c=ä')).toBe('one\n');
  expect(await errorName(remove('a/b c=ä', VersionId))).toBe('AccessDenied');
  expect(await errorName(remove('a/b c=ä', VersionId, true))).toBe('AccessDenied');
  clock.advance(7 * DAY_MS + 1);
  // The client learns the time by what it is told first.
  await errorName(text('a/b c=ä'));
  await remove('a/b c=ä', VersionId);
  expect(await errorName(text('a/b c=ä', VersionId))).toBe('NoSuchKey');
});

test('governance gives way to who says so and may, compliance to nobody', async () => {
  const { put, remove } = await locked();
  const { VersionId } = await put('k', 'x', 'GOVERNANCE');
  expect(await errorName(remove('k', VersionId))).toBe('AccessDenied');
  await remove('k', VersionId, true);
  const may = await locked({
    authorize: ({ action, resources }) => (action === 's3:BypassGovernanceRetention' ? { resource: resources[0] ?? '*', because: null } : null),
  });
  const other = await may.put('k', 'x', 'GOVERNANCE');
  expect(await errorName(may.remove('k', other.VersionId, true))).toBe('AccessDenied');
});

test('a newer version or a marker hides a version and takes nothing away; a list of versions has all', async () => {
  const { s3, put, remove, text } = await locked();
  const first = await put('k', 'one');
  await put('k', 'two');
  await remove('k');
  expect(await errorName(text('k'))).toBe('NoSuchKey');
  expect(await text('k', first.VersionId)).toBe('one');
  const listed = await s3.send(new ListObjectVersionsCommand({ Bucket: 'heads', Prefix: 'k' }));
  expect(listed.Versions?.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([
    ['k', false],
    ['k', false],
  ]);
  expect(listed.DeleteMarkers).toHaveLength(1);
});

test('pages of versions fit together', async () => {
  const { s3, put } = await locked();
  for (const key of ['a', 'b', 'b', 'c', 'x/d']) await put(key, key);
  const seen: string[] = [];
  for (let after: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | null = {}; after;) {
    const page: ListObjectVersionsCommandOutput = await s3.send(new ListObjectVersionsCommand({ Bucket: 'heads', MaxKeys: 2, ...after }));
    seen.push(...(page.Versions ?? []).map(({ Key }) => Key ?? ''));
    after = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : null;
  }
  expect(seen).toEqual(['a', 'b', 'b', 'c', 'x/d']);
});

test('a name that is taken is not taken again by who asks for a new one', async () => {
  const { s3, put } = await locked();
  await put('k', 'one');
  const again = new PutObjectCommand({ Bucket: 'heads', Key: 'k', Body: 'two', IfNoneMatch: '*' });
  expect(await errorName(s3.send(again))).toBe('PreconditionFailed');
});

test('what AWS refuses is refused, and what is not played is not ignored', async () => {
  const { aws, s3, put, clock } = await locked();
  expect(await errorName(put('k', 'x', 'COMPLIANCE', -1))).toBe('InvalidArgument');
  expect(await errorName(s3.send(new PutObjectCommand({ Bucket: 'heads', Key: 'k', Body: 'x', ObjectLockMode: 'COMPLIANCE' })))).toBe('InvalidArgument');
  const until = new Date(clock.now().getTime() + DAY_MS);
  const wrongSum = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until, ChecksumCRC32: 'AAAAAA==' } as const;
  expect(await errorName(s3.send(new PutObjectCommand({ Bucket: 'heads', Key: 'k', Body: 'x', ...wrongSum })))).toBe('BadDigest');
  const unproved = new S3Client({
    ...{ endpoint: aws.endpoint, region: aws.region, credentials: { ...aws.credentials } },
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const noSum = new PutObjectCommand({ Bucket: 'heads', Key: 'k', Body: 'x', ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until });
  unproved.middlewareStack.add((next) => (args) => (delete (args.request as { headers: Record<string, string> }).headers['x-amz-checksum-crc32'], next(args)), {
    step: 'build',
    priority: 'low',
  });
  expect(await errorName(unproved.send(noSum))).toBe('InvalidRequest');
  unproved.destroy();
  expect(await errorName(s3.send(new PutObjectCommand({ Bucket: 'none', Key: 'k', Body: 'x' })))).toBe('NoSuchBucket');
  expect(await errorName(s3.send(new CreateBucketCommand({ Bucket: 'plain' })))).toBe('NotImplemented');
  expect(await errorName(s3.send(new CreateBucketCommand({ Bucket: 'heads', ObjectLockEnabledForBucket: true })))).toBe('BucketAlreadyOwnedByYou');
  expect(await errorName(s3.send(new PutObjectCommand({ Bucket: 'heads', Key: 'k', Body: 'x', ServerSideEncryption: 'AES256' })))).toBe('NotImplemented');
  expect(await errorName(s3.send(new ListObjectsV2Command({ Bucket: 'heads' })))).toBe('NotImplemented');
  expect(await errorName(s3.send(new HeadObjectCommand({ Bucket: 'heads', Key: 'k' })))).not.toBeNull();
  const stranger = new S3Client({
    endpoint: aws.endpoint,
    region: aws.region,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  expect(await errorName(stranger.send(new GetObjectCommand({ Bucket: 'heads', Key: 'k' })))).toBe('InvalidAccessKeyId');
  stranger.destroy();
});

test('a tenant’s session has no business there', async () => {
  const { aws } = await locked();
  const s3 = new S3Client({
    endpoint: aws.endpoint,
    region: aws.region,
    credentials: { ...aws.taskCredentials('rcm-task') },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  onTestFinished(() => s3.destroy());
  expect(await errorName(s3.send(new GetObjectCommand({ Bucket: 'heads', Key: 'k' })))).toBe('AccessDenied');
});

test('a restart keeps objects and what retains them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rcm-object-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dataFile = join(folder, 'data');
  const first = await locked({ dataFile });
  const { VersionId } = await first.put('k', 'one');
  await first.aws.close();
  const aws = await running({ dataFile });
  const s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: { ...aws.credentials }, forcePathStyle: true, maxAttempts: 1 });
  onTestFinished(() => s3.destroy());
  expect(await errorName(s3.send(new DeleteObjectCommand({ Bucket: 'heads', Key: 'k', VersionId })))).toBe('AccessDenied');
});
