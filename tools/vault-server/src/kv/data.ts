import { type Answer, noContent, nothingThere, Refusal, withData } from '../http/answer.ts';
import { isFields, type VaultRequest } from '../http/request.ts';
import type { Database } from '@rcm/local-aws/kit';
import type { VaultState } from '../vault-state.ts';
import { configOf, DEFAULT_MAX_VERSIONS, type MountConfig } from './config.ts';
import { deletionTime } from './delete-after.ts';
import { ensureKey, type KeyRow, keyAt, type Place, versionMetadata, versionOf } from './records.ts';

/** `<mount>/data/<path>` (openbao builtin/logical/kv/path_data.go). Null: no such route. */
export function answerData(vault: VaultState, request: VaultRequest, place: Place): Answer | null {
  if (request.verb === 'read') return readData(vault, request, place);
  if (request.verb === 'write') return writeData(vault, request, place);
  if (request.verb === 'delete') return deleteLatest(vault, place);
  return null;
}

/** Nothing ever there: 404 with empty errors. Deleted or destroyed: 404 with `data: null` and the version's metadata. */
function readData({ database, root, clock }: VaultState, { query }: VaultRequest, place: Place): Answer {
  const key = keyAt(database, place);
  if (!key) throw nothingThere();
  const asked = Number(query.get('version') ?? 0);
  if (!Number.isInteger(asked)) throw new Refusal(400, 'error converting input for field "version"');
  const row = versionOf(database, key, asked > 0 ? asked : key.current_version);
  if (!row) throw nothingThere();
  const metadata = versionMetadata(key, row);
  const deleted = row.deleted_at !== null && row.deleted_at <= clock.now().getTime();
  if (deleted || row.destroyed === 1) return withData({ data: null, metadata }, 404);
  const stored = database.get<{ readonly box: Uint8Array }>('SELECT box FROM stored_value WHERE id = ?', row.value_id);
  if (!stored) throw new Refusal(500, 'could not find version data');
  return withData({ data: JSON.parse(root.open(stored.box)) as object, metadata });
}

function writeData({ database, root, clock }: VaultState, { body }: VaultRequest, place: Place): Answer {
  const { data } = body;
  if (!isFields(data)) throw new Refusal(400, 'no data provided');
  const now = clock.now().getTime();
  const config = configOf(database, place);
  checkAndSet(body.options, config, keyAt(database, place));
  const key = ensureKey(database, place, now);
  const version = key.current_version + 1;
  const { rowId: valueId } = database.run('INSERT INTO stored_value(box, written_at) VALUES (?, ?)', root.seal(JSON.stringify(data)), now);
  const goesAt = deletionTime(database, place, now);
  database.run('INSERT INTO kv_version(key_id, version, value_id, created_at, deleted_at) VALUES (?, ?, ?, ?, ?)', key.id, version, valueId, now, goesAt);
  const oldest = dropOldVersions(database, key, version, config);
  database.run('UPDATE kv_key SET current_version = ?, oldest_version = ?, updated_at = ? WHERE id = ?', version, oldest, now, key.id);
  return withData(versionMetadata(key, { key_id: key.id, version, value_id: valueId, created_at: now, deleted_at: goesAt, destroyed: 0 }));
}

/** The sentences are the engine's own (path_data.go, validateCheckAndSetOption); a soft-deleted version still counts as current. */
function checkAndSet(options: unknown, config: MountConfig, key: KeyRow | null): void {
  const cas = isFields(options) ? options.cas : undefined;
  if (cas === undefined) {
    if (config.casRequired || key?.cas_required === 1) throw new Refusal(400, 'check-and-set parameter required for this call');
    return;
  }
  const wanted = Number(cas);
  if (!Number.isInteger(wanted)) throw new Refusal(400, 'error parsing check-and-set parameter');
  if (wanted !== (key?.current_version ?? 0)) throw new Refusal(400, 'check-and-set parameter did not match the current version');
}

/** Removes what is beyond the number of versions kept, and returns the oldest one left (path_data.go and types AddVersion). */
function dropOldVersions(database: Database, key: KeyRow, current: number, config: MountConfig): number {
  const kept = Math.max(key.max_versions, config.maxVersions) || DEFAULT_MAX_VERSIONS;
  const oldest = Math.max(key.oldest_version, current - kept + 1, 0);
  database.run('DELETE FROM kv_version WHERE key_id = ? AND version < ?', key.id, oldest);
  return oldest;
}

function deleteLatest({ database, clock }: VaultState, place: Place): Answer {
  const key = keyAt(database, place);
  if (key) {
    const now = clock.now().getTime();
    database.run(
      'UPDATE kv_version SET deleted_at = ? WHERE key_id = ? AND version = ? AND (deleted_at IS NULL OR deleted_at > ?) AND destroyed = 0',
      ...[now, key.id, key.current_version, now],
    );
  }
  return noContent;
}
