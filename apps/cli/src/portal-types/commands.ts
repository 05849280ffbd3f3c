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

/** `portal-type …`: see them, and change one by two people. Saving is a command of the rotator, under the tables' owner. */
export function addPortalTypes(program: Command, { terminal, looks, print }: Running): void {
  const { environment } = terminal;
  const acting = async (options: PersonOptions, act: (db: Database, person: Person) => Promise<Report>): Promise<void> => {
    const [{ personOf }, { asOperator }] = [await import('../person.ts'), await import('../operator.ts')];
    const by = await personOf(options, environment);
    print(await asOperator(environment, (db) => act(db, by)));
  };
  const group = program.command('portal-type').description('portal types: list, show, diff, propose, approve, save, decide');
  group
    .command('list')
    .description('all of them')
    .action(async () => {
      const { portalTypeList } = await import('../commands/portal-types.ts');
      await looks(portalTypeList);
    });
  group
    .command('show')
    .description('one of them')
    .argument('<code>', 'portal type')
    .action(async (code: string) => {
      const { portalTypeShow } = await import('../commands/portal-types.ts');
      await looks((db) => portalTypeShow(db, code));
    });
  group
    .command('diff')
    .description('what `save` of a file would change, and for how many logins')
    .argument('<file>', 'JSON, see docs/rotation.md')
    .action(async (file: string) => {
      const { portalTypeFileDiff } = await import('../commands/portal-type-diff.ts');
      await looks((db) => portalTypeFileDiff(db, file));
    });
  person(group.command('propose').description('propose what a file says: used once a second person has approved it and the tables’ owner has saved it'))
    .argument('<file>', 'JSON, see docs/rotation.md')
    .action(async (path: string, options: PersonOptions) => {
      const { proposed } = await import('./proposed.ts');
      await acting(options, (db, by) => proposed(db, { path, ...by }));
    });
  group
    .command('proposed')
    .description('what was proposed, the newest first; of one, what it would change')
    .argument('[request]', 'its id')
    .option('--limit <n>', 'requests', '20')
    .action(async (request: string | undefined, { limit }: { readonly limit: string }) => {
      const { proposals } = await import('./proposed.ts');
      await looks((db) => proposals(db, { request, limit: Number(limit) }));
    });
  const answers = [
    ['approve', 'approved', 'approve what somebody else has proposed'],
    ['decline', 'declined', 'decline it, or take back what you have proposed'],
  ] as const;
  for (const [name, decision, description] of answers)
    person(group.command(name).description(description))
      .argument('<request>', 'its id')
      .action(async (id: string, options: PersonOptions) => {
        const { decided } = await import('./proposed.ts');
        await acting(options, (db, by) => decided(db, { id, decision, ...by }));
      });
}

const person = (command: Command): Command =>
  command.option('--reason <text>', 'why, for the audit trail').option('--actor <name>', 'what you call yourself, beside who signed in');
