import { withMigrationClient } from './client.ts';
import { readMigrations, SHIPPED } from './files.ts';
import { historyProblem, readHistory } from './history.ts';

export interface MigrationStatus {
  /** Of this version's migrations, the oldest first. */
  readonly applied: readonly string[];
  readonly missing: readonly string[];
  /** Why nothing may be applied: this version and the database do not belong together; `null`: they do. */
  readonly problem: string | null;
  /** Whether the tables of the queue are there; their version is checked by whoever installs them. */
  readonly hasQueue: boolean;
}

/**
 * How far a database is migrated; changes nothing. Needs a login that may read `_prisma_migrations`: the tables' owner. Fails with `database_unavailable`,
 * `database_failed`.
 */
export async function migrationStatus({ url, directory = SHIPPED }: { readonly url: string; readonly directory?: string }): Promise<MigrationStatus> {
  const files = await readMigrations(directory);
  return withMigrationClient(url, async (client) => {
    const { rows } = await client.query<{ migrated: boolean; queue: boolean }>(
      `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS migrated, to_regclass('pgboss.version') IS NOT NULL AS queue`,
    );
    const history = rows[0]?.migrated ? await readHistory(client) : [];
    const done = new Set(history.map(({ name }) => name));
    const names = files.map(({ name }) => name);
    return {
      applied: names.filter((name) => done.has(name)),
      missing: names.filter((name) => !done.has(name)),
      problem: historyProblem(files, history)?.words ?? null,
      hasQueue: rows[0]?.queue ?? false,
    };
  });
}
