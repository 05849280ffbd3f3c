import { printable } from './command-line/printable.ts';
import { isRcmError } from './error.ts';
import type { Logger } from './logger.ts';

/** 0 done, 1 something could not be done, 2 the call or the configuration is wrong. */
export type ExitCode = 0 | 1 | 2;

export interface Explained {
  readonly exitCode: ExitCode;
  readonly code: string;
  /** What a person reads. */
  readonly sentence: string;
}

/** An error as words and an exit code, for the edge of an app. A foreign error's message may quote data: it goes to the log alone, masked. */
export function explain(error: unknown, logger: Logger): Explained {
  if (!isRcmError(error)) {
    logger.error({ err: error }, 'unexpected failure');
    return { exitCode: 1, code: 'unexpected', sentence: 'Something unexpected failed; the line above has the details.' };
  }
  const wrongCall = error.code === 'config_invalid' || error.code === 'input_invalid';
  return { exitCode: wrongCall ? 2 : 1, code: error.code, sentence: forTerminal(error.message) };
}

const LONGEST = 4_000;

/** What is said of a file may quote it: that steers no terminal, and fills none. */
const forTerminal = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text).split('\n').map(printable).join('\n');
