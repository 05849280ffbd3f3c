import type { Logger } from './logger.ts';
import { describeError } from './redaction/values.ts';

/**
 * Ends the process with 1 when an error escapes, after one masked line. Node would end it too, but print the error with every field that
 * a driver has put on it: Postgres's `detail` quotes rows. Called once, first thing in an app's `main.ts`.
 */
export function endOnUnhandled(logger: Logger): void {
  const end = (words: string) => (thrown: unknown) => {
    try {
      logger.fatal({ err: thrown instanceof Error ? thrown : describeError(thrown) }, words);
    } finally {
      // What was going on is in the database as it was; the process can no longer be trusted to go on with it.
      process.exit(1);
    }
  };
  process.on('unhandledRejection', end('a promise was rejected and nobody handled it; the process ends'));
  process.on('uncaughtException', end('an exception was not caught; the process ends'));
}
