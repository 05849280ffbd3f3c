import { createLogger, endOnUnhandled, runGuarded } from '@rcm/telemetry';
import { errorObject } from './errors.ts';

/** The command where it may run; what it imports is loaded when the environment is clean. */
export const runRcm = (argv: readonly string[]): Promise<void> =>
  runGuarded(
    'rcm',
    async (environment) => {
      const { runCli } = await import('./cli.ts');
      return runCli(argv, { environment, stdout: process.stdout, stderr: process.stderr });
    },
    errorObject,
  );

/** One masked line, and the end, for an error that has escaped already. */
export function endWith(error: unknown): void {
  endOnUnhandled(createLogger({ name: 'rcm', level: 'warn' }));
  setImmediate(() => {
    throw error;
  });
}
