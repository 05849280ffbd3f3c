import { type Command, Option } from 'commander';
import type { Database } from '@rcm/db';
import type { Report } from '../report.ts';
import type { Terminal } from '../terminal.ts';

interface Running {
  readonly terminal: Terminal;
  readonly now: Date;
  looks(act: (db: Database) => Promise<Report>): Promise<void>;
}

interface ReviewOptions {
  readonly org: string;
  readonly quarter?: string;
  readonly as: 'text' | 'csv' | 'page';
}

/** `review access`: what somebody signs every three months. */
export function addReview(program: Command, { now, looks }: Running): void {
  program
    .command('review')
    .description('what is looked at every three months')
    .command('access')
    .description('of one organization: who may get at its logins, who did, why, and what is left over')
    .requiredOption('--org <id>', 'the organization')
    .option('--quarter <quarter>', 'such as 2026-Q3 (default: the last one that is over)')
    .addOption(new Option('--as <format>', 'csv for a spreadsheet, page to print and sign').choices(['text', 'csv', 'page']).default('text'))
    .action(async (options: ReviewOptions) => {
      const { review } = await import('./report.ts');
      await looks((db) => review(db, options, now));
    });
}
