import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { keyArn } from '../account/arns.ts';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { contextConditions } from './context-conditions.ts';
import type { KeyRecord } from './key-ring.ts';
import { keyIdSchema, requireKey, resourceOf } from './operations.ts';

/** Base64 text as the JSON protocol carries bytes; lengths are those of the bytes. */
export const blob = (maximum: number) =>
  z
    .base64()
    .refine((text) => text.length > 0 && Buffer.byteLength(text, 'base64') <= maximum, { error: `Member must have length between 1 and ${maximum}` })
    .transform((text) => Buffer.from(text, 'base64'));

const context = z.record(z.string(), z.string()).optional();
const algorithm = z.enum(['SYMMETRIC_DEFAULT']).optional();

/** Errors: DisabledException, KMSInvalidStateException. */
export function requireUsable(call: Call, key: KeyRecord): KeyRecord {
  const arn = keyArn(call.account, key.id);
  if (key.state === 'Disabled') throw new AwsError('DisabledException', `${arn} is disabled.`);
  if (key.state === 'PendingDeletion') throw new AwsError('KMSInvalidStateException', `${arn} is pending deletion.`);
  return key;
}

/** Errors: InvalidKeyUsageException. */
function requireSymmetric(call: Call, key: KeyRecord): KeyRecord {
  if (key.spec !== 'SYMMETRIC_DEFAULT')
    throw new AwsError('InvalidKeyUsageException', `${keyArn(call.account, key.id)} key usage is SIGN_VERIFY which is not valid for this operation.`);
  return key;
}

export const encrypt = operation({
  input: z.strictObject({ KeyId: keyIdSchema, Plaintext: blob(4_096), EncryptionContext: context, EncryptionAlgorithm: algorithm }),
  resources: resourceOf,
  conditions: ({ EncryptionContext = {} }) => contextConditions(EncryptionContext),
  run({ KeyId, Plaintext, EncryptionContext = {} }, call) {
    const key = requireSymmetric(call, requireUsable(call, requireKey(call, KeyId)));
    const ciphertext = call.keys.encrypt(key.id, Plaintext, EncryptionContext);
    return { CiphertextBlob: ciphertext.toString('base64'), KeyId: keyArn(call.account, key.id), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  },
});

/** Decrypt: the blob says which key; a KeyId that is given must be that one. */
export const decrypt = operation({
  input: z.strictObject({ CiphertextBlob: blob(6_144), EncryptionContext: context, KeyId: keyIdSchema.optional(), EncryptionAlgorithm: algorithm }),
  resources: ({ CiphertextBlob, EncryptionContext = {} }, call) => {
    const opened = call.keys.decrypt(CiphertextBlob, EncryptionContext);
    return [opened ? keyArn(call.account, opened.keyId) : '*'];
  },
  conditions: ({ EncryptionContext = {} }) => contextConditions(EncryptionContext),
  run({ CiphertextBlob, EncryptionContext = {}, KeyId }, call) {
    const opened = call.keys.decrypt(CiphertextBlob, EncryptionContext);
    if (!opened) throw invalidCiphertext();
    if (KeyId !== undefined && requireKey(call, KeyId).id !== opened.keyId) {
      throw new AwsError('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.');
    }
    requireUsable(call, requireKey(call, opened.keyId));
    if (!opened.plaintext) throw invalidCiphertext();
    return { KeyId: keyArn(call.account, opened.keyId), Plaintext: opened.plaintext.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  },
});

/** As KMS does, it tells nothing of why. */
const invalidCiphertext = (): AwsError => new AwsError('InvalidCiphertextException', 'The ciphertext is not valid under this key and encryption context.');

export const generateDataKey = operation({
  input: z.strictObject({
    KeyId: keyIdSchema,
    EncryptionContext: context,
    KeySpec: z.enum(['AES_128', 'AES_256']).optional(),
    NumberOfBytes: z.number().int().min(1).max(1_024).optional(),
  }),
  resources: resourceOf,
  conditions: ({ EncryptionContext = {} }) => contextConditions(EncryptionContext),
  run({ KeyId, EncryptionContext = {}, KeySpec, NumberOfBytes }, call) {
    if ((KeySpec === undefined) === (NumberOfBytes === undefined))
      throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
    const key = requireSymmetric(call, requireUsable(call, requireKey(call, KeyId)));
    const plaintext = randomBytes(NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32));
    const ciphertext = call.keys.encrypt(key.id, plaintext, EncryptionContext);
    return { CiphertextBlob: ciphertext.toString('base64'), Plaintext: plaintext.toString('base64'), KeyId: keyArn(call.account, key.id) };
  },
});
