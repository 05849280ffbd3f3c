import { createHash, randomUUID } from 'node:crypto';
import { RcmError } from '@rcm/telemetry';
import type { BackupPlace, PlaceOptions } from './place.ts';

/** A login takes about 1 KB, and a file is held in memory so that it can be sent again. */
const MAX_FILE_BYTES = 268_435_456;
/** A bucket that takes a file so slowly takes none; without an end, a backup would hang for ever. */
const DEADLINE_MS = 300_000;
const SCHEME = 's3://';

export const isBucketAddress = (where: string): boolean => where.startsWith(SCHEME);

/**
 * A folder of a bucket that nothing was written to before: `PREFIX/TIME-UUID/`, and at its end `complete.json`, without which the backup broke off. Whoever writes
 * there needs `s3:PutObject` and nothing else: it can read nothing back, and take nothing away where the bucket keeps versions.
 */
export async function bucketPlace(where: string, { region, endpoint, signal, deadlineMs = DEADLINE_MS }: PlaceOptions): Promise<BackupPlace> {
  const { bucket, prefix } = parse(where);
  if (region === undefined) throw new RcmError('config_invalid', 'RCM_AWS_REGION says in which region the bucket is. Nothing was written.');
  // Whoever never backs up to a bucket does not load it.
  const { PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  // The bucket may lie in another region than everything else, which S3 then says.
  const client = new S3Client({ region, followRegionRedirects: true, ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }), maxAttempts: 3 });
  const folder = `${prefix}${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${randomUUID()}/`;
  const put = async (name: string, body: Uint8Array): Promise<string> => {
    const address = `${SCHEME}${bucket}/${folder}${name}`;
    try {
      // The SDK sends a CRC32 along, which S3 compares with what it received.
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${folder}${name}`, Body: body, IfNoneMatch: '*' }), {
        abortSignal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
      });
    } catch (cause) {
      // The folder is ours alone: what is there is this file, by an earlier try whose answer was lost.
      if (!(cause instanceof Error && cause.name === 'PreconditionFailed')) throw refused(address, cause);
    }
    return address;
  };
  return {
    name: `${SCHEME}${bucket}/${folder}`,
    async write(name, bytes) {
      const whole = await collected(bytes);
      return { file: await put(name, whole), sha256: createHash('sha256').update(whole).digest('hex') };
    },
    complete: async (summary) => void (await put('complete.json', Buffer.from(`${JSON.stringify(summary)}\n`))),
    close: () => client.destroy(),
  };
}

/** By S3's own rules of names ("General purpose bucket naming rules"); a prefix gets the slash that it lacks. Fails with `input_invalid`. */
function parse(where: string): { readonly bucket: string; readonly prefix: string } {
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w./=-]{0,500}))?$/.exec(where) ?? [];
  if (bucket === undefined) throw new RcmError('input_invalid', '--out is no folder and no bucket such as s3://BUCKET/PREFIX. Nothing was written.');
  return { bucket, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` };
}

async function collected(bytes: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > MAX_FILE_BYTES)
      throw new RcmError('input_invalid', 'An organization has more logins than one file in a bucket takes. Write its backup to a folder. It was not written.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** With its name only: what the service says may quote names of the account. */
const refused = (address: string, cause: unknown): RcmError =>
  new RcmError(
    'store_unavailable',
    `S3 did not take ${address} (${cause instanceof Error ? cause.name : 'error'}). What was written before lies there; the backup is not complete, and can be asked for again.`,
    { cause },
  );
