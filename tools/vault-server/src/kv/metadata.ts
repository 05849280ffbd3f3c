import { type Answer, noContent, nothingThere, Refusal, withData } from '../http/answer.ts';
import { isFields, type VaultRequest } from '../http/request.ts';
import type { VaultState } from '../vault-state.ts';
import { deleteAfter, durationText, setDeleteAfter } from './delete-after.ts';
import { customMetadata, ensureKey, keyAt, type KeyRow, type Place, timeText, type VersionRow } from './records.ts';

/** Bounds of `custom_metadata` (builtin/logical/kv/path_metadata.go). */
const MAX_KEYS = 64;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 512;

/** `<mount>/metadata/<path>` (path_metadata.go). Null: no such route. */
export function answerMetadata(vault: VaultState, request: VaultRequest, place: Place): Answer | null {
  if (request.verb === 'list') return list(vault, place);
  if (request.verb === 'write') return write(vault, request, place);
  const key = keyAt(vault.database, place);
  if (request.verb === 'delete') {
    if (key) vault.database.run('DELETE FROM kv_key WHERE id = ?', key.id);
    setDeleteAfter(vault.database, place, 0);
    return noContent;
  }
  if (!key) throw nothingThere();
  return withData({ ...describe(vault, key), delete_version_after: durationText(deleteAfter(vault.database, place)) });
}

function describe({ database }: VaultState, key: KeyRow): object {
  const rows = database.all<VersionRow>('SELECT * FROM kv_version WHERE key_id = ? ORDER BY version', key.id);
  const versions = rows.map((row) => [
    String(row.version),
    { created_time: timeText(row.created_at), deletion_time: timeText(row.deleted_at), destroyed: row.destroyed === 1 },
  ]);
  return {
    ...{ versions: Object.fromEntries(versions) as object, current_version: key.current_version, oldest_version: key.oldest_version },
    ...{ created_time: timeText(key.created_at), updated_time: timeText(key.updated_at), max_versions: key.max_versions },
    ...{ cas_required: key.cas_required === 1, custom_metadata: customMetadata(key) },
  };
}

function write({ database, clock }: VaultState, { body }: VaultRequest, place: Place): Answer {
  const known = ['max_versions', 'cas_required', 'delete_version_after', 'custom_metadata'];
  if (!known.some((name) => body[name] !== undefined)) return noContent;
  const custom = body.custom_metadata === undefined ? undefined : checkedCustom(body.custom_metadata);
  const now = clock.now().getTime();
  const key = ensureKey(database, place, now);
  setDeleteAfter(database, place, body.delete_version_after);
  database.run(
    'UPDATE kv_key SET max_versions = ?, cas_required = ?, custom_metadata = ?, updated_at = ? WHERE id = ?',
    ...[
      Number(body.max_versions ?? key.max_versions),
      (body.cas_required ?? key.cas_required === 1) === true ? 1 : 0,
      custom ?? key.custom_metadata,
      now,
      key.id,
    ],
  );
  return noContent;
}

function checkedCustom(given: unknown): string {
  const refused = (what: string): Refusal => new Refusal(400, `custom_metadata validation failed: ${what}`);
  if (!isFields(given)) throw refused('it must be a map of strings');
  const entries = Object.entries(given).map(([key, value]) => [key, String(value)] as const);
  if (entries.length > MAX_KEYS) throw refused(`payload must contain at most ${MAX_KEYS} keys, provided ${entries.length}`);
  for (const [key, value] of entries) {
    if (key.length === 0 || key.length > MAX_KEY_LENGTH) throw refused(`length of key is ${key.length} but must be 0 < len(key) <= ${MAX_KEY_LENGTH}`);
    if (value.length === 0 || value.length > MAX_VALUE_LENGTH)
      throw refused(`length of value is ${value.length} but must be 0 < len(value) <= ${MAX_VALUE_LENGTH}`);
  }
  return JSON.stringify(Object.fromEntries(entries));
}

/** Names one level below; a folder ends with a slash. Nothing there: 404 (response_util.go: no keys). */
function list({ database }: VaultState, { namespace, mount, path }: Place): Answer {
  const prefix = path === '' || path.endsWith('/') ? path : `${path}/`;
  const rows = database.all<{ readonly path: string }>(
    'SELECT path FROM kv_key WHERE namespace = ? AND mount = ? AND substr(path, 1, ?) = ? ORDER BY path',
    ...[namespace, mount, prefix.length, prefix],
  );
  const names = rows.map((row) => /^[^/]*\/?/.exec(row.path.slice(prefix.length))?.[0] ?? '');
  if (names.length === 0) throw nothingThere();
  return withData({ keys: [...new Set(names)] });
}
