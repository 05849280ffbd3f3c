import type { Database } from '@rcm/local-aws/kit';

/** Which secret, in which mount of which namespace. */
export interface Place {
  readonly namespace: string;
  readonly mount: string;
  readonly path: string;
}

export interface KeyRow {
  readonly id: number;
  readonly path: string;
  readonly current_version: number;
  readonly oldest_version: number;
  readonly max_versions: number;
  readonly cas_required: 0 | 1;
  readonly custom_metadata: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface VersionRow {
  readonly key_id: number;
  readonly version: number;
  readonly value_id: number;
  readonly created_at: number;
  readonly deleted_at: number | null;
  readonly destroyed: 0 | 1;
}

export const keyAt = (database: Database, { namespace, mount, path }: Place): KeyRow | null =>
  database.get<KeyRow>('SELECT * FROM kv_key WHERE namespace = ? AND mount = ? AND path = ?', namespace, mount, path);

/** The key at a place, made where there is none: metadata may be written before the first version is. */
export function ensureKey(database: Database, place: Place, now: number): KeyRow {
  const known = keyAt(database, place);
  if (known) return known;
  database.run(
    `INSERT INTO kv_key(namespace, mount, path, current_version, oldest_version, max_versions, cas_required, custom_metadata, created_at, updated_at)
     VALUES (?, ?, ?, 0, 0, 0, 0, NULL, ?, ?)`,
    ...[place.namespace, place.mount, place.path, now, now],
  );
  const made = keyAt(database, place);
  if (!made) throw new Error('A key that was just written is not there.');
  return made;
}

export const versionOf = (database: Database, key: KeyRow, version: number): VersionRow | null =>
  database.get<VersionRow>('SELECT * FROM kv_version WHERE key_id = ? AND version = ?', key.id, version);

/** RFC 3339; empty where there is none (builtin/logical/kv/backend.go, ptypesTimestampToString). */
export const timeText = (time: number | null): string => (time === null ? '' : new Date(time).toISOString());

export const versionMetadata = (key: KeyRow, row: VersionRow): object => ({
  version: row.version,
  created_time: timeText(row.created_at),
  deletion_time: timeText(row.deleted_at),
  destroyed: row.destroyed === 1,
  custom_metadata: customMetadata(key),
});

export const customMetadata = ({ custom_metadata }: KeyRow): unknown => (custom_metadata === null ? null : JSON.parse(custom_metadata));
