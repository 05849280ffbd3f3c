import { readFileSync } from 'node:fs';
import { Argument, Command } from 'commander';
import type { Database } from '@rcm/db';
import { plainWords } from '@rcm/telemetry/plain-words';
import type { AuditListOptions } from './commands/audit-list.ts';
import type { CalendarOptions } from './commands/calendar.ts';
import type { LoginsOptions } from './commands/logins.ts';
import type { HistoryOptions } from './commands/login-history.ts';
import { addBreakGlass } from './break-glass/commands.ts';
import { addCodes } from './codes/commands.ts';
import { addDatabase } from './database/commands.ts';
import { addOnboarding } from './onboarding/commands.ts';
import { addPolicies } from './policies/commands.ts';
import { addPortalTypes } from './portal-types/commands.ts';
import { addReview } from './review/commands.ts';
import { addTasks } from './tasks/commands.ts';
import { GATHERED } from './gathered-commands.ts';
import type { Report } from './report.ts';
import type { Terminal } from './terminal.ts';

interface Running {
  readonly terminal: Terminal;
  readonly now: Date;
  print(report: Report): void;
}

const AFTER_HELP = `
Which login of Postgres each command uses, profiles, and what --json prints: docs/rcm.md.
Exit codes: 0 done and well, 1 something asked for is not well or could not be done, 2 wrong call or configuration.`;

/** Every command of `rcm`. What one needs is loaded when it runs, so that help is there at once. */
export function commandTree({ terminal, now, print }: Running): Command {
  const program = newProgram(terminal);
  const looks: Looks = async (act) => {
    const { asOperator } = await import('./operator.ts');
    print(await asOperator(terminal.environment, act));
  };
  addFleet(program, { terminal, now, looks, print });
  addLogin(program, looks);
  addTasks(program, { terminal, looks, print });
  addBreakGlass(program, { terminal, looks, print });
  addCodes(program, { terminal, looks, print });
  addOnboarding(program, { terminal, now, looks, print });
  addReview(program, { terminal, now, looks });
  addDatabase(program, { terminal, looks, print });
  addPolicies(program, terminal);
  addPortalTypes(program, { terminal, looks, print });
  program
    .command('completion')
    .description('a script that completes commands and options: source it')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completionScript } = await import('./completion.ts');
      terminal.stdout.write(completionScript(program, shell));
    });
  addGathered(program);
  addAuditList(program, looks);
  return program;
}

function newProgram(terminal: Terminal): Command {
  return new Command('rcm')
    .description('See, repair, prove and onboard portal logins.')
    .version(version(), '--version', 'print the version')
    .option('--profile <name>', 'read ~/.config/rcm/profiles/NAME.env, and no other RCM_ variable')
    .option('--color <when>', 'auto, always or never; NO_COLOR is heeded', 'auto')
    .option('--json', 'print one JSON object')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      outputError: (words, write) => void write(plainWords(words)),
    })
    .hook('preAction', async (_program, command) => (await import('./checked-input.ts')).checkInput(command))
    .addHelpText('after', AFTER_HELP);
}

type Looks = (act: (db: Database) => Promise<Report>) => Promise<void>;

/** What is to be seen of all logins at once, and whether it can be seen from here. */
function addFleet(program: Command, { terminal, now, looks, print }: Running & { readonly looks: Looks }): void {
  program
    .command('overview')
    .description('how many logins there are, and of what is wrong how much')
    .action(async () => {
      const { overview } = await import('./commands/overview.ts');
      await looks(overview);
    });
  program
    .command('doctor')
    .description('whether it can work from here: configuration, database, schema, keys, store, roles, browser, clock, mailboxes')
    .action(async () => {
      const { doctor } = await import('./commands/doctor.ts');
      print(await doctor(terminal.environment));
    });
  program
    .command('logins')
    .description('the logins of all organizations; what is asked for must hold all together')
    .option('--org <id>', 'of this organization')
    .option('--portal <code>', 'of this portal type')
    .option('--due [span]', 'to be rotated within this time (7d)')
    .option('--failing', 'refused by the portal, and not let in since')
    .option('--locked', 'locked by the portal')
    .option('--blocked', 'with a rotation that waits for a person')
    .option('--never-used', 'with no login that was ever accepted')
    .option('--expiring [span]', 'whose password the portal lets expire within this time (14d)')
    .option('--shared', 'that lie in several organizations or under several secrets')
    .option('--order <order>', 'name, next_rotation or oldest_password: those that have such a date; of all, an organization or a portal type', 'name')
    .option('--limit <n>', 'logins on a page', '50')
    .option('--after <place>', 'the next page, from where the one before ended')
    .action(async (options: LoginsOptions) => {
      const { logins } = await import('./commands/logins.ts');
      await looks((db) => logins(db, options, now));
    });

  program
    .command('calendar')
    .description('what comes for every login: rotations, expiries, logins that keep it, recertifications')
    .option('--within <span>', 'until when', '60d')
    .option('--org <id>', 'of this organization')
    .option('--portal <code>', 'of this portal type')
    .option('--ical', 'as iCalendar, for a file that calendar programs read')
    .option('--limit <n>', 'entries', '200')
    .action(async (options: CalendarOptions) => {
      const { calendar } = await import('./commands/calendar.ts');
      await looks((db) => calendar(db, options, now));
    });
}

function addLogin(program: Command, looks: Looks): void {
  const login = program.command('login').description('one login: see it, repair it');
  login
    .command('show')
    .description('how it stands and why, what it waits for, what to do')
    .argument('<id...>', 'endpoints')
    .action(async (ids: readonly string[]) => {
      const { loginShow } = await import('./commands/login-show.ts');
      await looks((db) => loginShow(db, ids));
    });
  login
    .command('history')
    .description('one timeline of logins, rotations, leases, tasks, people’s acts and notifications, the newest first')
    .argument('<id>', 'endpoint')
    .option('--limit <n>', 'entries', '50')
    .option('--before <time>', 'what lies further back')
    .action(async (id: string, options: HistoryOptions) => {
      const { history } = await import('./commands/login-history.ts');
      await looks((db) => history(db, id, options));
    });
}

/** For help, completion and did-you-mean: they are run before their words come here. */
function addGathered(program: Command): void {
  for (const { path, summary } of GATHERED) {
    const parent = path.length === 1 ? program : program.commands.find((command) => command.name() === path[0]);
    parent
      ?.command(path.at(-1) ?? '')
      .description(summary)
      .helpOption(false);
  }
}

/** The one command of `audit` that is not gathered. */
function addAuditList(program: Command, looks: Looks): void {
  program.commands
    .find((command) => command.name() === 'audit')
    ?.command('list')
    .description('who did what in one organization, when and why, the newest first')
    // Its parent is gathered, and has no help here.
    .helpOption('-h, --help', 'display help for command')
    .requiredOption('--org <id>', 'the organization')
    .option('--from <time>', 'not before this time')
    .option('--to <time>', 'before this time')
    .option('--login <id>', 'on this endpoint')
    .option('--actor <text>', 'by whom: how the name begins, such as person: or token:claims')
    .option('--action <text>', 'what: how it begins, such as login. or secret.set')
    .option('--limit <n>', 'events on a page', '50')
    .option('--after <place>', 'the next page, from where the one before ended')
    .action(async (options: AuditListOptions) => {
      const { auditList } = await import('./commands/audit-list.ts');
      await looks((db) => auditList(db, options));
    });
}

const version = (): string => (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
