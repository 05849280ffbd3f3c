import { applyMigrations, migrationStatus } from '@rcm/db/admin';
import { ownerUrl } from '../database/owner.ts';
import type { Report } from '../report.ts';
import type { Terminal } from '../terminal.ts';
import { statusReport, undecidedLines } from './db-status.ts';

export interface DbMigrateOptions {
  readonly dryRun?: boolean;
}

/**
 * Brings the database up to this version: tables, roles, rights. Safe to repeat, and to run in several pipelines at once; each migration is applied
 * whole or not at all, and is said on stderr when it is committed, after what should have been stopped first. With `dryRun` it only says what would be applied.
 */
export async function dbMigrate({ environment, stderr }: Terminal, { dryRun = false }: DbMigrateOptions): Promise<Report> {
  const url = ownerUrl(environment);
  const before = await migrationStatus({ url });
  if (dryRun) return { ...statusReport(before), well: true };
  for (const words of before.stopFirst) stderr.write(`${words}\n`);
  const applied = await applyMigrations({ url, onApplied: (name) => void stderr.write(`applied  ${name}\n`) });
  const { undecided } = await migrationStatus({ url });
  return {
    json: { applied, undecided },
    lines: () => [
      applied.length === 0 ? 'The database was up to date.' : `The database is up to date: ${applied.length} migrations were applied.`,
      ...undecidedLines(undecided),
    ],
    well: true,
  };
}
