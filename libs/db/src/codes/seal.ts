import { constants, createPublicKey, generateKeyPair, privateDecrypt, publicEncrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { RcmError, Secret } from '@rcm/telemetry';

/** Longer ones no portal sends; of bytes. */
const LONGEST_CODE = 64;
const MODULUS_BITS = 2_048;

/** What a process that waits for a code can open answers with. It lives as long as the process remembers it, and lies nowhere else. */
export interface CodeKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Fails with `input_invalid` for what was not sealed for this key and this request. */
  open(requestId: string, sealed: Uint8Array): Secret<string>;
}

/** A key for one request: RSA with OAEP and SHA-256 (RFC 8017), the request's id as its label, so that an answer opens at no other. */
export async function createCodeKey(): Promise<CodeKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS });
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    open(requestId, sealed) {
      try {
        return new Secret(privateDecrypt({ key: privateKey, ...sealedFor(requestId) }, sealed).toString('utf8'));
      } catch {
        throw new RcmError('input_invalid', 'The answer to a request for a code was sealed for another one.');
      }
    },
  };
}

/**
 * A code as a person types it, sealed for whoever asked. Blanks are taken out: messages show codes in groups that no portal's field takes. Fails with `input_invalid` where nothing
 * is left, or more than any code has.
 */
export function sealCode(publicKey: Uint8Array, requestId: string, code: Secret<string>): Uint8Array {
  const bare = code.map((text) => text.replace(/\s/g, ''));
  const bytes = Buffer.from(bare.reveal(), 'utf8');
  if (bytes.length === 0 || bytes.length > LONGEST_CODE) throw new RcmError('input_invalid', `A code has 1 to ${LONGEST_CODE} characters. Nothing was sent.`);
  const key = createPublicKey({ key: Buffer.from(publicKey), type: 'spki', format: 'der' });
  return publicEncrypt({ key, ...sealedFor(requestId) }, bytes);
}

const sealedFor = (requestId: string) =>
  ({ padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: Buffer.from(requestId, 'utf8') }) as const;
