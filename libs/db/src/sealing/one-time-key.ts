import { createCipheriv, createDecipheriv, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto';
import { RcmError, Secret } from '@rcm/telemetry';

/** Of a SubjectPublicKeyInfo of X25519, and of GCM's tag. */
const [KEY_BYTES, TAG_BYTES] = [44, 16];
/** A key seals one text and no other, so the nonce need not differ. */
const NONCE = Buffer.alloc(12);

/** What a sealed text is for. It opens for the same alone. */
export interface SealedFor {
  /** The use and its request: two uses share no key, whatever the two ends believe. At most a kilobyte. */
  readonly use: string;
  /** What else has to be the same at both ends: whose it is, and who has said it. Default: nothing. */
  readonly bound?: readonly string[];
}

/** What a process that waits can open the answer with. It lives as long as the process remembers it, and lies nowhere else. */
export interface OneTimeKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Fails with `input_invalid` for what was not sealed for this key and this use of it. */
  open(sealed: Uint8Array): Secret<string>;
}

/** A key for one text: X25519 (RFC 7748), HKDF with SHA-256 (RFC 5869) and AES-256-GCM, bound to both public keys, the use, and what it says besides. */
export function createOneTimeKey(sealedFor: SealedFor): OneTimeKey {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const own = derOf(publicKey);
  return {
    publicKey: own,
    open(sealed) {
      try {
        const from = Buffer.from(sealed.subarray(0, KEY_BYTES));
        const key = keyFor(diffieHellman({ privateKey, publicKey: publicKeyOf(from) }), { from, to: own, sealedFor });
        const cipher = createDecipheriv('aes-256-gcm', key, NONCE, { authTagLength: TAG_BYTES });
        cipher.setAAD(boundBy(sealedFor)).setAuthTag(sealed.subarray(KEY_BYTES, KEY_BYTES + TAG_BYTES));
        return new Secret(Buffer.concat([cipher.update(sealed.subarray(KEY_BYTES + TAG_BYTES)), cipher.final()]).toString('utf8'));
      } catch {
        throw new RcmError('input_invalid', 'What came was sealed for another request. Nothing was done with it.');
      }
    },
  };
}

/** One text for whoever has the key: to whoever reads the row, a backup of it or the WAL, it is noise. Fails with `input_invalid` for what is no such key. */
export function sealOnce(publicKey: Uint8Array, sealedFor: SealedFor, text: Secret<string>): Uint8Array {
  const pair = generateKeyPairSync('x25519');
  const [from, to] = [derOf(pair.publicKey), Buffer.from(publicKey)];
  const key = keyFor(sharedWith(pair.privateKey, to), { from, to, sealedFor });
  const cipher = createCipheriv('aes-256-gcm', key, NONCE, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundBy(sealedFor));
  const sealed = Buffer.concat([cipher.update(text.reveal(), 'utf8'), cipher.final()]);
  return Buffer.concat([from, cipher.getAuthTag(), sealed]);
}

/** How many bytes what is sealed has more than its text. */
export const SEALING_ADDS = KEY_BYTES + TAG_BYTES;

function sharedWith(privateKey: KeyObject, to: Buffer): Buffer {
  try {
    return diffieHellman({ privateKey, publicKey: publicKeyOf(to) });
  } catch {
    throw new RcmError('input_invalid', 'The key that it was to be sealed for is none. Nothing was sent.');
  }
}

const derOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const publicKeyOf = (der: Buffer): KeyObject => createPublicKey({ key: der, type: 'spki', format: 'der' });

/** Nothing bound is no byte, so that processes of before bind the same. */
const boundBy = ({ bound }: SealedFor): Buffer => Buffer.from(bound === undefined ? '' : JSON.stringify(bound), 'utf8');

interface Between {
  readonly from: Buffer;
  readonly to: Buffer;
  readonly sealedFor: SealedFor;
}

function keyFor(shared: Buffer, { from, to, sealedFor }: Between): Buffer {
  return Buffer.from(hkdfSync('sha256', shared, Buffer.concat([from, to]), `rcm ${sealedFor.use}`, 32));
}
