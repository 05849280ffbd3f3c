import { AwsError } from '../aws-error.ts';
import type { SignedRequest } from '../identity/signature.ts';

/** A request in path style: which bucket, which key, and what is asked of it. */
export interface ObjectRequest {
  readonly method: string;
  readonly bucket: string;
  /** Empty: the bucket itself. */
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: SignedRequest['headers'];
  readonly body: Buffer;
}

const BUCKET = /^(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Errors: InvalidBucketName, KeyTooLongError, InvalidURI. */
export function readObjectRequest({ method, target, headers, body }: SignedRequest): ObjectRequest {
  const [path = '', search = ''] = target.split('?', 2);
  try {
    const [bucket = '', ...key] = path.slice(1).split('/').map(decodeURIComponent);
    const query = Object.fromEntries(new URLSearchParams(search));
    delete query['x-id'];
    if (!BUCKET.test(bucket)) throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.');
    if (Buffer.byteLength(key.join('/')) > 1_024) throw new AwsError('KeyTooLongError', 'Your key is too long');
    return { method, bucket, key: key.join('/'), query, headers, body };
  } catch (error) {
    if (error instanceof AwsError) throw error;
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

const COMMON = new Set(['x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token', 'x-amz-user-agent']);

/** What is not played is refused, never ignored: a header or a parameter may be what somebody relies on. Errors: NotImplemented. */
export function allowOnly({ headers, query }: ObjectRequest, allowed: { readonly headers?: readonly string[]; readonly query?: readonly string[] }): void {
  const others = [
    ...Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !COMMON.has(name) && !allowed.headers?.includes(name)),
    ...Object.keys(query).filter((name) => !allowed.query?.includes(name)),
  ];
  if (others.length > 0) throw new AwsError('NotImplemented', `local-aws does not implement ${others.join(', ')} here.`, 501);
}
