import { type ErrorCode, isRcmError, type Logger } from '@rcm/telemetry';

/** One endpoint that could not be done. `reason` never holds a user name or a secret. */
export interface Failure {
  readonly endpointId: string;
  readonly code: ErrorCode | 'unexpected';
  readonly reason: string;
}

/** What a command hands to `cli.ts`: the one JSON object, and whether everything could be done. */
export interface Report {
  readonly json: Readonly<Record<string, unknown>>;
  /** The same for people. */
  readonly lines: readonly string[];
  readonly complete: boolean;
}

/** What is said about an error that one endpoint met. Foreign errors are logged, not repeated. */
export function failureOf(endpointId: string, error: unknown, logger: Logger): Failure {
  if (isRcmError(error)) return { endpointId, code: error.code, reason: error.message };
  logger.error({ err: error, endpointId }, 'unexpected failure');
  return { endpointId, code: 'unexpected', reason: 'something unexpected failed; the log has it' };
}

export const byEndpoint = (failures: readonly Failure[]): Failure[] => [...failures].sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1));

/** Endpoints named in a line for people, at most; `--json` names all. */
const NAMED = 8;

/** For people: failures of one code and reason together. */
export const failureLines = (failures: readonly Failure[]): string[] =>
  [...Map.groupBy(failures, ({ code, reason }) => `${code}: ${reason}`)].map(([what, alike]) => {
    const named = alike.slice(0, NAMED).map(({ endpointId }) => endpointId);
    return `  ${alike.length === 1 ? '' : `${alike.length} `}${named.join(', ')}${alike.length > NAMED ? ', …' : ''}: ${what}`;
  });
