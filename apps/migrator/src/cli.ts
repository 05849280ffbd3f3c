import { Command, Option } from 'commander';
import { actorIssuer, signedInPerson } from '@rcm/credentials';
import { parsePath, readMappings, type Vocabulary } from '@rcm/credentials/legacy';
import { recordAuditEventForAll } from '@rcm/db';
import { createLogger, type ExitCode, RcmError } from '@rcm/telemetry';
import { apply } from './commands/apply.ts';
import { dealtWith, outsideKind } from './commands/dealt-with.ts';
import { oldReadersGone, whoseReaders } from './commands/old-readers-gone.ts';
import { plan } from './commands/plan.ts';
import { report } from './commands/report.ts';
import { type PersonalAct, rollback, type RollbackScope } from './commands/rollback.ts';
import { scrub } from './commands/scrub.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { type MigratorConfig, readMigratorConfig } from './config.ts';
import { explain } from './failure.ts';
import type { Filter, Migration } from './migration.ts';
import type { ProgressStream } from './progress.ts';
import type { Report } from './report.ts';
import { openMigration } from './services.ts';
import { type Filtered, filtered, filterOf, type Mapped, mapped } from './options.ts';
import { stopOnSignals } from './stop.ts';

export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressStream;
}

type Act = (migration: Migration, config: MigratorConfig) => Promise<Report>;
type PersonsAct = (migration: Migration, config: MigratorConfig, act: PersonalAct) => Promise<Report>;

const AFTER_HELP = `
Configuration comes from the environment (docs/migration.md); a secret may be given as a file by NAME_FILE.
Exit codes: 0 done, 1 something could not be done (each endpoint is named), 2 wrong call or configuration.`;

/** The command line; returns the exit code. The result goes to stdout, progress and errors to stderr. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const does =
    (act: Act, options: Mapped & Filtered = {}) =>
    async () => {
      const [vocabulary, filter] = [readMappings(options.mappings), filterOf(options)];
      exitCode = await perform(act, terminal, { json: argv.includes('--json'), vocabulary, filter });
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

function commands(does: (act: Act, options?: Mapped & Filtered) => () => Promise<void>, terminal: Terminal): Command {
  const program = new Command('migrator')
    .description('Moves plaintext portal logins out of Postgres into the secret store: plan, apply, verify, scrub. Every command may be repeated.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void terminal.stdout.write(text), writeErr: (text) => void terminal.stderr.write(text) })
    .addHelpText('after', AFTER_HELP);
  const command = (name: string, description: string) =>
    program.command(name).description(description).option('--json', 'print exactly one JSON object on stdout');
  filtered(mapped(command('plan', 'say what apply would do for each endpoint, and what of each shape becomes; changes nothing'))).action(
    async (options: Mapped) => does(plan, options)(),
  );
  filtered(mapped(person(command('apply', 'create each secret, read it back, compare, then name it in the row'))))
    .option('--dry-run', 'the same as plan')
    .action(async (options: Person & Mapped & Filtered & { dryRun?: boolean }) =>
      options.dryRun ? does(plan, options)() : does(begun('migration.apply', options, apply), options)(),
    );
  filtered(command('verify', 'read every migrated secret again and record a proof for each that is right')).action(async (options: Filtered) =>
    does(verify, options)(),
  );
  filtered(mapped(person(command('scrub', 'remove plaintext where the proof is fresh, then rewrite the storage that held it'))))
    .addOption(
      new Option('--also <path>', 'remove this place of config, too, where it holds only what the store holds; may be repeated')
        .argParser(gathered)
        .default([]),
    )
    .addOption(new Option('--also-other <path>', 'the same, whatever lies there').argParser(gathered).default([]))
    .option('--rewrite-only', 'remove nothing, rewrite the storage again')
    .action(async (options: ScrubCall) => does(begun('migration.scrub', options, scrubbing(options)), options)());
  person(command('rollback', "write the store's current credentials back into the database"))
    .addOption(new Option('--endpoint <id>', 'the endpoint to roll back').conflicts('all'))
    .option('--all', 'every migrated endpoint; needs --yes')
    .option('--yes', 'yes, write plaintext of every endpoint back')
    .action(async (options: RollbackOptions) => {
      const [scope, reason] = [scopeOf(options), reasonOf(options)];
      await does(async (migration, config) => rollback(migration, scope, { actor: await whoSignedIn(options, config), reason }))();
    });
  person(command('dealt-with <kind>', 'say that copies outside the database, which status names, are dealt with')).action(
    async (kind: string, options: Person) => {
      const [known, reason] = [outsideKind(kind), reasonOf(options)];
      await does(async (migration, config) => dealtWith(migration, known, { actor: await whoSignedIn(options, config), reason }))();
    },
  );
  person(command('old-readers-gone', 'say that nothing but the platform reads plaintext in rows any more, so that rotations may begin before scrub'))
    .addOption(new Option('--org <id>', 'of this organization').conflicts('all'))
    .option('--all', 'of every organization that there is now; needs --yes')
    .option('--yes', 'yes, of every one')
    .action(async (options: Person & { org?: string; all?: boolean; yes?: boolean }) => {
      const [orgId, reason] = [whoseReaders(options), reasonOf(options)];
      await does(async (migration, config) => oldReadersGone(migration, orgId, { actor: await whoSignedIn(options, config), reason }))();
    });
  mapped(command('status', 'count how far the migration is, and what is left; exit code 1 while anything is')).action(async (options: Mapped) =>
    does(status, options)(),
  );
  mapped(command('report', 'a page in Markdown for whoever answers for the migration or checks it; exit code 1 while anything is left'))
    .option('--org <id>', 'only this organization')
    .action(async (options: Mapped & Filtered) => does(report, options)());
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

interface ScrubCall extends Person, Mapped, Filtered {
  readonly also: readonly string[];
  readonly alsoOther: readonly string[];
  readonly rewriteOnly?: boolean;
}

const gathered = (path: string, before: readonly string[]): readonly string[] => {
  if (parsePath(path) === null) throw new RcmError('input_invalid', 'A path is written as plan prints it: history[].password. Nothing was changed.');
  return [...before, path];
};

const scrubbing =
  ({ also, alsoOther, rewriteOnly }: ScrubCall): PersonsAct =>
  (migration, config, act) =>
    scrub(migration, { config, act, also: { paths: also, otherPaths: alsoOther }, removal: rewriteOnly ? 'none' : 'proved' });

const person = (command: Command): Command =>
  command.option('--reason <text>', 'why, for the audit trail').option('--actor <name>', 'what you call yourself, beside who signed in');

/** An act on the endpoints of every organization: who began it, and why, stands in each one's audit trail before it does anything. */
function begun(action: string, options: Person, act: PersonsAct): Act {
  const reason = reasonOf(options);
  return async (migration, config) => {
    const actor = await whoSignedIn(options, config);
    await recordAuditEventForAll(migration.db, { actor, action, subject: 'every endpoint', reason });
    return act(migration, config, { actor, reason });
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

async function perform(
  act: Act,
  terminal: Terminal,
  { json, vocabulary, filter }: { readonly json: boolean; readonly vocabulary: Vocabulary; readonly filter: Filter },
): Promise<ExitCode> {
  const config = readMigratorConfig(terminal.environment);
  const stop = stopOnSignals();
  const migration = openMigration(config, { stop, stderr: terminal.stderr, vocabulary, filter });
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
