import { createLogger, explain, plainWords } from '@rcm/telemetry';
import { type CalledAs, callAs } from '@rcm/telemetry/called-as';
import { guardInput } from '@rcm/telemetry/command-line';
import { jsonError } from '@rcm/telemetry/json-shape';
import { Command, CommanderError } from 'commander';
import { ADDRESS_HELP } from './address.ts';
import { readPortalConfig } from './config.ts';
import { doctorCommand } from './doctor/doctor-command.ts';
import type { TypedDoctorOptions } from './doctor/options.ts';
import { lintCommand } from './lint/lint-command.ts';
import { DEFAULT_RULES, type TypedTryOptions } from './try/options.ts';
import { type Streams, tryCommand } from './try/try-command.ts';
import { upgradeCommand } from './upgrade/upgrade-command.ts';

const EXIT_CODES = '\nExit codes: 0 all is well, 1 something is wrong with the recipe or at the portal, 2 the call is wrong and nothing was done.';

/** The command line. Returns the exit code. `as`: how another program calls it. */
export async function parseArguments(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  { as, ...streams }: Streams & { readonly as?: CalledAs },
): Promise<number> {
  let exitCode = 0;
  const program = guardInput(new Command('portal'))
    .description('For whoever writes a recipe: check it, try it at the live portal, see when the portal’s pages change. Needs no database and no secret store.')
    .exitOverride()
    .addHelpText('after', EXIT_CODES);
  program
    .command('lint')
    .description('Checks recipe files and tells every problem with its line and column. Needs no portal.')
    .argument('<file...>', 'recipes')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_CODES)
    .action(async (files: readonly string[], options: { json?: boolean }) => {
      exitCode = await lintCommand(streams.stdout, files, { json: options.json ?? false });
    });
  program
    .command('upgrade')
    .description('Rewrites recipes of version 1 as version 2, in their files; comments and layout stay, and the portal is worked as before.')
    .argument('<file...>', 'recipes')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_CODES)
    .action(async (files: readonly string[], options: { json?: boolean }) => {
      exitCode = await upgradeCommand(streams.stdout, files, { json: options.json ?? false });
    });
  program
    .command('try')
    .summary('log in at the live portal as the recipe says, and do a task or change the password')
    .description(
      'Logs in once at the live portal, as the recipe says, and does what is asked for. The credential is asked for at the terminal, or ' +
        'read from standard input as payload JSON: {"username":"…","password":"…","mfa_seed":"…"}. It is never an argument.',
    )
    .argument('<file>', 'the recipe')
    .requiredOption('--base-url <url>', 'where the portal is')
    .option(
      '--host <host...>',
      'further hosts that the portal needs (host or host:port), name=host for one that the recipe names; nothing is ever sent anywhere else',
    )
    .option('--address <where>', ADDRESS_HELP)
    .option('--login-only', 'log in and nothing else (the default)')
    .option('--task <name>', 'then do this task of the recipe')
    .option('--input <json>', 'inputs of the task, as a JSON object')
    .option('--rotate', 'then change the password and log in with the new one')
    .option('--yes', 'do not ask before the password is changed')
    .option(
      '--save-credential <file>',
      'with --rotate: a new file (mode 600) that holds both passwords before the change is submitted; without it the new one is shown on the terminal',
    )
    .option('--rules <rules>', `with --rotate: what the portal wants of a password (default: "${DEFAULT_RULES}")`)
    .option('--evidence <dir>', 'keep a masked screenshot and the words of the page at the end of every act in this folder')
    .option('--deadline <seconds>', 'for one login, change or task', '120')
    .option('--headed', 'show the browser')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nOne try, whatever comes out: a wrong password is not tried again. Do not try an account that the platform uses at the same moment.\n' +
        'Ctrl-C is safe at any time; once a new password is submitted the first one waits for the portal’s answer.\n' +
        EXIT_CODES,
    )
    .action(async (file: string, options: TypedTryOptions) => {
      exitCode = await tryCommand(readPortalConfig(environment), streams, file, options);
    });
  program
    .command('doctor')
    .summary('see whether portals’ pages still are as the recipes say, without logging in')
    .description('Opens the pages of each recipe without any credential and compares them with what the recipe expects. It costs no login attempt.')
    .argument('[file...]', 'recipes')
    .option('--all', 'all recipes of this project')
    .option('--base-url <name=url...>', 'where the portal is; with several recipes NAME=URL for each. A recipe without one is only linted')
    .option('--host <host...>', 'further hosts that the portals need, name=host for one that a recipe names')
    .option('--address <where>', ADDRESS_HELP)
    .option('--pictures <dir>', 'keep a picture of each page that was seen in this folder, with every field covered')
    .option('--deadline <seconds>', 'for the pages of one portal', '60')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXIT_CODES)
    .action(async (files: readonly string[], options: TypedDoctorOptions) => {
      exitCode = await doctorCommand(readPortalConfig(environment), streams.stdout, files, options);
    });
  if (as) callAs(program, as);
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return fail(error, streams, argv.includes('--json'));
  }
}

/** The one place where an error becomes words, for a program one JSON object, and an exit code. */
function fail(error: unknown, { stdout, stderr }: Streams, json: boolean): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const { exitCode, code, sentence } =
    error instanceof CommanderError
      ? { exitCode: 2, code: 'input_invalid', sentence: plainWords(error.message).replace(/^error: /, '') }
      : explain(error, createLogger({ name: 'portal' }));
  // Commander has written its own errors to stderr.
  if (!(error instanceof CommanderError)) stderr.write(`${sentence}\n`);
  if (json) stdout.write(`${JSON.stringify(jsonError(code, sentence))}\n`);
  return exitCode;
}
