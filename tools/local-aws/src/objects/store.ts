import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { Clock } from '../clock.ts';
import type { Answer } from '../http/answer.ts';
import { accessDenied, authenticationError } from '../http/authentication-errors.ts';
import { toXml } from '../http/xml.ts';
import type { Authenticator } from '../identity/authenticate.ts';
import type { AccountFacts, Authorize } from '../identity/authorize.ts';
import { parseSignatureHeader, type SignedRequest } from '../identity/signature.ts';
import type { Database } from '../storage/database.ts';
import { listObjectVersions } from './list-versions.ts';
import { createBucket, deleteObject, getObject, type ObjectAnswer, type ObjectCall, putObject } from './operations.ts';
import { type ObjectRequest, readObjectRequest } from './request.ts';

export interface ObjectStoreOptions {
  readonly authenticator: Authenticator;
  readonly authorize: Authorize;
  readonly facts: AccountFacts;
  readonly clock: Clock;
  readonly database: Database;
  onInternalError(error: unknown): void;
}

export type ObjectStore = ReturnType<typeof createObjectStore>;

type Act = (request: ObjectRequest, call: ObjectCall) => ObjectAnswer;

function actOf({ method, key, query }: ObjectRequest): { readonly name: string; readonly act: Act } | null {
  if (key === '') {
    if (method === 'PUT') return { name: 'CreateBucket', act: createBucket };
    return method === 'GET' && query.versions !== undefined ? { name: 'ListObjectVersions', act: listObjectVersions } : null;
  }
  if (method === 'PUT') return { name: 'PutObject', act: putObject };
  if (method === 'GET') return { name: 'GetObject', act: getObject };
  return method === 'DELETE' ? { name: 'DeleteObject', act: deleteObject } : null;
}

/** A little of S3: buckets with Object Lock, in path style. Its protocol is no other service's: the operation is in method, path and query. */
export function createObjectStore(options: ObjectStoreOptions) {
  return {
    /** Whether a request was signed for S3. */
    takes: ({ headers }: SignedRequest): boolean => parseSignatureHeader(headers.authorization ?? '')?.service === 's3',
    /** For faults: the operation's name, as far as it can be told. */
    operationOf(request: SignedRequest): string {
      try {
        return actOf(readObjectRequest(request))?.name ?? '';
      } catch {
        return '';
      }
    },
    answer(request: SignedRequest): Answer {
      const requestId = randomUUID();
      try {
        return written(perform(options, request), requestId);
      } catch (error) {
        if (!(error instanceof AwsError)) options.onInternalError(error);
        const { code, message, status } = error instanceof AwsError ? error : new AwsError('InternalError', 'We encountered an internal error.', 500);
        return written({ status, body: `<Error>${toXml({ Code: code, Message: message, RequestId: requestId })}</Error>` }, requestId);
      }
    },
  };
}

function perform({ authenticator, authorize, facts, clock, database }: ObjectStoreOptions, request: SignedRequest): ObjectAnswer {
  const identity = authenticator.authenticate(request);
  if ('failure' in identity) throw identity.failure === 'unknown_key' ? unknownKey() : authenticationError(identity.failure, 'query');
  const asked = readObjectRequest(request);
  const found = actOf(asked);
  if (!found) throw new AwsError('NotImplemented', `local-aws does not implement ${asked.method} here.`, 501);
  const { principal } = identity;
  return database.transaction(() => {
    const now = clock.now();
    return found.act(asked, {
      database,
      now,
      permit(action, resource, conditions = {}) {
        const refused = authorize({ principal, action, resources: [resource], conditions, now, account: facts });
        if (refused) throw accessDenied({ arn: principal.arn, action, refused, protocol: 'query' });
      },
    });
  });
}

const unknownKey = (): AwsError => new AwsError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403);

const written = ({ status, headers = {}, body = '' }: ObjectAnswer, requestId: string): Answer => ({
  status,
  headers: { ...(typeof body === 'string' && body !== '' ? { 'content-type': 'application/xml' } : {}), 'x-amz-request-id': requestId, ...headers },
  body: typeof body === 'string' && body !== '' ? `<?xml version="1.0" encoding="UTF-8"?>\n${body}` : body,
});
