import type { Database } from '@rcm/db';

/** Files of the database, and of the server's write-ahead log, in which any of the texts stands. */
export async function holdingIn(owner: Database, texts: readonly string[]): Promise<readonly string[]> {
  const rows = await owner.transaction('no tenant', async (tx) => {
    await tx.$executeRaw`CHECKPOINT`;
    return tx.$queryRaw<{ name: string }[]>`
      SELECT f.name FROM (SELECT pg_relation_filepath(c.oid) AS name FROM pg_class c WHERE c.relkind IN ('r', 't', 'i') AND pg_relation_filepath(c.oid) IS NOT NULL
                          UNION ALL SELECT 'pg_wal/' || w.name FROM pg_ls_waldir() w) f
       WHERE EXISTS (SELECT FROM unnest(${[...texts]}::text[]) held WHERE position(convert_to(held, 'UTF8') IN pg_read_binary_file(f.name, true)) > 0)`;
  });
  return rows.map(({ name }) => name);
}
