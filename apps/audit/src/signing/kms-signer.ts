import { createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { RcmError } from '@rcm/telemetry';
import { keyId } from '../verify-audit.mjs';
import type { HeadSigner } from './signer.ts';

export interface KmsSignerOptions {
  /** Key id, ARN or alias of an asymmetric key, ECC_NIST_P256 for SIGN_VERIFY. */
  readonly key: string;
  readonly region: string;
  /** Only where AWS is not at its usual address. */
  readonly endpoint?: string | undefined;
}

/**
 * A key that never leaves KMS: whoever takes over the writer can sign while they have its role, and not afterwards. The task role needs `kms:Sign` and
 * `kms:GetPublicKey`. Fails with `audit_unavailable`, `config_invalid` for a key of another kind.
 */
export function kmsSigner({ key, region, endpoint }: KmsSignerOptions): HeadSigner {
  const client = new KMSClient({ region, ...(endpoint === undefined ? {} : { endpoint }), maxAttempts: 3 });
  let known: Promise<{ readonly id: string; readonly pem: string }> | null = null;
  const ask = async (signal: AbortSignal) => {
    const { PublicKey, KeySpec, KeyUsage } = await answered('the public key', client.send(new GetPublicKeyCommand({ KeyId: key }), { abortSignal: signal }));
    if (KeySpec !== 'ECC_NIST_P256' || KeyUsage !== 'SIGN_VERIFY' || !PublicKey)
      throw new RcmError('config_invalid', 'RCM_AUDIT_SIGNING_KMS_KEY is no key for signing with ECC_NIST_P256.');
    const publicKey = createPublicKey({ key: Buffer.from(PublicKey), type: 'spki', format: 'der' });
    return { id: keyId(publicKey), pem: String(publicKey.export({ type: 'spki', format: 'pem' })) };
  };
  return {
    publicKey(signal) {
      // What failed is asked again.
      known ??= ask(signal).catch((error: unknown) => {
        known = null;
        throw error;
      });
      return known;
    },
    async sign(text, signal) {
      const command = new SignCommand({ KeyId: key, Message: Buffer.from(text), MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256' });
      const { Signature } = await answered('a signature', client.send(command, { abortSignal: signal }));
      return Buffer.from(Signature ?? []);
    },
    close: () => client.destroy(),
  };
}

async function answered<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : 'error';
    if (name === 'UnsupportedOperationException' || name === 'InvalidKeyUsageException')
      throw new RcmError('config_invalid', 'RCM_AUDIT_SIGNING_KMS_KEY is no key for signing with ECC_NIST_P256.', { cause });
    throw new RcmError('audit_unavailable', `KMS did not give ${what} (${name}).`, { cause });
  }
}
