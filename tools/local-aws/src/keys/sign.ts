import { z } from 'zod';
import { keyArn } from '../account/arns.ts';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import type { KeyRecord } from './key-ring.ts';
import { blob, requireUsable } from './crypt.ts';
import { keyIdSchema, requireKey, resourceOf } from './operations.ts';

const SIGNING = { KeySpec: 'ECC_NIST_P256', CustomerMasterKeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', SigningAlgorithms: ['ECDSA_SHA_256'] } as const;

/** Errors: InvalidKeyUsageException for a key that encrypts. */
function requireSigning(call: Call, key: KeyRecord): KeyRecord {
  if (key.spec !== 'ECC_NIST_P256')
    throw new AwsError('InvalidKeyUsageException', `${keyArn(call.account, key.id)} key usage is ENCRYPT_DECRYPT which is not valid for Sign.`);
  return key;
}

/** Sign, of a whole message alone: `MessageType: DIGEST` is not played. */
export const sign = operation({
  input: z.strictObject({ KeyId: keyIdSchema, Message: blob(4_096), MessageType: z.enum(['RAW']).optional(), SigningAlgorithm: z.enum(['ECDSA_SHA_256']) }),
  resources: resourceOf,
  conditions: ({ SigningAlgorithm }) => ({ 'kms:SigningAlgorithm': SigningAlgorithm, 'kms:MessageType': 'RAW' }),
  run({ KeyId, Message, SigningAlgorithm }, call) {
    const key = requireSigning(call, requireUsable(call, requireKey(call, KeyId)));
    return { KeyId: keyArn(call.account, key.id), Signature: call.keys.sign(key.id, Message).toString('base64'), SigningAlgorithm };
  },
});

/** GetPublicKey. Errors: UnsupportedOperationException for a symmetric key. */
export const getPublicKey = operation({
  input: z.strictObject({ KeyId: keyIdSchema }),
  resources: resourceOf,
  run({ KeyId }, call) {
    const key = requireUsable(call, requireKey(call, KeyId));
    if (key.spec !== 'ECC_NIST_P256') throw new AwsError('UnsupportedOperationException', `${keyArn(call.account, key.id)} is a symmetric key.`);
    return { KeyId: keyArn(call.account, key.id), PublicKey: call.keys.publicKey(key.id).toString('base64'), ...SIGNING };
  },
});
