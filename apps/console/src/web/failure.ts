import { explain, isRcmError, type Logger } from '@rcm/telemetry';
import type { FastifyError } from 'fastify';
import { randomInt } from 'node:crypto';

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
  queue_full: 503,
};

/**
 * The one place where an error becomes words. What the framework refuses is named by its status alone: its words repeat what was sent. Of a failure of the console (status
 * 500 and above) the log has the error with its causes, masked, under a number that the words name.
 */
export function failureOf(error: FastifyError | Error, logger: Logger): Failure {
  const refused = 'statusCode' in error ? error.statusCode : undefined;
  if (!isRcmError(error) && refused !== undefined && refused >= 400 && refused < 500)
    return { status: refused, code: 'request_invalid', sentence: 'The request is not one of this console’s pages or forms. Nothing was done.' };
  const { code, sentence } = isRcmError(error) ? explain(error, logger) : { code: 'unexpected', sentence: 'Something unexpected failed.' };
  const status = STATUS[code] ?? 500;
  if (status < 500) return { status, code, sentence };
  const number = randomInt(100_000_000, 1_000_000_000);
  logger.error({ err: error, number }, 'the console could not do what was asked of it');
  // What the database says names tables and rules: that is for the log.
  const said = code === 'database_failed' ? 'The database failed at it.' : sentence;
  return { status, code, sentence: `${said} The console’s log says why, under number ${number}.` };
}
