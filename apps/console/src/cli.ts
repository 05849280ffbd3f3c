import { createLogger, explain } from '@rcm/telemetry';
import { readConsoleConfig } from './config.ts';
import { runConsole } from './run.ts';

const HELP = `Usage: console run

Serves the console until SIGTERM: the fleet, each login, tasks and the audit trail in a browser, and acts with a reason.
Configuration comes from the environment (docs/configuration.md); a secret may be given as a file by NAME_FILE.
Exit codes: 0 done, 1 something could not be done, 2 wrong call or configuration.
`;

/** The command line. Returns the exit code. */
export async function parseArguments(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const [command, ...others] = args;
  if (command === '--help' || command === '-h' || command === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (command !== 'run' || others.length > 0) {
    process.stderr.write(HELP);
    return 2;
  }
  try {
    return await runConsole(readConsoleConfig(environment));
  } catch (error) {
    const { exitCode, sentence } = explain(error, createLogger({ name: 'console' }));
    process.stderr.write(`${sentence}\n`);
    return exitCode;
  }
}
