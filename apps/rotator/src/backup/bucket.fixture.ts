import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { TestEnvironment } from '@rcm/test-environment';
import { vi } from 'vitest';

/** A bucket whose objects keep, and credentials for it in this folder, where the SDK's default chain finds them until the environment is put back. */
export async function openBucket(
  { region, endpoint, credentials }: TestEnvironment['aws'],
  { name, folder }: { readonly name: string; readonly folder: string },
) {
  const file = join(folder, 'credentials');
  await writeFile(file, `[default]\naws_access_key_id = ${credentials.accessKeyId}\naws_secret_access_key = ${credentials.secretAccessKey}\n`);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
  const s3 = new S3Client({ region, endpoint, credentials: { ...credentials }, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: true }));
  return {
    async read(address: string): Promise<Buffer> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: name, Key: address.replace(`s3://${name}/`, '') }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    close: () => s3.destroy(),
  };
}
