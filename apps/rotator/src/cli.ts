import { Command } from 'commander';
import { isDatabaseAway } from '@rcm/db';
import { openTracing } from '@rcm/portal-access/tracing';
import { hasCode } from '@rcm/telemetry';
import { type CalledAs, callAs } from '@rcm/telemetry/called-as';
import { guardInput } from '@rcm/telemetry/command-line';
import { addBackups } from './commands/backups.ts';
import type { Act, CommandContext, RunCommand } from './commands/command.ts';
import { failed } from './commands/failed.ts';
import { keysCommand } from './commands/keys.ts';
import { addPauses } from './commands/pauses.ts';
import { addPortalTypes } from './commands/portal-types.ts';
import { addRepairs } from './commands/repairs.ts';
import { addRotations } from './commands/rotations.ts';
import { runCommand } from './commands/run.ts';
import { addSecrets } from './commands/secrets.ts';
import { statusCommand } from './commands/status.ts';
import { type RotatorConfig, readRotatorConfig } from './config.ts';
import { deliverNow, openRotator } from './services.ts';

const HELP = `
Configuration comes from the environment (see the README); a secret may be given as a file by NAME_FILE.
What each state means and what to do: docs/rotation.md.
Exit codes: 0 done, 1 something could not be done, 2 wrong call or configuration.`;

/** The command line. Returns the exit code: 0 done, 1 something could not be done, 2 the call or the configuration is wrong. `as`: how another program calls it. */
export async function parseArguments(argv: readonly string[], environment: NodeJS.ProcessEnv, as?: CalledAs): Promise<number> {
  let exitCode = 0;
  const run: RunCommand = async (options, act) => {
    exitCode = await withRotator(environment, options.json ?? false, (context, config) =>
      options.dryRun || onlyLooks(act) ? act(context, config) : actAndTell(act, context, config),
    );
  };
  const program = guardInput(new Command('rotator'))
    .description('Changes portal passwords before they expire, without stopping work. A password is never lost: every step is in the journal.')
    .exitOverride()
    .addHelpText('after', HELP);
  const command = (name: string, description: string) => program.command(name).description(description).option('--json', 'print one JSON object');

  program
    .command('run')
    .description('rotate what is due, recover what a crash left, tell people; until SIGTERM')
    .action(async () => {
      const config = readRotatorConfig(environment);
      exitCode = await runCommand(config, openRotator(config, { tracing: await openTracing(config.RCM_TRACES_URL, 'rcm-rotator') }));
    });
  addRotations(command, run);
  addRepairs(command, run);
  addPauses(command, run);
  addBackups(command, run);
  addSecrets(program, command, run);
  addPortalTypes(command, environment, (code) => (exitCode = code));

  if (as) callAs(program, as);
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return failed(error, argv.includes('--json'));
  }
}

const onlyLooks = (act: Act): boolean => act === statusCommand || act === keysCommand;

/** Sends what the act had to tell people, also where it failed on its way. */
async function actAndTell(act: Act, context: CommandContext, config: RotatorConfig): Promise<number> {
  let failure: unknown;
  try {
    return await act(context, config);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    if (!isDatabaseAway(failure) && !hasCode(failure, 'input_invalid')) await deliverNow(context.opened, config);
  }
}

async function withRotator(environment: NodeJS.ProcessEnv, json: boolean, act: Act): Promise<number> {
  const config = readRotatorConfig(environment);
  const opened = openRotator(config);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await act({ opened, json, signal: stop.signal }, config);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await opened.close();
  }
}
