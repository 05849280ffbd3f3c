import { explain, type ExitCode } from '../explain.ts';
import { createLogger } from '../logger.ts';

export interface SaidTo {
  /** Of the program, in its log. */
  readonly name: string;
  /** Where people read it. */
  readonly error: (text: string) => void;
  /** Where a program reads it that asked for JSON. */
  readonly json?: ((text: string) => void) | undefined;
}

/** How a command line on commander ends that did not come to its end: what failed is said, and gives the exit code. Commander has said its own by then. */
export function sayFailed(failure: unknown, { name, error, json }: SaidTo): ExitCode {
  if (isOfCommander(failure)) return failure.exitCode === 0 ? 0 : 2;
  const { exitCode, code, sentence } = explain(failure, createLogger({ name, level: 'error' }));
  error(`${sentence}\n`);
  json?.(`${JSON.stringify({ error: { code, message: sentence } })}\n`);
  return exitCode;
}

/** By its code: whoever uses this package has no commander for that. */
const isOfCommander = (failure: unknown): failure is Error & { readonly exitCode: number } =>
  failure instanceof Error && 'code' in failure && String(failure.code).startsWith('commander.');
