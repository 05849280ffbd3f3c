import { AwsError } from '../aws-error.ts';
import { toXml } from '../http/xml.ts';
import { bucketArn, type ObjectAnswer, type ObjectCall, requireBucket, type VersionRow } from './operations.ts';
import { allowOnly, type ObjectRequest } from './request.ts';

const MOST = 1_000;

/** ListObjectVersions: by key, the newest first, markers among them. Errors: NoSuchBucket, InvalidArgument. */
export function listObjectVersions(request: ObjectRequest, call: ObjectCall): ObjectAnswer {
  allowOnly(request, { query: ['versions', 'prefix', 'max-keys', 'key-marker', 'version-id-marker'] });
  const { bucket, query } = request;
  call.permit('s3:ListBucketVersions', bucketArn(bucket), { 's3:prefix': query.prefix ?? '' });
  requireBucket(call, bucket);
  const wanted = Number(query['max-keys'] ?? MOST);
  if (!Number.isInteger(wanted) || wanted < 1) throw new AwsError('InvalidArgument', 'Argument maxKeys must be an integer between 1 and 2147483647');
  const limit = Math.min(wanted, MOST);
  const [prefix, afterKey, afterVersion] = [query.prefix ?? '', query['key-marker'] ?? '', query['version-id-marker'] ?? ''];
  const rows = call.database.all<VersionRow>(
    `SELECT number, key, version_id, is_marker, etag, mode, retain_until, written_at FROM object_version v
      WHERE bucket = ?1 AND substr(key, 1, length(?2)) = ?2
        AND (key > ?3 OR (key = ?3 AND ?4 <> '' AND number < (SELECT m.number FROM object_version m WHERE m.version_id = ?4)))
      ORDER BY key, number DESC LIMIT ?5`,
    ...[bucket, prefix, afterKey, afterVersion, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const entries = page.map((row, index) => {
    const element = row.is_marker === 1 ? 'DeleteMarker' : 'Version';
    const isLatest = page[index - 1]?.key !== row.key && !(afterVersion !== '' && row.key === afterKey);
    const content = {
      Key: row.key,
      VersionId: row.version_id,
      IsLatest: isLatest,
      LastModified: new Date(row.written_at),
      ...(row.is_marker === 1 ? {} : { ETag: row.etag }),
    };
    return `<${element}>${toXml(content)}</${element}>`;
  });
  const next = last ? { NextKeyMarker: last.key, NextVersionIdMarker: last.version_id } : {};
  const head = toXml({ Name: bucket, Prefix: prefix, MaxKeys: limit, IsTruncated: last !== undefined, ...next });
  return { status: 200, body: `<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${head}${entries.join('')}</ListVersionsResult>` };
}
