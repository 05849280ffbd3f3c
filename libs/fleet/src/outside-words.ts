import type { OutsideKind } from '@rcm/db/migration';

/** What each kind of copies is, and what to do about it. */
export const OUTSIDE: Readonly<Record<OutsideKind, { readonly what: string; readonly how: string }>> = {
  base_backups: {
    what: 'base backups and exports made before the scrub',
    how: 'make a new base backup, try it, then remove the older ones and every dump: pgbackrest expire --set=…, barman delete …, rm',
  },
  archived_wal: {
    what: 'archived WAL from before the scrub',
    how: 'after the new base backup: pg_archivecleanup ARCHIVE FIRST_SEGMENT_KEPT, or your archive’s retention',
  },
  standbys: {
    what: 'standbys, whose old WAL segments still hold it',
    how: 'on each, once it has replayed: make it anew; or wal_recycle = off, CHECKPOINT, and look that pg_wal has no older segment, and none ahead of the one that is written',
  },
  logical_subscribers: { what: 'subscribers, which have received the rows', how: 'remove config.credentials there, then VACUUM FULL the table there' },
  recycled_wal: {
    what: 'WAL segments that were renamed with their old bytes',
    how: 'ALTER SYSTEM SET wal_recycle = off; SELECT pg_reload_conf(); then scrub --rewrite-only',
  },
  managed_wal: {
    what: 'the WAL that the service keeps for restoring to a moment',
    how: 'wait until its retention has passed (RDS: BackupRetentionPeriod), or set it shorter',
  },
  managed_snapshots: {
    what: 'snapshots and exports made before the scrub',
    how: 'make a new one, then: aws rds describe-db-snapshots; aws rds delete-db-snapshot --db-snapshot-identifier …',
  },
  dead_statistics: {
    what: 'dead samples in pg_statistic, which nobody may rewrite on this server',
    how: 'from Postgres 17 on give the login pg_maintain and scrub --rewrite-only; before, they go as ANALYZE writes over them',
  },
};
