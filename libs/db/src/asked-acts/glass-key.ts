import { createCipheriv, createDecipheriv, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto';
import { RcmError, Secret } from '@rcm/telemetry';

/** Of a SubjectPublicKeyInfo of X25519, and of GCM's tag. */
const [KEY_BYTES, TAG_BYTES] = [44, 16];
/** A key seals one text and no other, so the nonce need not differ. */
const NONCE = Buffer.alloc(12);

/** What a process that asks for a password can open the answer with. It lives as long as the process remembers it, and lies nowhere else. */
export interface GlassKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Fails with `input_invalid` for what was not sealed for this key and this request. */
  open(requestId: string, sealed: Uint8Array): Secret<string>;
}

/** A key for one reading: X25519 (RFC 7748), HKDF with SHA-256 (RFC 5869) and AES-256-GCM, bound to both public keys and to the request's id. */
export function createGlassKey(): GlassKey {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const own = derOf(publicKey);
  return {
    publicKey: own,
    open(requestId, sealed) {
      try {
        const from = Buffer.from(sealed.subarray(0, KEY_BYTES));
        const key = keyFor(diffieHellman({ privateKey, publicKey: publicKeyOf(from) }), { from, to: own, requestId });
        const cipher = createDecipheriv('aes-256-gcm', key, NONCE, { authTagLength: TAG_BYTES });
        cipher.setAuthTag(sealed.subarray(KEY_BYTES, KEY_BYTES + TAG_BYTES));
        return new Secret(Buffer.concat([cipher.update(sealed.subarray(KEY_BYTES + TAG_BYTES)), cipher.final()]).toString('utf8'));
      } catch {
        throw new RcmError('input_invalid', 'What came was sealed for another request. Nothing was shown.');
      }
    },
  };
}

/** What a person is to see, sealed for the process that asked: to whoever reads the row, a backup of it or the WAL, it is noise. */
export function sealForGlass(publicKey: Uint8Array, requestId: string, shown: Secret<string>): Uint8Array {
  const pair = generateKeyPairSync('x25519');
  const [from, to] = [derOf(pair.publicKey), Buffer.from(publicKey)];
  const key = keyFor(diffieHellman({ privateKey: pair.privateKey, publicKey: publicKeyOf(to) }), { from, to, requestId });
  const cipher = createCipheriv('aes-256-gcm', key, NONCE, { authTagLength: TAG_BYTES });
  const text = Buffer.concat([cipher.update(shown.reveal(), 'utf8'), cipher.final()]);
  return Buffer.concat([from, cipher.getAuthTag(), text]);
}

const derOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const publicKeyOf = (der: Buffer): KeyObject => createPublicKey({ key: der, type: 'spki', format: 'der' });

function keyFor(shared: Buffer, { from, to, requestId }: { readonly from: Buffer; readonly to: Buffer; readonly requestId: string }): Buffer {
  return Buffer.from(hkdfSync('sha256', shared, Buffer.concat([from, to]), `rcm break-glass ${requestId}`, 32));
}
