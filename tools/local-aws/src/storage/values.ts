import type { EncryptionContext, KeyRing } from '../keys/key-ring.ts';
import type { Database } from './database.ts';

/** A value as it lies in the data file. */
export interface StoredValue {
  readonly id: number;
  readonly ciphertext: Uint8Array;
  readonly context: string;
  readonly is_binary: 0 | 1;
}

export interface NewValue {
  readonly keyId: string;
  readonly plaintext: Uint8Array;
  readonly isBinary: boolean;
  readonly context: EncryptionContext;
  readonly now: Date;
}

/** Encrypts and appends; the returned id is what a parameter version or secret version points at. */
export function appendValue(database: Database, keys: KeyRing, value: NewValue): number {
  const ciphertext = keys.encrypt(value.keyId, value.plaintext, value.context);
  const { rowId } = database.run(
    'INSERT INTO stored_value(ciphertext, context, is_binary, written_at) VALUES (?, ?, ?, ?)',
    ...[ciphertext, JSON.stringify(value.context), value.isBinary ? 1 : 0, value.now.getTime()],
  );
  return rowId;
}

export function storedValue(database: Database, id: number): StoredValue {
  const row = database.get<StoredValue>('SELECT id, ciphertext, context, is_binary FROM stored_value WHERE id = ?', id);
  if (!row) throw new Error(`Value ${id} is gone from the data file.`);
  return row;
}

/** The plaintext and the key it was under, whatever state that key is in now. */
export function openValue(keys: KeyRing, value: StoredValue): { readonly keyId: string; readonly plaintext: Buffer } {
  const opened = keys.decrypt(value.ciphertext, JSON.parse(value.context) as EncryptionContext);
  if (!opened?.plaintext) throw new Error(`Value ${value.id} does not open under the key file.`);
  return { keyId: opened.keyId, plaintext: opened.plaintext };
}
