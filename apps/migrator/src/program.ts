import { parsePath, readMappings } from '@rcm/credentials/legacy';
import type { RunCommand } from '@rcm/db/migration';
import { RcmError } from '@rcm/telemetry';
import { guardInput } from '@rcm/telemetry/command-line';
import { Command, Option } from 'commander';
import { bringIn } from './adopt/program.ts';
import { apply } from './commands/apply.ts';
import { dealtWith, outsideKind } from './commands/dealt-with.ts';
import { oldReadersGone, whoseReaders } from './commands/old-readers-gone.ts';
import { plan } from './commands/plan.ts';
import { report } from './commands/report.ts';
import { lookBeforeResolving, resolve, seenOf, takeOf } from './commands/resolve.ts';
import { type PersonalAct, rollback } from './commands/rollback.ts';
import { runs } from './commands/runs.ts';
import { scrub } from './commands/scrub.ts';
import { runOf, stopRun } from './commands/stop-run.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { verifyWithLogins } from './commands/verify-logins.ts';
import { countOf, type Filtered, filtered, filterOf, type Mapped, mapped, type Resumed, resumed, resumeOf } from './options.ts';
import { type Person, person, personalAct } from './person.ts';
import type { Call } from './call.ts';

type Perform = (call: Call) => Promise<void>;

interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

const AFTER_HELP = `
Configuration comes from the environment (docs/migration.md); a secret may be given as a file by NAME_FILE.
Exit codes: 0 done, 1 something could not be done (each endpoint is named), 2 wrong call or configuration.`;

