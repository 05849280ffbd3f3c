import { hasCode, type Logger, RcmError } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { migrationNames, SHIPPED } from './files.ts';
import { type Finished, type SchemaState, schemaStateOf } from './history.ts';

/** What an app may ask although the table is the owner's; made by a migration, so that it is missing is an answer, too. */
const QUESTION = 'rcm_migrations()';

/**
 * Whether the database is migrated as far as this version needs. `null`: this login may not ask, because it is a member of none of the roles. Reads catalogues and names;
 * changes nothing.
 */
async function schemaState(tx: Transaction, directory: string = SHIPPED): Promise<SchemaState | null> {
  const [seen] = await tx.$queryRaw<{ migrated: boolean; answers: boolean; may: boolean }[]>`
    SELECT to_regclass('public.login_identity') IS NOT NULL AS migrated, to_regprocedure(${`public.${QUESTION}`}) IS NOT NULL AS answers,
           coalesce(has_function_privilege(to_regprocedure(${`public.${QUESTION}`})::oid, 'EXECUTE'), false) AS may`;
  const names = await migrationNames(directory);
  if (!seen?.migrated) return schemaStateOf(names, []);
  if (!seen.answers) return { state: 'behind', words: 'The database is behind this version.' };
  if (!seen.may) return null;
  return schemaStateOf(names, await tx.$queryRaw<Finished[]>`SELECT name, finished FROM public.rcm_migrations()`);
}

/** Refuses to work on a database that was never migrated, or not as far as this version needs. Fails with `config_invalid`, with what to run. */
export async function checkSchema(tx: Transaction): Promise<void> {
  const schema = await schemaState(tx);
  if (schema !== null && isUnusable(schema)) throw new RcmError('config_invalid', `${schema.words} Run \`rcm db migrate\`. Nothing was read or changed.`);
}

const isUnusable = ({ state }: SchemaState): boolean => state === 'never' || state === 'behind';

/** What an app says of its database: whether it cannot work there (`refused`), or what to tell of although it can. Nothing: all is well. */
export interface SchemaWords {
  readonly refused: string | null;
  readonly told: string | null;
}

/** For an app's start and for `/readyz`, at any time: a database may be restored to an earlier day under a running process. Fails as every operation. */
export async function schemaWords(db: Database): Promise<SchemaWords> {
  const schema = await db.transaction('no tenant', (tx) => schemaState(tx));
  if (schema === null || schema.words === null) return { refused: null, told: null };
  return isUnusable(schema) ? { refused: `${schema.words} Run \`rcm db migrate\`.`, told: null } : { refused: null, told: schema.words };
}

const ONLY_READS = 'Postgres answers and only reads: it follows another server, or was told to.';

/** That it answers and writes nothing, in a sentence; `null`: it writes. Whether there is room for what is written nobody can ask. Fails as every operation. */
export async function onlyReads(db: Database): Promise<string | null> {
  const [row] = await db.transaction('no tenant', (tx) => tx.$queryRaw<{ only: boolean }[]>`SELECT current_setting('transaction_read_only') = 'on' AS only`);
  return row?.only ? ONLY_READS : null;
}

/** What `/readyz` says of Postgres; `null`: it answers and writes, this process may work there, and it is migrated. */
export const databaseProblem = (db: Database): Promise<string | null> => inWords(async () => (await schemaWords(db)).refused ?? (await onlyReads(db)));

/** The same for who only reads, maybe from a server that follows another one. */
export const readingProblem = (db: Database): Promise<string | null> => inWords(async () => (await schemaWords(db)).refused);

async function inWords(ask: () => Promise<string | null>): Promise<string | null> {
  try {
    return await ask();
  } catch (error) {
    return hasCode(error, 'config_invalid') || hasCode(error, 'database_unavailable') ? error.message : 'Postgres does not answer.';
  }
}

/**
 * Asks Postgres whether this process may work there at all: a database that is not migrated, a login with too many rights, or a key that rows need and it lacks, ends it
 * now and not at every piece of work. A database of a newer version is told of. Fails with `config_invalid` alone: a database that does not answer yet is waited
 * for by whoever needs it.
 */
export async function checkConfiguration(db: Database, logger: Logger): Promise<void> {
  try {
    const { told } = await schemaWords(db);
    if (told !== null) logger.warn(told);
  } catch (error) {
    if (hasCode(error, 'config_invalid')) throw error;
  }
}
