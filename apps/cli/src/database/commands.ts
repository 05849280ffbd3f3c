import type { Command } from 'commander';
import type { Database } from '@rcm/db';
import type { DbMigrateOptions } from '../commands/db-migrate.ts';
import type { DbRestoredOptions } from '../commands/db-restored.ts';
import type { Report } from '../report.ts';
import type { Terminal } from '../terminal.ts';

interface Running {
  readonly terminal: Terminal;
  looks(act: (db: Database) => Promise<Report>): Promise<void>;
  print(report: Report): void;
}

/** `db status | migrate | roles | restored`: the database as whoever deploys it sees it, as the tables' owner; `retention`: as whoever looks after logins. */
export function addDatabase(program: Command, { terminal, looks, print }: Running): void {
  const db = program.command('db').description('the database: how far it is migrated, and who logs in as what');
  db.command('status')
    .description('which migrations are applied, and which this version has besides')
    .action(async () => {
      const { dbStatus } = await import('../commands/db-status.ts');
      print(await dbStatus(terminal.environment));
    });
  db.command('migrate')
    .description('bring it up to this version: tables, roles, rights, the queue; safe to repeat')
    .option('--dry-run', 'say what would be applied')
    .action(async (options: DbMigrateOptions) => {
      const { dbMigrate } = await import('../commands/db-migrate.ts');
      print(await dbMigrate(terminal, options));
    });
  db.command('restored')
    .description('say that it was restored to an earlier hour: every login cools down until its portal has forgotten the failures that the ledger lost')
    .option('--nothing-lost', 'say instead that every row is there (a move, an upgrade): nothing cools down')
    .requiredOption('--reason <text>', 'why; it goes into the audit trail of every organization')
    .option('--actor <name>', 'what you are called, beside who you are signed in as')
    .action(async (options: DbRestoredOptions) => {
      const { dbRestored } = await import('../commands/db-restored.ts');
      print(await dbRestored(terminal.environment, options));
    });
  db.command('retention')
    .description('what rotators would delete now because it is old, and for how long they keep it; nothing is deleted by this')
    .action(async () => {
      const { dbRetention } = await import('../commands/db-retention.ts');
      await looks((books) => dbRetention(books, terminal.environment));
    });
  db.command('roles')
    .description('who logs in as a member of which role, and what is wrong with a login')
    .action(async () => {
      const { dbRoles } = await import('../commands/db-roles.ts');
      print(await dbRoles(terminal.environment));
    });
}
