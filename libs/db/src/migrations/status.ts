import type pg from 'pg';
import { withMigrationClient } from './client.ts';
import { readMigrations, SHIPPED } from './files.ts';
import { historyProblem, readHistory } from './history.ts';
import { stopFirst } from './stop-first.ts';

export interface MigrationStatus {
  /** Of this version's migrations, the oldest first. */
  readonly applied: readonly string[];
  readonly missing: readonly string[];
  /** Why nothing may be applied: this version and the database do not belong together; `null`: they do. */
  readonly problem: string | null;
  /** What has to stop before the missing ones are applied, in words (docs/upgrade.md); none: the processes of the version before may go on. */
  readonly stopFirst: readonly string[];
  /** Portal types with logins for which nobody has decided about automation: once this version runs, no program logs in there. */
  readonly undecided: readonly string[];
}

/**
 * How far a database is migrated; changes nothing. Needs a login that may read `_prisma_migrations`: the tables' owner. Fails with `database_unavailable`,
 * `database_failed`.
 */
export async function migrationStatus({ url, directory = SHIPPED }: { readonly url: string; readonly directory?: string }): Promise<MigrationStatus> {
  const files = await readMigrations(directory);
  return withMigrationClient(url, async (client) => {
    const { rows } = await client.query<{ migrated: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS migrated`);
    const history = rows[0]?.migrated ? await readHistory(client) : [];
    const done = new Set(history.map(({ name }) => name));
    const names = files.map(({ name }) => name);
    const [applied, missing] = [names.filter((name) => done.has(name)), names.filter((name) => !done.has(name))];
    return {
      ...{ applied, missing, stopFirst: stopFirst(applied, missing) },
      problem: historyProblem(files, history)?.words ?? null,
      undecided: await undecided(client),
    };
  });
}

/** Also of a database that does not have the column yet, for whoever asks what a migration would bring. */
async function undecided(client: pg.Client): Promise<readonly string[]> {
  const { rows: tables } = await client.query<{ there: boolean }>(`SELECT to_regclass('portal_type') IS NOT NULL AS there`);
  if (!tables[0]?.there) return [];
  await client.query(`SELECT set_config('app.tenant_id', '*', false)`);
  const { rows } = await client.query<{ code: string }>(
    `SELECT p.code FROM portal_type p WHERE to_jsonb(p) ->> 'automation' IS NULL
        AND EXISTS (SELECT FROM integration_endpoint e WHERE e.portal_type_code = p.code) ORDER BY p.code`,
  );
  return rows.map(({ code }) => code);
}
