import type pg from 'pg';

/**
 * What a process may rely on in a database, a line for each: every column with its type, what an insert may leave out, what each role of the platform may do where, and
 * how every function may be called and what it gives. By the catalogue, so that nothing is believed of a migration's text. Left out: `rcm_internal`, whose
 * rights no process has.
 */
const PROMISED = `
  WITH role AS (SELECT rolname FROM pg_roles WHERE rolname LIKE 'rcm\\_%' AND NOT rolcanlogin AND rolname <> 'rcm_internal'),
       relation AS (SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p') AND relname <> '_prisma_migrations'),
       field AS (SELECT r.oid, r.relname, a.attname, a.attnum, a.atttypid, a.atttypmod, a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS required
                   FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped),
       called AS (SELECT oid, proname || '(' || coalesce((SELECT string_agg(format_type(t, NULL), ', ' ORDER BY i) FROM unnest(proargtypes::oid[]) WITH ORDINALITY u (t, i) WHERE i <= n), '') || ')' AS name,
                         prorettype, proallargtypes, proargmodes, proargnames
                    FROM pg_proc, generate_series((pronargs - pronargdefaults)::int, pronargs::int) n
                   WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND prorettype <> 'trigger'::regtype)
  SELECT 'column ' || relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) AS line FROM field
  UNION SELECT 'an insert without ' || relname || '.' || attname FROM field WHERE NOT required
  UNION SELECT rolname || ': ' || p || ' ' || relname || '.' || attname FROM role, field, unnest('{SELECT,INSERT,UPDATE}'::text[]) p WHERE has_column_privilege(rolname, oid, attnum, p)
  UNION SELECT rolname || ': DELETE ' || relname FROM role, relation WHERE has_table_privilege(rolname, oid, 'DELETE')
  UNION SELECT rolname || ': EXECUTE ' || name FROM role, called WHERE has_function_privilege(rolname, oid, 'EXECUTE')
  UNION SELECT 'function ' || name || ' gives ' || format_type(prorettype, NULL) FROM called WHERE proallargtypes IS NULL
  UNION SELECT 'function ' || name || ' gives ' || concat_ws(' ', argname, format_type(argtype, NULL))
    FROM called, unnest(proallargtypes, proargmodes, proargnames) a (argtype, argmode, argname) WHERE argmode IN ('o', 'b', 't')`;

/** What a table of before refuses: keys, checks, policies, triggers that may, columns that an insert must name. Each with its words, so that one that is changed is another. */
const REFUSED = `
  SELECT c.relname AS "table", k.what FROM pg_class c LEFT JOIN (
      SELECT conrelid AS of, concat_ws(' ', 'constraint', conname, pg_get_constraintdef(oid)) AS what FROM pg_constraint WHERE contype <> 'n'
      UNION ALL SELECT indrelid, concat_ws(' ', 'unique', pg_get_indexdef(indexrelid)) FROM pg_index WHERE indisunique
      UNION ALL SELECT tgrelid, concat_ws(' ', 'trigger', tgname, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
      UNION ALL SELECT polrelid, concat_ws(' ', 'policy', polname, polcmd, polpermissive, polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
      UNION ALL SELECT attrelid, concat_ws(' ', 'required', attname) FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = ''
    ) k ON k.of = c.oid
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'`;

export interface Relied {
  readonly promised: ReadonlySet<string>;
  /** By table. */
  readonly refused: ReadonlyMap<string, ReadonlySet<string>>;
}

export async function relied(client: pg.Client): Promise<Relied> {
  const promised = await client.query<{ line: string }>(PROMISED);
  const refused = await client.query<{ table: string; what: string | null }>(REFUSED);
  const byTable = Map.groupBy(refused.rows, ({ table }) => table);
  return {
    promised: new Set(promised.rows.map(({ line }) => line)),
    refused: new Map([...byTable].map(([table, rows]) => [table, new Set(rows.flatMap(({ what }) => what ?? []))])),
  };
}

/** What a process that was written for `before` may find gone, or refused, in `after`. What a table that is new refuses it does not meet. */
export function lost(before: Relied, after: Relied): { readonly takenAway: readonly string[]; readonly newlyRefused: readonly string[] } {
  const newlyRefused = [...before.refused].flatMap(([table, was]) =>
    [...(after.refused.get(table) ?? [])].filter((what) => !was.has(what)).map((what) => `${table}: ${what}`),
  );
  return { takenAway: [...before.promised].filter((line) => !after.promised.has(line)).sort(), newlyRefused: newlyRefused.sort() };
}
