import { Command, CommanderError } from 'commander';
import { createLogger, explain } from '@rcm/telemetry';
import { readRotatorConfig } from './config.ts';
import { openRotator, type RotatorProcess } from './services.ts';
import { recoverCommand, rotateCommand, rotateDueCommand } from './commands/rotate.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';

interface Output {
  readonly json?: boolean;
}

/** The command line. Returns the exit code: 0 done, 1 something could not be done, 2 the call or the configuration is wrong. */
export async function parseArguments(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  let exitCode = 0;
  const command = (act: (rotator: RotatorProcess, signal: AbortSignal) => Promise<number>) => async () => {
    exitCode = await withRotator(environment, act);
  };
  const program = new Command('rotator')
    .description('Changes portal passwords before they expire, without stopping work. A password is never lost: every step is in the journal.')
    .exitOverride()
    .addHelpText('after', '\nConfiguration comes from the environment (see the README); a secret may be given as a file by NAME_FILE.\nExit codes: 0 done, 1 something could not be done, 2 wrong call or configuration.');
  program
    .command('run')
    .description('rotate what is due and recover what a crash left, until SIGTERM')
    .action(async () => {
      exitCode = await runService(environment);
    });
  program
    .command('once')
    .description('rotate everything that is due now, then end')
    .option('--json', 'print one JSON object')
    .option('--dry-run', 'say what is due and change nothing')
    .action(async (options: Output & { dryRun?: boolean }) => command((p, signal) => rotateDueCommand(p, { json: options.json ?? false, dryRun: options.dryRun ?? false, signal }))());
  program
    .command('rotate')
    .description('rotate one login now, or go on with its open attempt')
    .requiredOption('--endpoint <id>', 'the endpoint whose login to rotate')
    .option('--json', 'print one JSON object')
    .action(async (options: Output & { endpoint: string }) => command((p, signal) => rotateCommand(p, { endpointId: options.endpoint, json: options.json ?? false, signal }))());
  program
    .command('recover')
    .description('go on with attempts whose rotator is gone or whose wait is over')
    .option('--json', 'print one JSON object')
    .action(async (options: Output) => command((p, signal) => recoverCommand(p, { json: options.json ?? false, signal }))());
  program
    .command('status')
    .description('open attempts, who holds which login, and counts')
    .option('--json', 'print one JSON object')
    .action(async (options: Output) => command((p) => statusCommand(p, { json: options.json ?? false }))());

  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return fail(error);
  }
}

/** The one place where an error becomes words and an exit code. */
function fail(error: unknown): number {
  // Commander has written its own errors to stderr.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { exitCode, sentence } = explain(error, createLogger({ name: 'rotator' }));
  process.stderr.write(`${sentence}\n`);
  return exitCode;
}

async function withRotator(environment: NodeJS.ProcessEnv, act: (rotator: RotatorProcess, signal: AbortSignal) => Promise<number>): Promise<number> {
  const opened = openRotator(readRotatorConfig(environment));
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await act(opened, stop.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await opened.close();
  }
}

function runService(environment: NodeJS.ProcessEnv): Promise<number> {
  const config = readRotatorConfig(environment);
  return runCommand(config, openRotator(config));
}
