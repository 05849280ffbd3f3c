import { isRcmError, RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import type { PortalTask as Row } from '../generated/client.ts';
import { jsonText } from '../input.ts';
import type { DataKeys } from '../sealing/held-keys.ts';
import { open, seal } from '../sealing/envelope.ts';
import type { PortalTask } from './task.ts';

/** A value as its row holds it. */
export interface Sealed {
  readonly keyId: string;
  readonly bytes: Uint8Array;
}

export interface SealedField {
  readonly orgId: string;
  readonly taskId: string;
  readonly field: 'input' | 'result';
}

/**
 * Seals a value for its place. Call it while no transaction is open. Fails with `input_invalid` (not JSON, too large),
 * `data_key_unavailable`, `config_invalid` where this process has no data keys; never ends with a plain value.
 */
export async function sealField(db: Database, place: SealedField, value: unknown): Promise<Sealed> {
  const text = jsonText(place.field, value);
  const { id: keyId, key } = await dataKeysOf(db).current(place.orgId);
  return { keyId, bytes: seal(key, { ...place, keyId }, text) };
}

/**
 * Has the key at hand that an organization's next value will be sealed under: for whoever is about to make a value that must not be lost.
 * Fails with `data_key_unavailable`, `config_invalid`.
 */
export async function haveTaskKey(db: Database, orgId: string): Promise<void> {
  await dataKeysOf(db).current(orgId);
}

/** A field of a row, opened; what is still plain in rows from before is taken as it is. `null`: there is none. */
async function openField(db: Database, row: Row, field: 'input' | 'result'): Promise<unknown> {
  const [bytes, keyId] = field === 'input' ? [row.inputSealed, row.inputKeyId] : [row.resultSealed, row.resultKeyId];
  if (bytes === null || keyId === null) return row[field];
  const key = await dataKeysOf(db).byId(row.orgId, keyId);
  return open(key, { orgId: row.orgId, taskId: row.id, field, keyId }, bytes);
}

/**
 * A task with what is sealed in it. Call it while no transaction is open. Fails with `data_key_unavailable`, `task_data_unreadable`,
 * `config_invalid`. The schema's CHECKs make the casts true.
 */
export async function openTask(db: Database, row: Row): Promise<PortalTask> {
  const [input, result] = [await openField(db, row, 'input'), await openField(db, row, 'result')];
  return { ...closedTask(row), input: (input ?? {}) as Record<string, string>, result };
}

/** The same without what may hold patients' data. */
export function closedTask(row: Row): PortalTask {
  const { idempotencyKey: _key, inputSealed: _input, inputKeyId: _inputKey, resultSealed: _result, resultKeyId: _resultKey, ...rest } = row;
  return { ...rest, input: {}, result: null, state: row.state as PortalTask['state'] };
}

/**
 * `write` with a value sealed for its place, and once more where its key's row went meanwhile: a process that stopped for hours holds a key
 * that was forgotten since.
 */
export async function withSealed<T>(db: Database, place: SealedField, value: unknown, write: (sealed: Sealed) => Promise<T>): Promise<T> {
  const sealed = await sealField(db, place, value);
  try {
    return await write(sealed);
  } catch (error) {
    if (!isKeyGone(error, place.field)) throw error;
    dataKeysOf(db).forget(sealed.keyId);
    return write(await sealField(db, place, value));
  }
}

const isKeyGone = (error: unknown, field: SealedField['field']): boolean => isRcmError(error) && error.details.constraint === `portal_task_${field}_key`;

function dataKeysOf({ dataKeys }: Database): DataKeys {
  if (dataKeys) return dataKeys;
  throw new RcmError('config_invalid', 'This process has no key for what tasks hold of patients, so it neither writes nor reads it (RCM_TASK_KEYS).');
}
