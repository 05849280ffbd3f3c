import { Command, Option } from 'commander';
import { automations } from '@rcm/db';
import { openTracing } from '@rcm/portal-access/tracing';
import { hasCode } from '@rcm/telemetry';
import { type CalledAs, callAs } from '@rcm/telemetry/called-as';
import { guardInput } from '@rcm/telemetry/command-line';
import { readBreakGlassCommand } from './break-glass/read.ts';
import { addBackups } from './commands/backups.ts';
import { type CommandContext, personalAct } from './commands/command.ts';
import { copiesCommand } from './commands/copies.ts';
import { type DecideOptions, decidePortalTypeCommand } from './commands/decide-portal-type.ts';
import { failed } from './commands/failed.ts';
import { keysCommand, moveKeysCommand } from './commands/keys.ts';
import { type Output, person, type Person, stands } from './commands/options.ts';
import { calendarDay, wholeNumber } from './commands/parse-options.ts';
import { passwordCommand } from './commands/password.ts';
import { pauseCommand, resumeCommand, type ScopeOptions } from './commands/pause.ts';
import { addRepairs } from './commands/repairs.ts';
import { resolveCommand } from './commands/resolve.ts';
import { ACCEPTABLE, type ResolveOptions } from './commands/resolve-options.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { recoverCommand, rotateCommand, rotateDueCommand } from './commands/rotate.ts';
import { runCommand } from './commands/run.ts';
import { savePortalTypeCommand } from './commands/save-portal-type.ts';
import { statusCommand } from './commands/status.ts';
import { type RotatorConfig, readRotatorConfig } from './config.ts';
import { deliverNow, openRotator } from './services.ts';

const AS_ASKED = 'as asked for'; // The reason stands in the request.

const HELP = `
Configuration comes from the environment (see the README); a secret may be given as a file by NAME_FILE.
What each state means and what to do: docs/rotation.md.
Exit codes: 0 done, 1 something could not be done, 2 wrong call or configuration.`;

