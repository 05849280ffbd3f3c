import type pg from 'pg';

/** What was written ahead of one table, with its indexes apart. */
export interface Written {
  readonly table: string;
  /** The index; `null`: the table itself. */
  readonly index: string | null;
  readonly bytes: number;
  readonly records: number;
}

/**
 * Of each table and index what was written ahead of it between two places of the log, as the server itself reads it (pg_walinspect). What belongs to none (commits,
 * notes for standbys) is the table `none`. A record of several pages counts for the first. For the administrator of a throw-away server alone.
 */
export async function writtenBy(client: pg.Client, from: string, to: string): Promise<readonly Written[]> {
  await client.query('CREATE EXTENSION IF NOT EXISTS pg_walinspect');
  // What is not on the disk yet cannot be read.
  await client.query('SELECT pg_switch_wal()');
  const { rows } = await client.query<{ table: string; index: string | null; bytes: string; records: string }>(
    `WITH pages AS (
       SELECT DISTINCT ON (b.start_lsn) b.start_lsn, b.relfilenode, b.record_length FROM pg_get_wal_block_info($1, $2) b ORDER BY b.start_lsn, b.block_id),
     named AS (
       SELECT coalesce(t.relname, c.relname, 'another''s') AS "table", CASE WHEN t.oid IS NOT NULL THEN c.relname END AS index, p.record_length AS bytes
         FROM pages p LEFT JOIN pg_class c ON c.oid = pg_filenode_relation(0, p.relfilenode) LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
        UNION ALL
       SELECT 'none', NULL, r.record_length FROM pg_get_wal_records_info($1, $2) r WHERE r.block_ref IS NULL OR r.block_ref = '')
     SELECT "table", index, sum(bytes) AS bytes, count(*) AS records FROM named GROUP BY 1, 2 ORDER BY 3 DESC`,
    [from, to],
  );
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes), records: Number(row.records) }));
}
