import { z } from 'zod';
import { keyArn } from '../account/arns.ts';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import type { KeyRecord } from './key-ring.ts';

/** A key id, key ARN, alias or alias ARN. */
export const keyIdSchema = z.string().min(1).max(2_048);

/** Fails with NotFoundException. */
export function requireKey(call: Call, reference: string): KeyRecord {
  const key = call.keys.find(reference);
  if (!key) throw new AwsError('NotFoundException', reference.includes('alias/') ? `Alias ${reference} is not found.` : `Key '${reference}' does not exist`);
  return key;
}

export const resourceOf = ({ KeyId }: { readonly KeyId: string }, call: Call): string[] => {
  const key = call.keys.find(KeyId);
  return [key ? keyArn(call.account, key.id) : KeyId];
};

const describe = (call: Call, key: KeyRecord) => ({
  AWSAccountId: call.account.accountId,
  KeyId: key.id,
  Arn: keyArn(call.account, key.id),
  CreationDate: new Date(key.created_at),
  Enabled: key.state === 'Enabled',
  Description: key.description,
  KeyUsage: key.spec === 'ECC_NIST_P256' ? 'SIGN_VERIFY' : 'ENCRYPT_DECRYPT',
  KeyState: key.state,
  ...(key.deletion_at === null ? {} : { DeletionDate: new Date(key.deletion_at) }),
  Origin: 'AWS_KMS',
  KeyManager: key.manager,
  CustomerMasterKeySpec: key.spec,
  KeySpec: key.spec,
  ...(key.spec === 'ECC_NIST_P256' ? { SigningAlgorithms: ['ECDSA_SHA_256'] } : { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] }),
  MultiRegion: false,
});

export const createKey = operation({
  input: z.strictObject({
    Description: z.string().max(8_192).optional(),
    KeyUsage: z.enum(['ENCRYPT_DECRYPT', 'SIGN_VERIFY']).optional(),
    KeySpec: z.enum(['SYMMETRIC_DEFAULT', 'ECC_NIST_P256']).optional(),
  }),
  run({ Description = '', KeyUsage = 'ENCRYPT_DECRYPT', KeySpec = 'SYMMETRIC_DEFAULT' }, call) {
    if ((KeyUsage === 'SIGN_VERIFY') !== (KeySpec === 'ECC_NIST_P256'))
      throw new AwsError('ValidationException', `KeyUsage ${KeyUsage} is not compatible with KeySpec ${KeySpec}`);
    return { KeyMetadata: describe(call, call.keys.create({ description: Description, manager: 'CUSTOMER', spec: KeySpec, now: call.now })) };
  },
});

export const describeKey = operation({
  input: z.strictObject({ KeyId: keyIdSchema }),
  resources: resourceOf,
  run: ({ KeyId }, call) => ({ KeyMetadata: describe(call, requireKey(call, KeyId)) }),
});

export const listKeys = operation({
  input: z.strictObject({}),
  run: (_, call) => ({
    Keys: call.database.all<{ id: string }>('SELECT id FROM kms_key ORDER BY id').map(({ id }) => ({ KeyId: id, KeyArn: keyArn(call.account, id) })),
    Truncated: false,
  }),
});