export function commands(perform: Perform, { stdout, stderr }: Streams): Command {
  const program = guardInput(new Command('migrator'))
    .description('Moves plaintext portal logins out of Postgres into the secret store: adopt, plan, apply, verify, scrub. Every command may be repeated.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) })
    .addHelpText('after', AFTER_HELP);
  for (const add of [bringIn, theWay, theWayBack, looks]) add(program, perform);
  return program;
}

const command = (program: Command, name: string, description: string): Command =>
  program.command(name).description(description).option('--json', 'print exactly one JSON object on stdout');

/** What works through endpoints: one line of JSON for each, where that is asked for. */
const ofEndpoints = (program: Command, name: string, description: string): Command =>
  command(program, name, description).option('--json-lines', 'print one JSON object a line: each endpoint as it ends, the summary last');

/** What every call has, from its options. */
const asked = (options: Mapped & Filtered = {}) => ({ vocabulary: readMappings(options.mappings), filter: filterOf(options) });
const run = (name: RunCommand, options: Mapped & Filtered & Resumed) => ({ ...asked(options), run: name, resume: resumeOf(options) });

/** A call that has a person always comes with one. */
const sure = (who: PersonalAct | null): PersonalAct => {
  if (who) return who;
  throw new Error('a call of nobody');
};

function theWay(program: Command, perform: Perform): void {
  filtered(mapped(ofEndpoints(program, 'plan', 'say what apply would do for each endpoint, and what of each shape becomes; changes nothing'))).action(
    (options: Mapped & Filtered) => perform({ ...asked(options), does: plan }),
  );
  resumed(filtered(mapped(person(ofEndpoints(program, 'apply', 'create each secret, read it back, compare, then name it in the row')))))
    .option('--dry-run', 'the same as plan')
    .action((options: Person & Mapped & Filtered & Resumed & { dryRun?: boolean }) =>
      options.dryRun
        ? perform({ ...asked(options), does: plan })
        : perform({ ...run('apply', options), who: personalAct(options), begun: 'migration.apply', does: apply }),
    );
  resumed(filtered(person(ofEndpoints(program, 'verify', 'read every migrated secret again and record a proof for each that is right'))))
    .option('--login <count>', 'then log in with so many of them, by a rotator and inside their budgets; needs --reason')
    .action((options: Person & Filtered & Resumed & { login?: string }) => {
      if (options.login === undefined) return perform({ ...run('verify', options), does: verify });
      const count = countOf('--login', options.login, MOST_LOGINS);
      return perform({
        ...{ ...run('verify', options), who: personalAct(options), begun: 'migration.verify_logins' },
        does: (migration, _, who) => verifyWithLogins(migration, { count, ...sure(who) }),
      });
    });
  resumed(filtered(mapped(person(ofEndpoints(program, 'scrub', 'remove plaintext where the proof is fresh, then rewrite the storage that held it')))))
    .addOption(
      new Option('--also <path>', 'remove this place of config, too, where it holds only what the store holds; may be repeated')
        .argParser(gathered('--also'))
        .default([]),
    )
    .addOption(new Option('--also-other <path>', 'the same, whatever lies there').argParser(gathered('--also-other')).default([]))
    .option('--rewrite-only', 'remove nothing, rewrite the storage again')
    .action((options: Person & Mapped & Filtered & Resumed & { also: readonly string[]; alsoOther: readonly string[]; rewriteOnly?: boolean }) => {
      const scrubbing = { also: { paths: options.also, otherPaths: options.alsoOther }, removal: options.rewriteOnly ? 'none' : 'proved' } as const;
      return perform({
        ...{ ...run('scrub', options), who: personalAct(options), begun: 'migration.scrub' },
        does: (migration, config, who) => scrub(migration, { config, act: sure(who), ...scrubbing }),
      });
    });
}

/** Logins of one sample, at most. */
const MOST_LOGINS = 1_000;

function theWayBack(program: Command, perform: Perform): void {
  resumed(person(ofEndpoints(program, 'rollback', "write the store's current credentials back into the database")))
    .addOption(new Option('--endpoint <id>', 'the endpoint to roll back').conflicts('all'))
    .option('--all', 'every migrated endpoint; needs --yes')
    .option('--yes', 'yes, write plaintext of every endpoint back')
    .action((options: Person & Filtered & Resumed & { all?: boolean; yes?: boolean }) => {
      const { endpoint, all, yes } = options;
      if (endpoint === undefined && options.resume === undefined && !all)
        throw new RcmError('input_invalid', 'Say which endpoint to roll back: --endpoint <id>, or --all --yes.');
      if (all && !yes) throw everyEndpoint();
      return perform({
        ...{ ...run('rollback', options), who: personalAct(options) },
        does: (migration, _, who) => {
          const { endpointId } = migration.filter;
          if (endpointId === undefined && !yes) throw everyEndpoint();
          return rollback(migration, endpointId === undefined ? 'all' : { endpointId }, sure(who));
        },
      });
    });
  person(ofEndpoints(program, 'resolve', 'row and store differ: say which of the two the portal accepts; the other one is kept'))
    .requiredOption('--endpoint <id>', 'the endpoint')
    .option('--take <which>', '`row`: what lies in the row becomes the next version in the store. `store`: the row gets what the store holds')
    .option('--seen <secret-version>', 'the version of the secret that you have looked at, as --dry-run says it: refused where it is another by now')
    .option('--login', 'have the choice proved by one login, by a rotator and inside the budget')
    .option('--dry-run', 'say which version the secret has, and whether row and store differ; changes nothing')
    .action((options: Person & { endpoint: string; take?: string; seen?: string; login?: boolean; dryRun?: boolean }) => {
      const { endpoint: endpointId, login, dryRun } = options;
      if (dryRun) return perform({ ...asked(), does: (migration) => lookBeforeResolving(migration, endpointId) });
      const said = { endpointId, take: takeOf(options.take), seen: seenOf(options.seen), proof: login ? 'login' : 'none' } as const;
      return perform({ ...{ ...asked(), who: personalAct(options) }, does: (migration, _, who) => resolve(migration, { ...said, ...sure(who) }) });
    });
}

const everyEndpoint = (): RcmError => new RcmError('input_invalid', 'rollback --all writes plaintext of every endpoint back; say --yes as well.');

function looks(program: Command, perform: Perform): void {
  person(command(program, 'dealt-with <kind>', 'say that copies outside the database, which status names, are dealt with')).action(
    (kind: string, options: Person) => {
      const known = outsideKind(kind);
      return perform({ ...asked(), who: personalAct(options), does: (migration, _, who) => dealtWith(migration, known, sure(who)) });
    },
  );
  mapped(
    person(
      command(program, 'old-readers-gone', 'say that nothing but the platform reads plaintext in rows any more, so that rotations may begin before scrub'),
    ),
  )
    .addOption(new Option('--org <id>', 'of this organization').conflicts('all'))
    .option('--all', 'of every organization that there is now; needs --yes')
    .option('--yes', 'yes, of every one')
    .action((options: Person & Mapped & { org?: string; all?: boolean; yes?: boolean }) => {
      const orgId = whoseReaders(options);
      const mappings = options.mappings === undefined ? {} : { mappings: options.mappings };
      return perform({ ...asked(mappings), who: personalAct(options), does: (migration, _, who) => oldReadersGone(migration, orgId, sure(who)) });
    });
  mapped(command(program, 'status', 'count how far the migration is, and what is left; exit code 1 while anything is')).action((options: Mapped) =>
    perform({ ...asked(options), does: status }),
  );
  person(command(program, 'stop <run>', 'ask a run to stop, as SIGTERM does: it takes nothing new, finishes what is in hand, and may be gone on with')).action(
    (id: string, options: Person) => {
      const known = runOf(id);
      return perform({ ...asked(), who: personalAct(options), does: (migration, _, who) => stopRun(migration, known, sure(who)) });
    },
  );
  command(program, 'runs', 'list the runs of adopt, apply, verify, scrub and rollback: who, why, how far, how they ended').action(() =>
    perform({ ...asked(), does: runs }),
  );
  mapped(command(program, 'report', 'a page in Markdown for whoever answers for the migration or checks it; exit code 1 while anything is left'))
    .option('--org <id>', 'only this organization')
    .action((options: Mapped & Filtered) => perform({ ...asked(options), does: report }));
}

const gathered =
  (option: string) =>
  (path: string, before: readonly string[]): readonly string[] => {
    if (parsePath(path) === null) throw new RcmError('input_invalid', `${option} takes a path as plan prints it: history[].password. Nothing was changed.`);
    return [...before, path];
  };
