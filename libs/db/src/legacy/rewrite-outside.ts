import type { RewriteSession } from './rewrite-session.ts';
import type { OutsideKind } from './storage-state.ts';

/** Which copies of what was removed this server may have given away, as far as it can be seen from inside. Of backups nothing can be seen: they always count. */
export async function copiesOutside(session: RewriteSession, server: 'own' | 'managed'): Promise<OutsideKind[]> {
  const [seen] = await session.query<{ archives: boolean; standbys: boolean; subscribers: boolean }>(
    `SELECT current_setting('archive_mode') <> 'off' AS archives,
            EXISTS (SELECT FROM pg_stat_replication) OR EXISTS (SELECT FROM pg_replication_slots WHERE slot_type = 'physical') AS standbys,
            EXISTS (SELECT FROM pg_replication_slots WHERE slot_type = 'logical') OR EXISTS (SELECT FROM pg_publication) AS subscribers`,
  );
  return [
    server === 'managed' ? 'managed_snapshots' : 'base_backups',
    ...(server === 'managed' ? (['managed_wal'] as const) : seen?.archives ? (['archived_wal'] as const) : []),
    ...(seen?.standbys ? (['standbys'] as const) : []),
    ...(seen?.subscribers ? (['logical_subscribers'] as const) : []),
  ];
}
