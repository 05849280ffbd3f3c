import { installJobs } from '../jobs-install.ts';
import { applyMigrationFiles } from './apply.ts';

export interface MigrationOptions {
  /** Of the tables' owner, who may create roles or finds them made (docs/database-roles.md). Direct or pooled: nothing here outlives its transaction. */
  readonly url: string;
  /** Told of each migration when it is committed. */
  onApplied?(name: string): void;
}

/**
 * Brings a database up to this version: its tables, roles and rights, then the queue's own. Returns the names of the migrations it
 * applied. Safe to repeat and to run in several processes at once. Fails as `applyMigrationFiles` and `installJobs`.
 */
export async function applyMigrations({ url, onApplied }: MigrationOptions): Promise<readonly string[]> {
  const applied = await applyMigrationFiles({ url, ...(onApplied ? { onApplied } : {}) });
  await installJobs({ url });
  return applied;
}
