import { NO_LAZY_VACUUM, type RewriteSession } from './rewrite-session.ts';

/**
 * What would keep removed rows or old WAL on the disk for as long as it is there, as sentences; looked for before anything is removed, because afterwards only its end helps.
 * A standby that follows, a slot that is read and a short transaction let go by themselves: a rewrite waits for them.
 */
export async function rewriteBlockers(
  session: RewriteSession,
  { server, longSeconds }: { readonly server: 'own' | 'managed'; readonly longSeconds: number },
): Promise<string[]> {
  const [state] = await session.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  if (state?.standby) return ['this server is a standby: give the address of the one that writes'];
  const found = await session.query<{ what: string }>(
    `SELECT 'the prepared transaction ' || gid || ', prepared ' || date_trunc('second', prepared) AS what FROM pg_prepared_xacts WHERE database = current_database()
      UNION ALL SELECT 'the replication slot ' || slot_name || ', which nobody reads' FROM pg_replication_slots
         WHERE NOT active AND NOT temporary AND (xmin IS NOT NULL OR catalog_xmin IS NOT NULL OR restart_lsn IS NOT NULL)
      UNION ALL SELECT format('the transaction of session %s (%s), open for %s s', pid, coalesce(nullif(application_name, ''), 'without a name'), extract(epoch FROM clock_timestamp() - xact_start)::int)
          FROM pg_stat_activity a WHERE pid <> pg_backend_pid() AND ${NO_LAZY_VACUUM} AND datname = current_database() AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
           AND xact_start < clock_timestamp() - make_interval(secs => $1)`,
    [longSeconds],
  );
  return [...found.map(({ what }) => what), ...(server === 'own' ? await keepsWal(session) : [])];
}

async function keepsWal(session: RewriteSession): Promise<string[]> {
  const [wal] = await session.query<{ keep: string; kept: boolean; archives: boolean; failing: boolean }>(
    `SELECT current_setting('wal_keep_size') AS keep, current_setting('wal_keep_size') <> '0' AS kept, current_setting('archive_mode') <> 'off' AS archives,
            coalesce((SELECT last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver), false) AS failing`,
  );
  return [
    ...(wal?.kept ? [`the setting wal_keep_size=${wal.keep}, by which old WAL stays (set it to 0 and reload)`] : []),
    ...(wal?.archives && wal.failing ? ['the archive command, which fails, so that old WAL stays'] : []),
  ];
}
