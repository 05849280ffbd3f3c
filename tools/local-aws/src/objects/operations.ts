import { createHash, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../aws-error.ts';
import type { Conditions } from '../identity/authorize.ts';
import type { Database } from '../storage/database.ts';
import { allowOnly, type ObjectRequest } from './request.ts';

export interface ObjectCall {
  readonly database: Database;
  readonly now: Date;
  /** Throws the AwsError of a refusal. */
  permit(action: string, resource: string, conditions?: Conditions): void;
}

export interface ObjectAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An XML document without its declaration, or an object's bytes. */
  readonly body?: string | Buffer;
}

export interface VersionRow {
  readonly number: number;
  readonly key: string;
  readonly version_id: string;
  readonly is_marker: number;
  readonly etag: string;
  readonly mode: string | null;
  readonly retain_until: number | null;
  readonly written_at: number;
}

export const bucketArn = (bucket: string): string => `arn:aws:s3:::${bucket}`;
const objectArn = ({ bucket, key }: ObjectRequest): string => `${bucketArn(bucket)}/${key}`;
const BYPASS = 'x-amz-bypass-governance-retention';

/** Errors: NoSuchBucket. */
export function requireBucket({ database }: ObjectCall, bucket: string): void {
  if (!database.get('SELECT 1 FROM bucket WHERE name = ?', bucket)) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
}

/** Only with Object Lock, which also turns versions on. Errors: NotImplemented, BucketAlreadyOwnedByYou. */
export function createBucket(request: ObjectRequest, call: ObjectCall): ObjectAnswer {
  allowOnly(request, { headers: ['x-amz-bucket-object-lock-enabled'] });
  if (request.headers['x-amz-bucket-object-lock-enabled'] !== 'true')
    throw new AwsError('NotImplemented', 'local-aws plays buckets with Object Lock alone.', 501);
  call.permit('s3:CreateBucket', bucketArn(request.bucket));
  if (call.database.get('SELECT 1 FROM bucket WHERE name = ?', request.bucket))
    throw new AwsError('BucketAlreadyOwnedByYou', 'Your previous request to create the named bucket succeeded and you already own it.', 409);
  call.database.run('INSERT INTO bucket(name, created_at) VALUES (?, ?)', request.bucket, call.now.getTime());
  return { status: 200, headers: { location: `/${request.bucket}` } };
}

/** Errors: NoSuchBucket, InvalidRequest, InvalidArgument, BadDigest, PreconditionFailed. */
export function putObject(request: ObjectRequest, call: ObjectCall): ObjectAnswer {
  const lockHeaders = ['x-amz-object-lock-mode', 'x-amz-object-lock-retain-until-date'];
  allowOnly(request, { headers: [...lockHeaders, 'x-amz-checksum-crc32', 'x-amz-sdk-checksum-algorithm'] });
  const { bucket, key, headers, body } = request;
  const lock = retentionOf(request, call.now);
  call.permit('s3:PutObject', objectArn(request), lock ? { 's3:object-lock-mode': lock.mode } : {});
  if (lock) call.permit('s3:PutObjectRetention', objectArn(request), { 's3:object-lock-mode': lock.mode });
  requireBucket(call, bucket);
  checkDigest(headers, body, lock !== null);
  const ifNone = headers['if-none-match'];
  if (ifNone !== undefined && ifNone !== '*') throw new AwsError('NotImplemented', 'local-aws knows If-None-Match: * alone.', 501);
  if (ifNone === '*' && latest(call, bucket, key)?.is_marker === 0)
    throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
  const [versionId, etag] = [randomUUID().replaceAll('-', ''), `"${createHash('md5').update(body).digest('hex')}"`];
  call.database.run(
    'INSERT INTO object_version(bucket, key, version_id, is_marker, body, etag, mode, retain_until, written_at) VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?)',
    ...[bucket, key, versionId, body, etag, lock?.mode ?? null, lock?.until ?? null, call.now.getTime()],
  );
  return { status: 200, headers: { etag, 'x-amz-version-id': versionId } };
}

