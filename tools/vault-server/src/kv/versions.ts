import { type Answer, noContent, Refusal } from '../http/answer.ts';
import type { VaultRequest } from '../http/request.ts';
import type { VaultState } from '../vault-state.ts';
import { keyAt, type Place } from './records.ts';

/** What may be done to versions named by number; what is not there, or gone for good, is passed over. */
export const VERSION_ACTS = ['delete', 'undelete', 'destroy'] as const;
export type VersionAct = (typeof VERSION_ACTS)[number];

const SQL: Readonly<Record<VersionAct, string>> = {
  delete: 'UPDATE kv_version SET deleted_at = ?1 WHERE key_id = ?2 AND version = ?3 AND (deleted_at IS NULL OR deleted_at > ?1) AND destroyed = 0',
  undelete: 'UPDATE kv_version SET deleted_at = NULL WHERE ? > 0 AND key_id = ? AND version = ? AND destroyed = 0',
  destroy: 'UPDATE kv_version SET destroyed = 1 WHERE ? > 0 AND key_id = ? AND version = ?',
};

/** `POST|PUT <mount>/delete|undelete|destroy/<path> {versions}` (builtin/logical/kv/path_delete.go, path_destroy.go). */
export function answerVersions({ database, clock }: VaultState, { verb, body }: VaultRequest, act: VersionAct, place: Place): Answer | null {
  if (verb !== 'write') return null;
  const given = body.versions;
  const versions = (Array.isArray(given) ? given : typeof given === 'string' ? given.split(',') : [given])
    .map(Number)
    .filter((version) => Number.isInteger(version) && version > 0);
  if (versions.length === 0) throw new Refusal(400, act === 'destroy' ? 'no version number provided' : 'No version number provided');
  const key = keyAt(database, place);
  if (key) for (const version of versions) database.run(SQL[act], clock.now().getTime(), key.id, version);
  return noContent;
}
