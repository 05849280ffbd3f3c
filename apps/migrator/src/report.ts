import type { EndpointRow } from '@rcm/db';
import { type ErrorCode, isRcmError, isRetryable, type Logger } from '@rcm/telemetry';
import type { Ended } from './migration.ts';

/** One endpoint that could not be done. `reason` never holds a user name or a secret. */
export interface Failure {
  readonly endpointId: string;
  readonly code: ErrorCode | 'unexpected';
  /** `transient`: it passes, and the same command does it later. `mend`: a person has to change something before. */
  readonly class: 'transient' | 'mend';
  readonly reason: string;
}

/** How a run came to its end: at its last endpoint, because somebody asked it to stop, or because store or database did not answer any more. */
export type RunEnd = 'done' | 'stopped' | 'breaker';

/** What a command hands to `cli.ts`: the one JSON object, and whether everything could be done. */
export interface Report {
  readonly json: Readonly<Record<string, unknown>>;
  /** The same for people. */
  readonly lines: readonly string[];
  readonly complete: boolean;
  /** Of what works through endpoints. Default: `done`. */
  readonly end?: RunEnd;
}

/** What is said about an error that one endpoint met. Foreign errors are logged, not repeated. */
export function failureOf(endpointId: string, error: unknown, logger: Logger): Failure {
  if (isRcmError(error)) return { endpointId, code: error.code, class: isRetryable(error) ? 'transient' : 'mend', reason: error.message };
  logger.error({ err: error, endpointId }, 'unexpected failure');
  return { endpointId, code: 'unexpected', class: 'mend', reason: 'something unexpected failed; the log has it' };
}

/** Of the endpoint whose failure it is. */
export const failedAs = ({ orgId }: EndpointRow, { endpointId, code, class: kind }: Failure): Ended => ({
  endpointId,
  orgId,
  outcome: 'failed',
  code,
  class: kind,
});

export const byEndpoint = (failures: readonly Failure[]): Failure[] => [...failures].sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1));

/** Endpoints named in a line for people, at most; `--json` names all. */
const NAMED = 8;

/** For people: failures of one code and reason together, and of each whether it passes by itself. */
export const failureLines = (failures: readonly Failure[]): string[] =>
  [...Map.groupBy(failures, (failure) => `${failure.code}${failure.class === 'transient' ? ' (passes; run it again)' : ''}: ${failure.reason}`)].map(
    ([what, alike]) => {
      const named = alike.slice(0, NAMED).map(({ endpointId }) => endpointId);
      return `  ${alike.length === 1 ? '' : `${alike.length} `}${named.join(', ')}${alike.length > NAMED ? ', …' : ''}: ${what}`;
    },
  );
