import type pg from 'pg';
import { RcmError } from '@rcm/telemetry';
import type { MigrationFile } from './files.ts';

/** What Prisma's table says of one migration. */
export interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
  /** `null`: begun and not finished. */
  readonly finishedAt: Date | null;
}

/** The database's own record, the oldest first; of one that was never migrated the table is missing, and this fails. */
export async function readHistory(client: pg.Client): Promise<readonly AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>(
    'SELECT migration_name AS name, checksum, finished_at AS "finishedAt" FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name',
  );
  return rows;
}

/** Compares files with history; fails with `state_conflict` where they do not belong together. `null`: everything is applied. */
export function nextMigration(files: readonly MigrationFile[], history: readonly AppliedMigration[]): MigrationFile | null {
  const problem = historyProblem(files, history);
  if (problem) throw new RcmError('state_conflict', problem.words, { details: { migration: problem.migration } });
  const applied = new Set(history.map(({ name }) => name));
  return files.find((file) => !applied.has(file.name)) ?? null;
}

/** Why nothing may be applied; `null`: it may. */
export function historyProblem(
  files: readonly MigrationFile[],
  history: readonly AppliedMigration[],
): { readonly migration: string; readonly words: string } | null {
  for (const { name, checksum, finishedAt } of history) {
    if (finishedAt === null) return { migration: name, words: unfinished(name) };
    const file = files.find((candidate) => candidate.name === name);
    if (!file) return { migration: name, words: newer(name) };
    if (file.checksum !== checksum) return { migration: name, words: `Migration ${name} was changed after it had been applied; add a new one instead.` };
  }
  return null;
}

const unfinished = (name: string): string => `Migration ${name} was begun and not finished; see docs/adr/0001 for what to do.`;
const newer = (name: string): string => `The database has migration ${name}, which this version does not: it is older than the database.`;

/** A migration as an app sees it, who may not read more. */
export interface Finished {
  readonly name: string;
  readonly finished: boolean;
}

/** How a database stands to this version. It is only told of where it is `newer`: what was added since is no reason to stop who does not know of it. */
export interface SchemaState {
  readonly state: 'current' | 'newer' | 'never' | 'behind';
  /** A sentence or two; `null` where it is current. */
  readonly words: string | null;
}

/** `names`: of this version's migrations, the oldest first. */
export function schemaStateOf(names: readonly string[], history: readonly Finished[]): SchemaState {
  if (history.length === 0) return { state: 'never', words: 'The database was never migrated.' };
  const half = history.find(({ finished }) => !finished);
  if (half) return { state: 'behind', words: unfinished(half.name) };
  const [known, applied] = [new Set(names), new Set(history.map(({ name }) => name))];
  const missing = names.filter((name) => !applied.has(name));
  if (missing.length > 0) return { state: 'behind', words: `The database is behind this version, which has ${missing.length} more (${missing[0] ?? ''}).` };
  const unknown = history.find(({ name }) => !known.has(name));
  return unknown ? { state: 'newer', words: newer(unknown.name) } : { state: 'current', words: null };
}
