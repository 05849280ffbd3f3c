import { type ErrorCode, isRcmError, type Logger, RcmError } from '@rcm/telemetry';
import { z } from 'zod';

/** RFC 9457, with the platform's stable `code`. */
export const problemSchema = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z.string().describe('Stable; tell errors apart by this.'),
  detail: z.string().describe('For people. May change.'),
});

export type Problem = z.infer<typeof problemSchema>;

export const PROBLEM_TYPE = 'application/problem+json';

/** Every code that may leave the API; what is not here is `internal` and its words stay inside. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  request_invalid: 400,
  input_invalid: 400,
  token_invalid: 401,
  token_expired: 401,
  scope_missing: 403,
  task_not_found: 404,
  endpoint_unknown: 404,
  endpoint_retired: 409,
  idempotency_conflict: 409,
  state_conflict: 409,
  task_unknown: 422,
  task_input_invalid: 422,
  callback_unknown: 422,
  rate_exceeded: 429,
  queue_full: 429,
  identity_unavailable: 503,
  database_unavailable: 503,
  audit_unavailable: 503,
  data_key_unavailable: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** An error as the caller sees it. Foreign errors may quote data: they go to the log alone, masked. */
export function problemOf(error: unknown, logger: Logger): Problem {
  const known = isRcmError(error) ? error : ofServer(error);
  const status = known ? STATUS[known.code] : undefined;
  if (known && status !== undefined) {
    if (status >= 500) logger.warn({ err: error }, 'a request could not be answered');
    return problem(httpStatusOf(error) ?? status, known.code, known.message);
  }
  logger.error({ err: error }, 'a request failed unexpectedly');
  return problem(500, 'internal', 'Something unexpected failed; it is in the log of the web-agent.');
}

export const problem = (status: number, code: string, detail: string): Problem => ({
  type: 'about:blank',
  title: TITLES[status] ?? 'Error',
  status,
  code,
  detail,
});

/** The HTTP server's own refusals: a body that is too large, not JSON, of another type. Their words quote nothing of the request here. */
function ofServer(error: unknown): RcmError | null {
  const status = httpStatusOf(error);
  if (status === 413) return new RcmError('request_invalid', 'The body is too large.');
  if (status === 415) return new RcmError('request_invalid', 'The body must be application/json.');
  return status === undefined ? null : new RcmError('request_invalid', 'The request is not well-formed: the body must be JSON.');
}

function httpStatusOf(error: unknown): number | undefined {
  const status = error instanceof Error && !isRcmError(error) ? (error as { statusCode?: unknown }).statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
