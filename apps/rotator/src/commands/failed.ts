import { createLogger, explain, plainWords } from '@rcm/telemetry';
import { jsonError } from '@rcm/telemetry/json-shape';
import { CommanderError } from 'commander';

/** The one place where an error becomes words, for a program one JSON object, and an exit code. */
export function failed(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) {
    // Commander has written its own errors, and the help that was asked for, to where people read them.
    if (error.exitCode === 0) return 0;
    if (json) printError('input_invalid', plainWords(error.message).replace(/^error: /, ''));
    return 2;
  }
  const { exitCode, code, sentence } = explain(error, createLogger({ name: 'rotator' }));
  if (json) printError(code, sentence);
  else process.stderr.write(`${sentence}\n`);
  return exitCode;
}

const printError = (code: string, message: string): void => void process.stdout.write(`${JSON.stringify(jsonError(code, message))}\n`);
