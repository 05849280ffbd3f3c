import { createPrivateKey, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import type { Account } from '../account/arns.ts';
import type { Database } from '../storage/database.ts';
import type { RootKey } from '../storage/root-key.ts';
import { seal, unseal } from './sealed-box.ts';

export type EncryptionContext = Readonly<Record<string, string>>;
type KeySpec = 'SYMMETRIC_DEFAULT' | 'ECC_NIST_P256';
export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

export interface KeyRecord {
  readonly id: string;
  readonly description: string;
  readonly manager: 'AWS' | 'CUSTOMER';
  readonly spec: KeySpec;
  readonly state: KeyState;
  readonly created_at: number;
  readonly deletion_at: number | null;
}

/** What a ciphertext blob says of itself: which key made it. */
interface OpenedBlob {
  readonly keyId: string;
  /** `null` where the context or the bytes are not those that were encrypted. */
  readonly plaintext: Buffer | null;
}

/**
 * Keys whose material never leaves: each is wrapped under the root key in the data file. The ring looks at no key state;
 * whether a key may be used is decided by who asks (`keys/usable.ts`).
 */
export interface KeyRing {
  create(options: { readonly description: string; readonly manager: 'AWS' | 'CUSTOMER'; readonly spec?: KeySpec; readonly now: Date }): KeyRecord;
  /** By key id, key ARN, alias name (`alias/x`) or alias ARN; `null` where there is none in this account and region. */
  find(reference: string): KeyRecord | null;
  /** Whether the material of this key opens under the root key. */
  holdsMaterial(keyId: string): boolean;
  encrypt(keyId: string, plaintext: Uint8Array, context: EncryptionContext): Buffer;
  /** `null` where the bytes are no blob of this ring. */
  decrypt(blob: Uint8Array, context: EncryptionContext): OpenedBlob | null;
  /** ECDSA over SHA-256 in DER, by a key whose spec is ECC_NIST_P256. */
  sign(keyId: string, message: Uint8Array): Buffer;
  /** SubjectPublicKeyInfo in DER. */
  publicKey(keyId: string): Buffer;
}

const BLOB_VERSION = 1;
const KEY_ID_BYTES = 16;
const COLUMNS = `id, description, manager, state, created_at, deletion_at,
  CASE WHEN EXISTS (SELECT 1 FROM kms_signing_key s WHERE s.id = kms_key.id) THEN 'ECC_NIST_P256' ELSE 'SYMMETRIC_DEFAULT' END AS spec`;

/** The same pairs in any order are the same context, as in KMS. */
const canonicalContext = (context: EncryptionContext): string => JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

export function createKeyRing(database: Database, root: RootKey, account: Account): KeyRing {
  const wrapping = root.derive('kms-key-material');
  const material = new Map<string, Buffer>();

  const materialOf = (keyId: string): Buffer | null => {
    const known = material.get(keyId);
    if (known) return known;
    const row = database.get<{ wrapped: Uint8Array }>('SELECT wrapped FROM kms_key WHERE id = ?', keyId);
    const unwrapped = row && unseal(wrapping, row.wrapped, keyId);
    if (unwrapped) material.set(keyId, unwrapped);
    return unwrapped;
  };

  const idOf = (reference: string): string | null => {
    const prefix = `arn:${account.partition}:kms:${account.region}:${account.accountId}:`;
    if (reference.startsWith('arn:') && !reference.startsWith(prefix)) return null;
    const local = reference.startsWith(prefix) ? reference.slice(prefix.length) : reference;
    if (local.startsWith('alias/')) return database.get<{ key_id: string }>('SELECT key_id FROM kms_alias WHERE name = ?', local)?.key_id ?? null;
    return reference === local ? local : local.startsWith('key/') ? local.slice('key/'.length) : null;
  };

  return {
    create({ description, manager, spec = 'SYMMETRIC_DEFAULT', now }) {
      const id = randomUUID();
      const wrapped = seal(wrapping, randomBytes(32), id);
      database.run(
        `INSERT INTO kms_key(id, wrapped, description, manager, state, created_at) VALUES (?, ?, ?, ?, 'Enabled', ?)`,
        ...[id, wrapped, description, manager, now.getTime()],
      );
      if (spec === 'ECC_NIST_P256') {
        const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
        database.run(
          'INSERT INTO kms_signing_key(id, wrapped, public_key) VALUES (?, ?, ?)',
          ...[id, seal(wrapping, privateKey.export({ type: 'pkcs8', format: 'der' }), `${id}/sign`), publicKey.export({ type: 'spki', format: 'der' })],
        );
      }
      return { id, description, manager, spec, state: 'Enabled', created_at: now.getTime(), deletion_at: null };
    },
    find(reference) {
      const id = idOf(reference);
      return id === null ? null : database.get<KeyRecord>(`SELECT ${COLUMNS} FROM kms_key WHERE id = ?`, id);
    },
    holdsMaterial: (keyId) => materialOf(keyId) !== null,
    encrypt(keyId, plaintext, context) {
      const key = materialOf(keyId);
      if (!key) throw new Error(`There is no key material for ${keyId}.`);
      const idBytes = Buffer.from(keyId.replaceAll('-', ''), 'hex');
      return Buffer.concat([Buffer.of(BLOB_VERSION), idBytes, seal(key, plaintext, canonicalContext(context))]);
    },
    decrypt(blob, context) {
      if (blob.length <= 1 + KEY_ID_BYTES || blob[0] !== BLOB_VERSION) return null;
      const keyId = uuidOf(blob.subarray(1, 1 + KEY_ID_BYTES));
      const key = materialOf(keyId);
      return key && { keyId, plaintext: unseal(key, blob.subarray(1 + KEY_ID_BYTES), canonicalContext(context)) };
    },
    sign(keyId, message) {
      const row = database.get<{ wrapped: Uint8Array }>('SELECT wrapped FROM kms_signing_key WHERE id = ?', keyId);
      const der = row && unseal(wrapping, row.wrapped, `${keyId}/sign`);
      if (!der) throw new Error(`There is no signing key for ${keyId}.`);
      return sign('sha256', message, createPrivateKey({ key: der, type: 'pkcs8', format: 'der' }));
    },
    publicKey(keyId) {
      const row = database.get<{ public_key: Uint8Array }>('SELECT public_key FROM kms_signing_key WHERE id = ?', keyId);
      if (!row) throw new Error(`There is no signing key for ${keyId}.`);
      return Buffer.from(row.public_key);
    },
  };
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
