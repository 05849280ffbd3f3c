import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { RcmError, type Secret } from '@rcm/telemetry';
import { keyId } from '../verify-audit.mjs';
import type { HeadSigner } from './signer.ts';

/** An Ed25519 key from a file (`openssl genpkey -algorithm ed25519`). Fails with `config_invalid` for anything else. */
export function keyFileSigner(pem: Secret<string>): HeadSigner {
  const key = readKey(pem);
  const publicKey = createPublicKey(key);
  const known = { id: keyId(publicKey), pem: String(publicKey.export({ type: 'spki', format: 'pem' })) };
  return {
    publicKey: () => Promise.resolve(known),
    sign: (text) => Promise.resolve(sign(null, Buffer.from(text), key)),
    close: () => {},
  };
}

function readKey(pem: Secret<string>): KeyObject {
  try {
    const key = createPrivateKey(pem.reveal());
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // What the parser says may quote the key.
  }
  throw new RcmError('config_invalid', 'RCM_AUDIT_SIGNING_KEY is no Ed25519 private key in PEM without a passphrase.');
}
