import type { Command } from 'commander';
import type { Database } from '@rcm/db';
import type { Person } from '../onboarding/add.ts';
import type { PersonOptions } from '../person.ts';
import type { Report } from '../report.ts';
import type { Terminal } from '../terminal.ts';

interface Running {
  readonly terminal: Terminal;
  looks(act: (db: Database) => Promise<Report>): Promise<void>;
  print(report: Report): void;
}

/** `break-glass …`: one person asks to read a password, another one approves it. Reading it is a command of the rotator, which has the store. */
export function addBreakGlass(program: Command, { terminal, looks, print }: Running): void {
  const { environment } = terminal;
  const acting = async (options: PersonOptions, act: (db: Database, person: Person) => Promise<Report>): Promise<void> => {
    const [{ personOf }, { asOperator }, { asSignedInForRotator }] = [
      await import('../person.ts'),
      await import('../operator.ts'),
      await import('../environment.ts'),
    ];
    // Who asks must be who reads, and reading is a rotator's command.
    asSignedInForRotator(environment);
    const by = await personOf(options, environment);
    print(await asOperator(environment, (db) => act(db, by)));
  };
  const group = program.command('break-glass').description('read one password, as a second person has approved: request, approve, read');
  person(group.command('request').description('ask for it: a second person has to approve within the hour'))
    .argument('<id>', 'endpoint whose password it is')
    .option('--minutes <n>', 'for how long it may be read and used once it is approved (1 to 60)', '15')
    .action(async (endpointId: string, options: PersonOptions & { readonly minutes: string }) => {
      const { requested } = await import('./acts.ts');
      await acting(options, (db, by) => requested(db, { endpointId, minutes: Number(options.minutes), ...by }));
    });
  const answers = [
    ['approve', 'approve what somebody else has asked for: from now on they may read it'],
    ['decline', 'decline what somebody else has asked for'],
    ['withdraw', 'take back what you have asked for, while nobody has read it'],
  ] as const;
  for (const [answer, description] of answers)
    person(group.command(answer).description(description))
      .argument('<request>', 'its id')
      .action(async (id: string, options: PersonOptions) => {
        const { answered } = await import('./acts.ts');
        await acting(options, (db, by) => answered(db, { id, answer, ...by }));
      });
  group
    .command('list')
    .description('who asked to read which password, who approved it, and what came of it; the newest first')
    .option('--limit <n>', 'requests', '20')
    .action(async ({ limit }: { readonly limit: string }) => {
      const { listed } = await import('./list.ts');
      await looks((db) => listed(db, Number(limit)));
    });
}

const person = (command: Command): Command =>
  command.option('--reason <text>', 'why, for the audit trail').option('--actor <name>', 'what you call yourself, beside who signed in');
