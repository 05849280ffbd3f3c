import { randomUUID } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  ListAliasesCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';

const plaintext = Buffer.from('some bytes');
const newKey = async ({ kms }: Stage): Promise<string> => (await kms.send(new CreateKeyCommand({ Description: 'case' }))).KeyMetadata?.Arn ?? '';
const encrypt = async ({ kms }: Stage, KeyId: string, EncryptionContext?: Record<string, string>) =>
  (await kms.send(new EncryptCommand({ KeyId, Plaintext: plaintext, EncryptionContext }))).CiphertextBlob;
const decrypt = ({ kms }: Stage, CiphertextBlob: Uint8Array | undefined, more: { KeyId?: string; EncryptionContext?: Record<string, string> } = {}) =>
  kms.send(new DecryptCommand({ CiphertextBlob, ...more }));

conformance([
  {
    title: 'what was encrypted is decrypted, and the answer names the key by ARN',
    cites: 'API_Encrypt, API_Decrypt: KeyId is the key ARN',
    async run(stage) {
      const opened = await decrypt(stage, await encrypt(stage, stage.keyArn));
      expect(Buffer.from(opened.Plaintext ?? [])).toEqual(plaintext);
      expect(opened.KeyId).toBe(stage.keyArn);
    },
  },
  {
    title: 'the encryption context must be the same, in any order',
    cites: 'API_Decrypt: EncryptionContext is an exact, case-sensitive match, order aside',
    async run(stage) {
      const blob = await encrypt(stage, stage.keyArn, { a: '1', b: '2' });
      await decrypt(stage, blob, { EncryptionContext: { b: '2', a: '1' } });
      await refused(decrypt(stage, blob, { EncryptionContext: { a: '1' } }), 'InvalidCiphertextException');
      await refused(decrypt(stage, blob, { EncryptionContext: { a: '1', b: 'two' } }), 'InvalidCiphertextException');
    },
  },
  {
    title: 'changed bytes are InvalidCiphertextException',
    cites: 'API_Decrypt: InvalidCiphertextException',
    async run(stage) {
      const blob = Buffer.from((await encrypt(stage, stage.keyArn)) ?? []);
      blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
      await refused(decrypt(stage, blob), 'InvalidCiphertextException');
    },
  },
  {
    title: 'another key than the one that encrypted is IncorrectKeyException',
    cites: 'API_Decrypt: IncorrectKeyException',
    departs: { emulator: 'decrypts' },
    run: async (stage) => refused(decrypt(stage, await encrypt(stage, stage.keyArn), { KeyId: await newKey(stage) }), 'IncorrectKeyException'),
  },
  {
    title: 'a disabled key encrypts and decrypts nothing until it is enabled',
    cites: 'API_DisableKey; API_Encrypt: DisabledException',
    departs: { emulator: 'asks no key state' },
    async run(stage) {
      const KeyId = await newKey(stage);
      const blob = await encrypt(stage, KeyId);
      await stage.kms.send(new DisableKeyCommand({ KeyId }));
      await refused(encrypt(stage, KeyId), 'DisabledException');
      await refused(decrypt(stage, blob), 'DisabledException');
      await stage.kms.send(new EnableKeyCommand({ KeyId }));
      await decrypt(stage, blob);
    },
  },
  {
    title: 'a key that waits for deletion is KMSInvalidStateException',
    cites: 'API_ScheduleKeyDeletion; Key states of AWS KMS keys',
    departs: { emulator: 'asks no key state' },
    async run(stage) {
      const KeyId = await newKey(stage);
      await stage.kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
      await refused(encrypt(stage, KeyId), 'KMSInvalidStateException');
    },
  },
  {
    title: 'a key that does not exist is NotFoundException',
    cites: 'API_Encrypt: NotFoundException',
    run: (stage) => refused(encrypt(stage, randomUUID()), 'NotFoundException'),
  },
  {
    title: 'a plaintext of 4,097 bytes is refused',
    cites: 'API_Encrypt: Plaintext, at most 4,096',
    run: (stage) => refused(stage.kms.send(new EncryptCommand({ KeyId: stage.keyArn, Plaintext: Buffer.alloc(4_097) })), 'ValidationException'),
  },
  {
    title: 'a key is described by id, ARN and alias',
    cites: 'API_DescribeKey: KeyId',
    departs: { emulator: 'leaves KeyUsage out' },
    async run(stage) {
      const arn = await newKey(stage);
      const AliasName = `alias/${stage.name}`;
      await stage.kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: arn }));
      for (const KeyId of [arn, arn.split('/')[1] ?? '', AliasName]) {
        expect((await stage.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toMatchObject({
          Arn: arn,
          Enabled: true,
          KeyState: 'Enabled',
          KeyUsage: 'ENCRYPT_DECRYPT',
        });
      }
      expect((await stage.kms.send(new ListAliasesCommand({ KeyId: arn }))).Aliases?.map((each) => each.AliasName)).toEqual([AliasName]);
    },
  },
  {
    title: 'an alias is given once',
    cites: 'API_CreateAlias: AlreadyExistsException',
    async run(stage) {
      await stage.kms.send(new CreateAliasCommand({ AliasName: `alias/${stage.name}`, TargetKeyId: stage.keyArn }));
      await refused(stage.kms.send(new CreateAliasCommand({ AliasName: `alias/${stage.name}`, TargetKeyId: stage.keyArn })), 'AlreadyExistsException');
    },
  },
  {
    title: 'an alias must begin with alias/',
    cites: 'API_CreateAlias: AliasName; InvalidAliasNameException',
    departs: { emulator: 'answers ValidationException' },
    run: (stage) => refused(stage.kms.send(new CreateAliasCommand({ AliasName: stage.name, TargetKeyId: stage.keyArn })), 'InvalidAliasNameException'),
  },
  {
    title: 'a data key comes in plain and encrypted, and both are the same',
    cites: 'API_GenerateDataKey',
    async run(stage) {
      const made = await stage.kms.send(new GenerateDataKeyCommand({ KeyId: stage.keyArn, KeySpec: 'AES_256' }));
      expect(made.Plaintext).toHaveLength(32);
      expect((await decrypt(stage, made.CiphertextBlob)).Plaintext).toEqual(made.Plaintext);
    },
  },
]);
