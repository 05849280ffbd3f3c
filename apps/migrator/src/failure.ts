import { CommanderError } from 'commander';
import { isRcmError, type Logger } from '@rcm/telemetry';

/** 0 done, 1 something could not be done, 2 the call or the configuration is wrong. */
export type ExitCode = 0 | 1 | 2;

export interface Explained {
  readonly exitCode: ExitCode;
  readonly code: string;
  /** What a person reads. */
  readonly sentence: string;
  /** Commander writes its own errors to stderr. */
  readonly said: boolean;
}

/** The one place where an error becomes words and an exit code. A foreign error's message may quote data: it goes to the log alone, masked. */
export function explain(error: unknown, logger: Logger): Explained {
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2, code: error.code, sentence: error.message, said: true };
  if (!isRcmError(error)) {
    logger.error({ err: error }, 'unexpected failure');
    return { exitCode: 1, code: 'unexpected', sentence: 'Something unexpected failed; the line above has the details.', said: false };
  }
  const wrongCall = error.code === 'config_invalid' || error.code === 'input_invalid';
  return { exitCode: wrongCall ? 2 : 1, code: error.code, sentence: error.message, said: false };
}
