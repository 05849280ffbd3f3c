import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { RcmError, type Secret } from '@rcm/telemetry';
import type { DataKeyOwner, DataKeyRewrapping, DataKeyWrapping } from './wrapping.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';
/** Of what names a key file in the rows of the keys that it wrapped. */
export const FILE = 'file:';

/** A key that every web-agent is given in a file, with the id that names it in rows. */
export interface KeyFile {
  readonly id: string;
  readonly key: Secret<string>;
}

/**
 * Data keys wrapped by one key that every web-agent is given in a file: for one machine, and where there is neither KMS nor Vault. Whoever has
 * the file and the database reads every tenant. Each organization has a wrapping key of its own, derived from the file's (HKDF-SHA-256).
 */
export function keyFileWrapping({ id, key }: KeyFile): DataKeyRewrapping {
  const wrappedBy = `${FILE}${id}`;
  const root = createSecretKey(key.reveal(), 'utf8');
  return {
    wrappedBy,
    files: [wrappedBy],
    generate(owner) {
      const bytes = randomBytes(32);
      const dataKey = createSecretKey(bytes);
      const wrapped = wrap(wrappingKey(root, owner), owner, bytes);
      bytes.fill(0);
      return Promise.resolve({ key: dataKey, wrapped });
    },
    unwrap(owner, { wrappedBy: by, wrapped }) {
      if (by !== wrappedBy)
        return Promise.reject(new RcmError('data_key_unavailable', `Data key ${owner.keyId} was wrapped by another key than this process has.`));
      return unwrap(wrappingKey(root, owner), owner, wrapped);
    },
    rewrap(owner, dataKey) {
      const bytes = dataKey.export();
      const wrapped = wrap(wrappingKey(root, owner), owner, bytes);
      bytes.fill(0);
      return wrapped;
    },
  };
}

/** `current` makes what is new; what `previous`, another key file, has wrapped is opened, too: while the key is changed. */
export function alsoOpening<T extends DataKeyWrapping>(current: T, previous: KeyFile): T {
  const former = keyFileWrapping(previous);
  return {
    ...current,
    files: [...(current.files ?? []), former.wrappedBy],
    unwrap: (owner, wrapped) => (wrapped.wrappedBy === former.wrappedBy ? former : current).unwrap(owner, wrapped),
  };
}

const wrappingKey = (root: KeyObject, { orgId }: DataKeyOwner): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), `rcm data key wrapping 1\n${orgId}`, 32)));

const associatedData = ({ orgId, keyId }: DataKeyOwner): Buffer => Buffer.from(`rcm tenant_data_key 1\n${orgId}\n${keyId}`);

function wrap(by: KeyObject, owner: DataKeyOwner, bytes: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, by, nonce, { authTagLength: TAG_BYTES }).setAAD(associatedData(owner));
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function unwrap(by: KeyObject, owner: DataKeyOwner, wrapped: Uint8Array): Promise<KeyObject> {
  try {
    const decipher = createDecipheriv(ALGORITHM, by, wrapped.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(associatedData(owner))
      .setAuthTag(wrapped.subarray(-TAG_BYTES));
    const bytes = Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return Promise.resolve(key);
  } catch {
    return Promise.reject(new RcmError('task_data_unreadable', `Data key ${owner.keyId} does not open for its organization.`, { details: { ...owner } }));
  }
}
