import { createLogger, explain } from '@rcm/telemetry';
import { guardInput } from '@rcm/telemetry/command-line';
import { Command, CommanderError } from 'commander';
import { keysCommand, moveKeysCommand } from './commands/keys.ts';
import { runCommand } from './commands/run.ts';
import { taskCommand } from './commands/task.ts';
import { readWebAgentConfig } from './config.ts';

/** The command line. Returns the exit code: 0 done, 1 something could not be done, 2 the call or the configuration is wrong. */
export async function parseArguments(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  let exitCode = 0;
  const program = guardInput(new Command('web-agent'))
    .description('Takes portal tasks from the queue, logs in with what the secret store holds, and does them.')
    .exitOverride()
    .addHelpText(
      'after',
      '\nConfiguration comes from the environment (see the README); a secret may be given as a file by NAME_FILE.\nExit codes: 0 done, 1 something could not be done, 2 wrong call or configuration.',
    );
  program
    .command('run')
    .description('work the task queue until SIGTERM')
    .action(async () => {
      exitCode = await runCommand(readWebAgentConfig(environment));
    });
  program
    .command('task')
    .description('do one task now and print its result')
    .requiredOption('--endpoint <id>', 'the endpoint whose login to use')
    .option('--task <name>', 'a task of the portal’s recipe', 'claim_status')
    .option('--input <json>', 'the task’s inputs as a JSON object of strings', '{}')
    .option('--reason <text>', 'why, for the audit trail', '')
    .option('--json', 'print one JSON object')
    .option('--headed', 'show the browser')
    .action(async (o: { endpoint: string; task: string; input: string; reason: string; json?: boolean; headed?: boolean }) => {
      exitCode = await taskCommand(readWebAgentConfig(environment), {
        endpointId: o.endpoint,
        name: o.task,
        input: o.input,
        reason: o.reason,
        json: o.json ?? false,
        headed: o.headed ?? false,
      });
    });
  program
    .command('keys')
    .description('which key has wrapped how many data keys of tasks (docs/keys.md)')
    .option('--move', 'wrap by the current key file what another has wrapped, while everything runs')
    .option('--reason <text>', 'why, for the audit trail; needed with --move', '')
    .option('--json', 'print one JSON object')
    .action(async ({ move, reason, json = false }: { move?: boolean; reason: string; json?: boolean }) => {
      const config = readWebAgentConfig(environment);
      exitCode = await (move ? moveKeysCommand(config, { json, reason }) : keysCommand(config, { json }));
    });
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
  const { exitCode, sentence } = explain(error, createLogger({ name: 'web-agent' }));
  process.stderr.write(`${sentence}\n`);
  return exitCode;
}