/** The command line. Returns the exit code: 0 done, 1 something could not be done, 2 the call or the configuration is wrong. `as`: how another program calls it. */
export async function parseArguments(argv: readonly string[], environment: NodeJS.ProcessEnv, as?: CalledAs): Promise<number> {
  let exitCode = 0;
  const run = async (options: Output, act: (context: CommandContext, config: RotatorConfig) => Promise<number>) => {
    exitCode = await withRotator(environment, options.json ?? false, async (context, config) => {
      let failure: unknown;
      try {
        return await act(context, config);
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        const mayHaveTold = act !== statusCommand && act !== keysCommand && !options.dryRun && !hasCode(failure, 'database_unavailable', 'input_invalid');
        if (mayHaveTold) await deliverNow(context.opened, config);
      }
    });
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
  command('once', 'rotate everything that is due now, then end')
    .option('--dry-run', 'say what is due and change nothing')
    .action((options: Output) => run(options, (context, config) => rotateDueCommand(context, { dryRun: options.dryRun ?? false, config })));
  person(command('rotate', 'rotate one login now, or go on with its open attempt'))
    .requiredOption('--endpoint <id>', 'the endpoint whose login to rotate')
    .addOption(new Option('--kind <kind>', 'compromise: the password is known to others').choices(['demand', 'compromise']).default('demand'))
    .option('--dry-run', 'say whether it would start and change nothing')
    .action((options: Output & Person & { endpoint: string; kind: 'demand' | 'compromise' }) =>
      run(options, async (context, config) => {
        // What the option of the kind is for was once said as the reason; it still means that.
        const kind = options.reason === 'compromise' ? 'compromise' : options.kind;
        return rotateCommand(context, { ...(await personalAct(options, config)), endpointId: options.endpoint, kind, dryRun: options.dryRun ?? false });
      }),
    );
  person(command('recover', 'go on with attempts whose rotator is gone or whose wait is over'))
    .option('--dry-run', 'say which, and change nothing')
    .action((options: Output & Person) =>
      run(options, async (context, config) => recoverCommand(context, options.dryRun ? 'dry run' : await personalAct(options, config))),
    );
  person(command('resolve', 'decide about a blocked login: which password does the portal accept?'))
    .requiredOption('--endpoint <id>', 'the endpoint whose login is blocked')
    .addOption(
      new Option('--accept <which>', 'the password that the portal accepts; typed is read from a prompt or stdin, found searches all that are stored')
        .choices(ACCEPTABLE)
        .makeOptionMandatory(),
    )
    .option('--unverified', 'do not log in to prove it: you answer for it')
    .option('--dry-run', 'say what would be done and change nothing')
    .action((options: Output & Person & { endpoint: string; accept: ResolveOptions['accept']; unverified?: boolean }) =>
      run(options, async (context, config) =>
        resolveCommand(context, {
          ...(await personalAct(options, config)),
          endpointId: options.endpoint,
          accept: options.accept,
          proof: options.unverified ? 'unverified' : 'login',
          dryRun: options.dryRun ?? false,
        }),
      ),
    );
  person(command('rollback', 'rotate forward to the previous password, where the portal’s rules allow it'))
    .requiredOption('--endpoint <id>', 'the endpoint whose login to roll back')
    .option('--dry-run', 'check, and change nothing')
    .action((options: Output & Person & { endpoint: string }) =>
      run(options, async (context, config) =>
        rollbackCommand(context, { ...(await personalAct(options, config)), endpointId: options.endpoint, dryRun: options.dryRun ?? false }),
      ),
    );
  addRepairs(command, run);
  const scoped = [
    ['pause', 'let no rotation start; those under way end, agents go on', pauseCommand],
    ['resume', 'let rotations start again; for a portal type, close its breaker too', resumeCommand],
  ] as const;
  for (const [name, description, act] of scoped) {
    person(command(name, description))
      .option('--all', 'all rotations')
      .option('--portal-type <code>', 'those of one portal type')
      .option('--endpoint <id>', 'those of one login')
      .option('--dry-run', 'say what would be done and change nothing')
      .action((options: Output & Person & ScopeOptions) =>
        run(options, async (context, config) => act(context, { ...(await personalAct(options, config)), scope: options, dryRun: options.dryRun ?? false })),
      );
  }
  command('status', 'who holds what since when, what is open, paused or stopped, what people were told').action((options: Output) =>
    run(options, statusCommand),
  );
  person(command('copies', 'compare the copies in the second region with the secrets, and mend those that are behind')).action((options: Output & Person) =>
    run(options, async (context, config) => copiesCommand(context, await personalAct(options, config))),
  );
  addBackups(command, run);
  program
    .command('break-glass')
    .description('show the password that you asked for and a second person approved, once, at this terminal (docs/break-glass.md)')
    .argument('<request>', 'its id, from `rcm break-glass request`')
    .option('--actor <name>', 'what you call yourself, beside who signed in')
    .action((requestId: string, { actor: claimed }: Pick<Person, 'actor'>) =>
      run({}, async (context, config) => {
        const { actor } = await personalAct({ ...(claimed === undefined ? {} : { actor: claimed }), reason: AS_ASKED }, config);
        return readBreakGlassCommand(context, { requestId, actor, config });
      }),
    );
  person(command('keys', 'what is under which key (docs/keys.md)'))
    .option('--move', 'move every login over to the current keys, while everything runs; needs --reason')
    .action((options: Output & Person & { move?: boolean }) =>
      run(options, options.move ? async (context, config) => moveKeysCommand(context, await personalAct(options, config)) : keysCommand),
    );
  person(command('save-portal-type', 'create a portal type or bring it up to date, once its recipe can be read and passwords can be made from its rules'))
    .argument('[file]', 'JSON, see docs/rotation.md; RCM_DATABASE_URL is that of the tables’ owner, as for migrations')
    .option('--request <request>', 'instead of a file: a change that a second person has approved')
    .addOption(stands)
    .option('--dry-run', 'check it and change nothing; of a file, it needs no configuration')
    .action(async (file: string | undefined, options: Output & Person & { request?: string; stands?: string }) => {
      exitCode = await savePortalTypeCommand(environment, { ...options, file, json: options.json ?? false, dryRun: options.dryRun ?? false });
    });
  person(command('decide-portal-type', 'say whether a portal’s terms let a program log in; without that, none does'))
    .argument('<code>', 'portal type; RCM_DATABASE_URL is that of the tables’ owner, as for migrations')
    .addOption(new Option('--automation <what>', 'assisted: a person logs in; forbidden: nobody for us').choices(automations).makeOptionMandatory())
    .requiredOption('--terms-version <text>', 'what of the portal’s terms was read: title, address, version')
    .addOption(new Option('--terms-date <date>', 'of when they are: YYYY-MM-DD').argParser(calendarDay).makeOptionMandatory())
    .option('--decided-by <name>', 'who answers for it, where it is not who says so')
    .option('--dry-run', 'check it and change nothing; needs no configuration')
    .action(async (code: string, options: Output & Person & Omit<DecideOptions, 'code' | 'json' | 'dryRun'>) => {
      exitCode = await decidePortalTypeCommand(environment, { ...options, code, json: options.json ?? false, dryRun: options.dryRun ?? false });
    });
  command('password', 'print sample passwords for rules, for whoever writes a portal type')
    .requiredOption('--rules <rules>', 'in the syntax of the passwordrules attribute, with our own rules (docs/rotation.md)')
    .addOption(new Option('--count <n>', 'how many').argParser(wholeNumber).default(1))
    .action((options: Output & { rules: string; count: number }) => {
      exitCode = passwordCommand({ rules: options.rules, count: options.count, json: options.json ?? false });
    });

  if (as) callAs(program, as);
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    return failed(error, argv.includes('--json'));
  }
}

async function withRotator(
  environment: NodeJS.ProcessEnv,
  json: boolean,
  act: (context: CommandContext, config: RotatorConfig) => Promise<number>,
): Promise<number> {
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
