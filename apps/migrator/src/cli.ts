import { Command, Option } from 'commander';
import { actorIssuer, signedInPerson } from '@rcm/credentials';
import { recordAuditEventForAll } from '@rcm/db';
import { createLogger, type ExitCode, RcmError } from '@rcm/telemetry';
import { apply } from './commands/apply.ts';
import { plan } from './commands/plan.ts';
import { rollback, type RollbackScope } from './commands/rollback.ts';
import { scrub } from './commands/scrub.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { type MigratorConfig, readMigratorConfig } from './config.ts';
import { explain } from './failure.ts';
import type { Migration } from './migration.ts';
import type { ProgressStream } from './progress.ts';
import type { Report } from './report.ts';
import { openMigration } from './services.ts';
import { stopOnSignals } from './stop.ts';

export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressStream;
}

type Act = (migration: Migration, config: MigratorConfig) => Promise<Report>;

const AFTER_HELP = `
Configuration comes from the environment (docs/migration.md); a secret may be given as a file by NAME_FILE.
Exit codes: 0 done, 1 something could not be done (each endpoint is named), 2 wrong call or configuration.`;

/** The command line; returns the exit code. The result goes to stdout, progress and errors to stderr. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const does = (act: Act) => async () => {
    exitCode = await perform(act, terminal, argv.includes('--json'));
  };
  try {
    await commands(does, terminal).parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    const { exitCode: code, code: name, sentence, said } = explain(error, createLogger({ name: 'migrator' }));
    if (!said) terminal.stderr.write(`${sentence}\n`);
    if (code !== 0 && argv.includes('--json')) terminal.stdout.write(`${JSON.stringify({ error: { code: name, message: sentence } })}\n`);
    return code;
  }
}

function commands(does: (act: Act) => () => Promise<void>, terminal: Terminal): Command {
  const program = new Command('migrator')
    .description('Moves plaintext portal logins out of Postgres into the secret store: plan, apply, verify, scrub. Every command may be repeated.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void terminal.stdout.write(text), writeErr: (text) => void terminal.stderr.write(text) })
    .addHelpText('after', AFTER_HELP);
  const command = (name: string, description: string) =>
    program.command(name).description(description).option('--json', 'print exactly one JSON object on stdout');
  command('plan', 'say what apply would do for each endpoint; changes nothing').action(does(plan));
  person(command('apply', 'create each secret, read it back, compare, then name it in the row'))
    .option('--dry-run', 'the same as plan')
    .action(async (options: Person & { dryRun?: boolean }) => (options.dryRun ? does(plan)() : does(begun('migration.apply', options, apply))()));
  command('verify', 'read every migrated secret again and record a proof for each that is right').action(does(verify));
  person(command('scrub', 'remove plaintext where the proof is fresh, then rewrite the storage that held it'))
    .option('--rewrite-only', 'remove nothing, rewrite the storage again')
    .action(async (options: Person & { rewriteOnly?: boolean }) =>
      does(begun('migration.scrub', options, (migration, config) => scrub(migration, { config, removal: options.rewriteOnly ? 'none' : 'proved' })))(),
    );
  person(command('rollback', "write the store's current credentials back into the database"))
    .addOption(new Option('--endpoint <id>', 'the endpoint to roll back').conflicts('all'))
    .option('--all', 'every migrated endpoint; needs --yes')
    .option('--yes', 'yes, write plaintext of every endpoint back')
    .action(async (options: RollbackOptions) => {
      const [scope, reason] = [scopeOf(options), reasonOf(options)];
      await does(async (migration, config) => rollback(migration, scope, { actor: await whoSignedIn(options, config), reason }))();
    });
  command('status', 'count how far the migration is').action(does(status));
  return program;
}

interface Person {
  readonly reason?: string;
  readonly actor?: string;
}

interface RollbackOptions extends Person {
  readonly endpoint?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
}

const person = (command: Command): Command =>
  command.option('--reason <text>', 'why, for the audit trail').option('--actor <name>', 'what you call yourself, beside who signed in');

/** An act on the endpoints of every organization: who began it, and why, stands in each one's audit trail before it does anything. */
function begun(action: string, options: Person, act: Act): Act {
  const reason = reasonOf(options);
  return async (migration, config) => {
    await recordAuditEventForAll(migration.db, { actor: await whoSignedIn(options, config), action, subject: 'every endpoint', reason });
    return act(migration, config);
  };
}

function reasonOf({ reason = '' }: Person): string {
  if (reason.trim() === '') throw new RcmError('input_invalid', 'Say why, with --reason "…": it goes into the audit trail. Nothing was changed.');
  return reason.trim();
}

/** Whatever `--actor` says stands beside who signed in. */
const whoSignedIn = ({ actor }: Person, config: MigratorConfig): Promise<string> => {
  const { RCM_AWS_REGION: region, RCM_AWS_ENDPOINT: endpoint } = config;
  return signedInPerson({ issuer: actorIssuer(config), aws: region === undefined ? null : { region, endpoint }, claimed: actor });
};

function scopeOf({ endpoint, all, yes }: RollbackOptions): RollbackScope {
  if (endpoint !== undefined) return { endpointId: endpoint };
  if (all && yes) return 'all';
  throw new RcmError(
    'input_invalid',
    all ? 'rollback --all writes plaintext of every endpoint back; say --yes as well.' : 'Say which endpoint to roll back: --endpoint <id>, or --all --yes.',
  );
}

async function perform(act: Act, terminal: Terminal, json: boolean): Promise<ExitCode> {
  const config = readMigratorConfig(terminal.environment);
  const stop = stopOnSignals();
  const migration = openMigration(config, { stop, stderr: terminal.stderr });
  try {
    await migration.db.ping();
    const report = await act(migration, config);
    terminal.stdout.write(json ? `${JSON.stringify(report.json)}\n` : `${report.lines.join('\n')}\n`);
    return report.complete ? 0 : 1;
  } finally {
    stop.dispose();
    await migration.close();
  }
}
