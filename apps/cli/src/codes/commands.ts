import type { Command } from 'commander';
import type { Database } from '@rcm/db';
import type { Report } from '../report.ts';
import type { Terminal } from '../terminal.ts';

interface Running {
  readonly terminal: Terminal;
  looks(act: (db: Database) => Promise<Report>): Promise<void>;
  print(report: Report): void;
}

/** `codes …`: one-time codes that portals have sent to people, and that logins wait for. */
export function addCodes(program: Command, { terminal, looks, print }: Running): void {
  const { environment } = terminal;
  const group = program.command('codes').description('codes that logins wait for and only people have: list, answer');
  group
    .command('list')
    .description('what waits now, the one that is over first at the top; exit code 1 where something waits')
    .option('--org <id>', 'of this organization')
    .option('--limit <n>', 'requests', '50')
    .action(async ({ org, limit }: { readonly org?: string; readonly limit: string }) => {
      const { listed } = await import('./list.ts');
      await looks((db) => listed(db, { orgId: org, limit: Number(limit) }));
    });
  group
    .command('answer')
    .description('give a login the code it waits for: at a prompt that shows nothing, or as the first line of stdin')
    .argument('<request>', 'its id')
    .option('--reason <text>', 'why, for the audit trail', 'the portal asks for a code')
    .option('--actor <name>', 'what you call yourself, beside who signed in')
    .action(async (id: string, options: { readonly reason: string; readonly actor?: string }) => {
      const [{ personOf }, { asOperator }, { answered }] = [await import('../person.ts'), await import('../operator.ts'), await import('./answer.ts')];
      const by = await personOf(options, environment);
      print(await asOperator(environment, (db) => answered(db, id, by)));
    });
}
