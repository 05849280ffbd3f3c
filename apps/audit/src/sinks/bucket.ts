import { randomUUID } from 'node:crypto';
import { GetObjectCommand, ListObjectVersionsCommand, type ObjectVersion, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { RcmError } from '@rcm/telemetry';
import type { SignedHead } from '../heads/head.ts';
import type { HeadSink, HeadSource } from './sink.ts';

export interface BucketOptions {
  /** Made with Object Lock. */
  readonly bucket: string;
  /** Before every key; ends with a slash, or is empty. */
  readonly prefix: string;
  /** `COMPLIANCE`: nobody can delete before the time, the account's root neither. */
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly keepDays: number;
  readonly region: string;
  /** Only where AWS is not at its usual address; then with the bucket in the path. */
  readonly endpoint?: string | undefined;
}

const DAY_MS = 86_400_000;
const HEADS_AN_OBJECT = 1_000;
/** Each round is an object: a hundred thousand in a year, and of each S3 takes its time. */
const READ_AT_ONCE = 32;

/**
 * A bucket with Object Lock: an object of its own for each write, under a name that was never used, retained from the moment it is there. Who may write
 * can add, and hide behind a newer version or a marker, but not take away: so reading asks for every version. The task role needs `s3:PutObject`
 * and `s3:PutObjectRetention`; who reads, `s3:ListBucketVersions` and `s3:GetObjectVersion`.
 */
export function headBucket({ bucket, prefix, mode, keepDays, region, endpoint }: BucketOptions): HeadSink & HeadSource {
  const client = new S3Client({ region, ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }), maxAttempts: 3 });
  return {
    name: 'bucket',
    place: `s3://${bucket}/${prefix}`,
    async write(heads, signal) {
      for (const part of partsOf(heads)) {
        const now = new Date();
        const put = new PutObjectCommand({
          ...{ Bucket: bucket, Key: `${prefix}${now.toISOString().slice(0, 10)}/${now.toISOString()}-${randomUUID()}.ndjson`, IfNoneMatch: '*' },
          Body: Buffer.from(part.map(({ line }) => `${line}\n`).join('')),
          ContentType: 'application/x-ndjson',
          ...{ ObjectLockMode: mode, ObjectLockRetainUntilDate: new Date(now.getTime() + keepDays * DAY_MS) },
        });
        await answered('take heads', client.send(put, { abortSignal: signal }).catch(unlessThere));
      }
    },
    async *read(signal) {
      const textOf = async ({ Key, VersionId }: ObjectVersion): Promise<Buffer> => {
        const { Body } = await answered('give heads', client.send(new GetObjectCommand({ Bucket: bucket, Key, VersionId }), { abortSignal: signal }));
        return Buffer.from((await Body?.transformToByteArray()) ?? []);
      };
      const asked: Promise<Buffer>[] = [];
      for await (const version of versions(client, { bucket, prefix, signal })) {
        const text = textOf(version);
        // The first that fails ends it: of those behind it nobody asks any more.
        text.catch(() => undefined);
        asked.push(text);
        if (asked.length >= READ_AT_ONCE) yield* next(asked);
      }
      while (asked.length > 0) yield* next(asked);
    },
    close: () => client.destroy(),
  };
}

/** In the order in which they were asked for. */
async function* next(asked: Promise<Buffer>[]): AsyncGenerator<Buffer> {
  const first = await asked.shift();
  if (first) yield first;
}

function* partsOf(heads: readonly SignedHead[]): Generator<readonly SignedHead[]> {
  for (let start = 0; start < heads.length; start += HEADS_AN_OBJECT) yield heads.slice(start, start + HEADS_AN_OBJECT);
}

async function* versions(
  client: S3Client,
  { bucket, prefix, signal }: { readonly bucket: string; readonly prefix: string; readonly signal: AbortSignal },
): AsyncGenerator<ObjectVersion> {
  let after: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (let more = true; more;) {
    const page = await answered(
      'list heads',
      client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...after }), { abortSignal: signal }),
    );
    yield* page.Versions ?? [];
    more = page.IsTruncated === true;
    after = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

/** Nobody else has that name: what is there is an earlier try of the same call, whose answer was lost. */
function unlessThere(error: unknown): void {
  if (!(error instanceof Error && error.name === 'PreconditionFailed')) throw error;
}

async function answered<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    // Its name only: what the service says may quote names of the account.
    throw new RcmError('audit_unavailable', `S3 did not ${what} (${cause instanceof Error ? cause.name : 'error'}).`, { cause });
  }
}
