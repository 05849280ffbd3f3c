import { type ErrorCode, isRcmError, RcmError } from '@rcm/telemetry';

const THROTTLED = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'TooManyUpdates',
  'SlowDown',
]);
const DENIED = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'NotAuthorized',
]);
/** Parameter Store, of a new parameter: the account has as many of this tier in this region as it may. */
const FULL = new Set(['ParameterLimitExceeded']);
/** A session that ran out while the call was under way: the next one gets a new session. */
const EXPIRED = new Set(['ExpiredTokenException', 'ExpiredToken', 'RequestExpired']);

/** What a session that was revoked, or that has ended, is answered with; a call that no policy allows is answered with the same. */
export const maySessionBeOver = (error: unknown): boolean => isNamed(error, ...DENIED, ...EXPIRED);

interface AwsError {
  readonly name?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/** Whether an SDK error has one of these names. Compared by name: a bundle may hold two copies of a class. */
export const isNamed = (error: unknown, ...names: readonly string[]): boolean => names.includes(String((error as AwsError | null)?.name));

/**
 * What an SDK error means, for every AWS service. A store's own function looks at its own error names first and ends here. The
 * SDK's message and the error itself are dropped: a validation message may quote what was sent.
 */
export function translateAwsError(error: unknown, what: string): RcmError {
  if (isRcmError(error)) return error;
  const { name, $metadata } = (error ?? {}) as AwsError;
  const status = $metadata?.httpStatusCode;
  const code = codeOf(String(name), status);
  const details = { awsError: String(name), status: status ?? null, requestId: $metadata?.requestId ?? null };
  return new RcmError(code, `${what} failed: ${SENTENCES[code] ?? 'the store refused the call'} (${String(name)}).`, { details });
}

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  store_throttled: 'the store is over its rate limit',
  store_denied: 'the store refused the call',
  store_unavailable: 'the store could not be reached or is not well',
  store_full: 'this account has no room for another parameter in this region; RCM_LARGE_PAYLOADS=advanced lets SSM take the advanced tier for what is beyond',
};

function codeOf(name: string, status: number | undefined): ErrorCode {
  if (THROTTLED.has(name) || status === 429) return 'store_throttled';
  if (DENIED.has(name)) return 'store_denied';
  if (FULL.has(name)) return 'store_full';
  if (EXPIRED.has(name) || status === undefined || status >= 500) return 'store_unavailable';
  return 'store_denied';
}
