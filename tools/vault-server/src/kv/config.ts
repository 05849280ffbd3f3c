import { type Answer, noContent, withData } from '../http/answer.ts';
import type { VaultRequest } from '../http/request.ts';
import type { Database } from '@rcm/local-aws/kit';
import type { VaultState } from '../vault-state.ts';
import { deleteAfter, durationText, setDeleteAfter } from './delete-after.ts';
import type { Place } from './records.ts';

export interface MountConfig {
  /** 0: the engine's default of 10. */
  readonly maxVersions: number;
  readonly casRequired: boolean;
}

/** Versions kept where neither mount nor key says otherwise (builtin/logical/kv/backend.go, defaultMaxVersions). */
export const DEFAULT_MAX_VERSIONS = 10;

export function configOf(database: Database, { namespace, mount }: Pick<Place, 'namespace' | 'mount'>): MountConfig {
  const row = database.get<{ readonly max_versions: number; readonly cas_required: number }>(
    'SELECT max_versions, cas_required FROM kv_config WHERE namespace = ? AND mount = ?',
    ...[namespace, mount],
  );
  return { maxVersions: row?.max_versions ?? 0, casRequired: row?.cas_required === 1 };
}

/** `<mount>/config`: read and write. Null: no such route. */
export function answerConfig({ database }: VaultState, { verb, namespace, body }: VaultRequest, mount: string): Answer | null {
  const { maxVersions, casRequired } = configOf(database, { namespace, mount });
  const whole = { namespace, mount, path: '' };
  if (verb === 'read')
    return withData({ max_versions: maxVersions, cas_required: casRequired, delete_version_after: durationText(deleteAfter(database, whole)) });
  if (verb !== 'write') return null;
  setDeleteAfter(database, whole, body.delete_version_after);
  database.run(
    `INSERT INTO kv_config(namespace, mount, max_versions, cas_required) VALUES (?, ?, ?, ?)
     ON CONFLICT (namespace, mount) DO UPDATE SET max_versions = excluded.max_versions, cas_required = excluded.cas_required`,
    ...[namespace, mount, Number(body.max_versions ?? maxVersions), (body.cas_required ?? casRequired) === true ? 1 : 0],
  );
  return noContent;
}
