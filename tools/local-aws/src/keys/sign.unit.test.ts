import { createPublicKey, verify } from 'node:crypto';
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  SignCommand,
} from '@aws-sdk/client-kms';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { errorName, running } from '../running.fixture.ts';

const Message = Buffer.from('a head');
const SigningAlgorithm = 'ECDSA_SHA_256';

async function signing() {
  const aws = await running();
  const { kms } = aws.clients;
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }));
  return { aws, kms, KeyId: KeyMetadata?.Arn ?? '' };
}

test('what a key signs, its public key proves', async () => {
  const { kms, KeyId } = await signing();
  const { Signature } = await kms.send(new SignCommand({ KeyId, Message, SigningAlgorithm, MessageType: 'RAW' }));
  const { PublicKey, KeySpec, KeyUsage } = await kms.send(new GetPublicKeyCommand({ KeyId }));
  expect([KeySpec, KeyUsage]).toEqual(['ECC_NIST_P256', 'SIGN_VERIFY']);
  const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), type: 'spki', format: 'der' });
  expect(verify('sha256', Message, key, Signature ?? Buffer.alloc(0))).toBe(true);
  expect(verify('sha256', Buffer.from('another'), key, Signature ?? Buffer.alloc(0))).toBe(false);
  expect((await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toMatchObject({ KeySpec: 'ECC_NIST_P256', SigningAlgorithms: ['ECDSA_SHA_256'] });
});

test('a key that signs does nothing else, and one that encrypts does not sign', async () => {
  const { aws, kms, KeyId } = await signing();
  expect(await errorName(kms.send(new EncryptCommand({ KeyId, Plaintext: Message })))).toBe('InvalidKeyUsageException');
  expect(await errorName(kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })))).toBe('InvalidKeyUsageException');
  expect(await errorName(aws.clients.ssm.send(new PutParameterCommand({ Name: '/x', Value: 'x', Type: 'SecureString', KeyId })))).toBe('InvalidKeyId');
  expect(await errorName(kms.send(new SignCommand({ KeyId: aws.kmsKeyArn, Message, SigningAlgorithm })))).toBe('InvalidKeyUsageException');
  expect(await errorName(kms.send(new GetPublicKeyCommand({ KeyId: aws.kmsKeyArn })))).toBe('UnsupportedOperationException');
});

test('a disabled key does not sign, a message has 4,096 bytes at most, and usage and spec belong together', async () => {
  const { kms, KeyId } = await signing();
  expect(await errorName(kms.send(new SignCommand({ KeyId, Message: Buffer.alloc(4_097), SigningAlgorithm })))).toBe('ValidationException');
  expect(await errorName(kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256' })))).toBe('ValidationException');
  expect(await errorName(kms.send(new CreateKeyCommand({ KeyUsage: 'SIGN_VERIFY' })))).toBe('ValidationException');
  await kms.send(new DisableKeyCommand({ KeyId }));
  expect(await errorName(kms.send(new SignCommand({ KeyId, Message, SigningAlgorithm })))).toBe('DisabledException');
});
