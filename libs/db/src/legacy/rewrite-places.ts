import type { RewriteSession } from './rewrite-session.ts';

/** What is written anew: the rows, the proofs and what was adopted (dead ones hold fingerprints), tasks (dead ones may hold what was plain before it was sealed), and where the catalogue keeps samples of columns. */
export const REWRITTEN = [
  'integration_endpoint',
  'migration_proof',
  'adopted_id',
  'portal_task',
  'pg_catalog.pg_statistic',
  'pg_catalog.pg_statistic_ext_data',
] as const;

/** Columns of which the catalogue must hold no sample. */
export const UNSAMPLED = [
  ['integration_endpoint', 'config'],
  ['migration_proof', 'fingerprint'],
  ['migration_proof', 'row_fingerprint'],
  ['adopted_id', 'fingerprint'],
  ['portal_task', 'input'],
  ['portal_task', 'result'],
] as const;

/** SQL with one row per column of `UNSAMPLED` of which a sample is kept. */
export const SAMPLED = `
  SELECT c.oid, n.nspname AS schema, c.relname AS "table", a.attname AS "column"
    FROM (VALUES ${UNSAMPLED.map(([table, column]) => `('${table}', '${column}')`).join(', ')}) u ("table", "column")
    JOIN pg_class c ON c.oid = to_regclass(u."table") JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = u."column"
   WHERE EXISTS (SELECT FROM pg_statistic s WHERE s.starelid = c.oid AND s.staattnum = a.attnum)`;

/** Numbers of the files that hold the relation's heap and its TOAST: a rewrite gives each a new one. */
export async function filesOf(session: RewriteSession, relation: (typeof REWRITTEN)[number]): Promise<string[]> {
  const rows = await session.query<{ heap: string; toast: string | null }>(
    `SELECT pg_relation_filenode(c.oid)::text AS heap, pg_relation_filenode(nullif(c.reltoastrelid, 0))::text AS toast FROM pg_class c WHERE c.oid = $1::regclass`,
    [relation],
  );
  return rows.flatMap(({ heap, toast }) => (toast === null ? [heap] : [heap, toast]));
}

/** Bytes of the relation with its TOAST and indexes. */
export async function sizeOf(session: RewriteSession, relation: (typeof REWRITTEN)[number]): Promise<number> {
  const [row] = await session.query<{ bytes: string }>('SELECT pg_total_relation_size($1::regclass)::text AS bytes', [relation]);
  return Number(row?.bytes ?? 0);
}