/** Errors: NoSuchBucket, NoSuchKey, NoSuchVersion. */
export function getObject(request: ObjectRequest, call: ObjectCall): ObjectAnswer {
  allowOnly(request, { headers: ['x-amz-checksum-mode'], query: ['versionId'] });
  const { bucket, key, query } = request;
  call.permit(query.versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', objectArn(request));
  requireBucket(call, bucket);
  const row = query.versionId === undefined ? latest(call, bucket, key) : versionOf(request, call);
  if (!row || row.is_marker === 1) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  const body = Buffer.from(call.database.get<{ body: Uint8Array }>('SELECT body FROM object_version WHERE number = ?', row.number)?.body ?? []);
  const lock: Record<string, string> =
    row.mode === null ? {} : { 'x-amz-object-lock-mode': row.mode, 'x-amz-object-lock-retain-until-date': new Date(row.retain_until ?? 0).toISOString() };
  const sums: Record<string, string> =
    request.headers['x-amz-checksum-mode'] === 'ENABLED' ? { 'x-amz-checksum-crc32': crc32Of(body), 'x-amz-checksum-type': 'FULL_OBJECT' } : {};
  return { status: 200, headers: { etag: row.etag, 'x-amz-version-id': row.version_id, 'content-type': 'binary/octet-stream', ...lock, ...sums }, body };
}

/** Without a version it hides the object behind a marker; a version that is to be retained is not deleted. Errors: AccessDenied, NoSuchBucket. */
export function deleteObject(request: ObjectRequest, call: ObjectCall): ObjectAnswer {
  allowOnly(request, { headers: [BYPASS], query: ['versionId'] });
  const { bucket, key, query, headers } = request;
  call.permit(query.versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', objectArn(request));
  requireBucket(call, bucket);
  if (query.versionId === undefined) {
    const versionId = randomUUID().replaceAll('-', '');
    call.database.run(
      `INSERT INTO object_version(bucket, key, version_id, is_marker, body, etag, written_at) VALUES (?, ?, ?, 1, x'', '', ?)`,
      ...[bucket, key, versionId, call.now.getTime()],
    );
    return { status: 204, headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionId } };
  }
  const row = versionOf(request, call);
  if (row && row.retain_until !== null && row.retain_until > call.now.getTime()) {
    if (row.mode !== 'GOVERNANCE' || headers[BYPASS] !== 'true')
      throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
    call.permit('s3:BypassGovernanceRetention', objectArn(request));
  }
  if (row) call.database.run('DELETE FROM object_version WHERE number = ?', row.number);
  return { status: 204, headers: { 'x-amz-version-id': query.versionId } };
}

const COLUMNS = 'number, key, version_id, is_marker, etag, mode, retain_until, written_at';
const latest = ({ database }: ObjectCall, bucket: string, key: string): VersionRow | null =>
  database.get<VersionRow>(`SELECT ${COLUMNS} FROM object_version WHERE bucket = ? AND key = ? ORDER BY number DESC LIMIT 1`, bucket, key);
const versionOf = ({ bucket, key, query }: ObjectRequest, { database }: ObjectCall): VersionRow | null =>
  database.get<VersionRow>(`SELECT ${COLUMNS} FROM object_version WHERE bucket = ? AND key = ? AND version_id = ?`, bucket, key, query.versionId ?? '');

/** "The retain until date must be in the future"; mode and date only together. Errors: InvalidArgument. */
function retentionOf({ headers }: ObjectRequest, now: Date): { readonly mode: string; readonly until: number } | null {
  const [mode, date] = [headers['x-amz-object-lock-mode'], headers['x-amz-object-lock-retain-until-date']];
  if (mode === undefined && date === undefined) return null;
  if (mode === undefined || date === undefined)
    throw new AwsError('InvalidArgument', 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied');
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw new AwsError('InvalidArgument', 'Unknown wormMode directive.');
  const until = Date.parse(date);
  if (Number.isNaN(until) || !/^\d{4}-\d\d-\d\dT/.test(date))
    throw new AwsError('InvalidArgument', 'The retain until date must be provided in ISO 8601 format');
  if (until <= now.getTime()) throw new AwsError('InvalidArgument', 'The retain until date must be in the future!');
  return { mode, until };
}

/** A put with retention must prove its bytes. Errors: InvalidRequest, BadDigest. */
function checkDigest(headers: ObjectRequest['headers'], body: Buffer, isLocked: boolean): void {
  const [crc, md5] = [headers['x-amz-checksum-crc32'], headers['content-md5']];
  if (isLocked && crc === undefined && md5 === undefined)
    throw new AwsError('InvalidRequest', 'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters');
  if ((crc !== undefined && crc !== crc32Of(body)) || (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')))
    throw new AwsError('BadDigest', 'The checksum you specified did not match what we received.');
}

function crc32Of(body: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}
