import { explain, isRcmError, type Logger } from '@rcm/telemetry';
import type { FastifyError } from 'fastify';

/** What a person is told when something is not done. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly sentence: string;
}

const STATUS: Readonly<Record<string, number>> = {
  input_invalid: 400,
  request_invalid: 403,
  token_invalid: 403,
  token_expired: 401,
  scope_missing: 403,
  state_conflict: 409,
  endpoint_unknown: 404,
  task_not_found: 404,
  database_unavailable: 503,
  audit_unavailable: 503,
  identity_unavailable: 503,
};

/** The one place where an error becomes words. What the framework refuses is named by its status alone: its words repeat what was sent. */
export function failureOf(error: FastifyError | Error, logger: Logger): Failure {
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (!isRcmError(error) && status !== undefined && status >= 400 && status < 500)
    return { status, code: 'request_invalid', sentence: 'The request is not one of this console’s pages or forms. Nothing was done.' };
  const { code, sentence } = explain(error, logger);
  if (code === 'database_failed') {
    // Its words name tables and rules: they are for the log.
    logger.error({ err: error }, 'a page could not be made');
    return { status: 500, code, sentence: 'The database failed at it. The console’s log has the details.' };
  }
  return { status: STATUS[code] ?? 500, code, sentence };
}
