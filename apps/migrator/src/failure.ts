import { CommanderError } from 'commander';
import { explain as explainFailure, plainWords, type Explained as ExplainedFailure, type Logger } from '@rcm/telemetry';

export interface Explained extends ExplainedFailure {
  /** Commander writes its own errors to stderr. */
  readonly said: boolean;
}

/** The one place where an error becomes words and an exit code. */
export function explain(error: unknown, logger: Logger): Explained {
  if (error instanceof CommanderError)
    return { exitCode: error.exitCode === 0 ? 0 : 2, code: 'input_invalid', sentence: plainWords(error.message).replace(/^error: /, ''), said: true };
  return { ...explainFailure(error, logger), said: false };
}
