import { openClient } from './client.ts';

/** Of each table a digest of all of its rows, by name: two that are the same say that nothing was written, taken away or changed in between. `url` is a superuser's. */
export async function rowDigests(url: string): Promise<Readonly<Record<string, string>>> {
  await using client = await openClient(url);
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1`,
  );
  const each = rows.map(({ name }) => `SELECT '${name}' AS name, md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) AS digest FROM ${name} t`);
  const digests = await client.query<{ name: string; digest: string }>(each.join(' UNION ALL '));
  return Object.fromEntries(digests.rows.map(({ name, digest }) => [name, digest]));
}
