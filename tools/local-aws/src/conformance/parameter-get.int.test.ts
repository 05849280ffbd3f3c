import { randomUUID } from 'node:crypto';
import { CreateKeyCommand, DecryptCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import {
  DeleteParameterCommand,
  DeleteParametersCommand,
  GetParameterCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  PutParameterCommand,
} from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';

const secure = ({ ssm, keyArn }: Stage, Name: string, Value: string, more: { Overwrite?: boolean; KeyId?: string } = {}) =>
  ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', KeyId: keyArn, ...more }));
const get = async ({ ssm }: Stage, Name: string, WithDecryption = true) => (await ssm.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter;
const getMany = ({ ssm }: Stage, Names: string[]) => ssm.send(new GetParametersCommand({ Names, WithDecryption: true }));

conformance([
  {
    title: 'a read answers name, ARN, type, version, time and data type',
    cites: 'API_Parameter',
    async run(stage) {
      await secure(stage, `${stage.path}/p`, 'v');
      const found = await get(stage, `${stage.path}/p`);
      expect(found).toMatchObject({ Name: `${stage.path}/p`, Type: 'SecureString', Value: 'v', Version: 1, DataType: 'text' });
      expect(found?.ARN).toMatch(new RegExp(`^arn:aws:ssm:us-east-1:\\d{12}:parameter${stage.path}/p$`));
      expect(Math.abs(Number(found?.LastModifiedDate) - Date.now())).toBeLessThan(120_000);
    },
  },
  {
    title: 'a missing parameter is ParameterNotFound',
    cites: 'API_GetParameter: ParameterNotFound',
    run: (stage) => refused(get(stage, `${stage.path}/missing`), 'ParameterNotFound'),
  },
  {
    title: 'names are case-sensitive',
    cites: 'API_PutParameter: Name is case-sensitive',
    async run(stage) {
      await secure(stage, `${stage.path}/Name`, 'v');
      await refused(get(stage, `${stage.path}/name`), 'ParameterNotFound');
    },
  },
  {
    title: 'a version is read by name:version, and the answer repeats the selector',
    cites: 'API_GetParameter: Name with version; API_Parameter: Selector',
    departs: { emulator: 'leaves the selector out' },
    async run(stage) {
      await secure(stage, `${stage.path}/p`, 'one');
      await secure(stage, `${stage.path}/p`, 'two', { Overwrite: true });
      expect(await get(stage, `${stage.path}/p:1`)).toMatchObject({ Name: `${stage.path}/p`, Value: 'one', Version: 1, Selector: ':1' });
      expect(await get(stage, `${stage.path}/p`)).toMatchObject({ Value: 'two', Version: 2 });
    },
  },
  {
    title: 'a version that does not exist is ParameterVersionNotFound',
    cites: 'API_GetParameter: ParameterVersionNotFound',
    async run(stage) {
      await secure(stage, `${stage.path}/p`, 'one');
      await refused(get(stage, `${stage.path}/p:9`), 'ParameterVersionNotFound');
    },
  },
  {
    title: 'a labelled version is read by name:label',
    cites: 'API_GetParameter: Name with label',
    async run(stage) {
      await secure(stage, `${stage.path}/p`, 'one');
      await secure(stage, `${stage.path}/p`, 'two', { Overwrite: true });
      await stage.ssm.send(new LabelParameterVersionCommand({ Name: `${stage.path}/p`, ParameterVersion: 1, Labels: ['stable'] }));
      expect(await get(stage, `${stage.path}/p:stable`)).toMatchObject({ Value: 'one', Version: 1 });
    },
  },
  {
    title: 'a parameter is read by its ARN',
    cites: 'API_GetParameter: Name is the name or the ARN',
    async run(stage) {
      await secure(stage, `${stage.path}/p`, 'one');
      const arn = (await get(stage, `${stage.path}/p`))?.ARN ?? '';
      expect(await get(stage, arn)).toMatchObject({ Name: `${stage.path}/p`, Value: 'one' });
    },
  },
  {
    title: 'without WithDecryption a SecureString is ciphertext, and KMS opens it under PARAMETER_ARN only',
    cites: 'AWS KMS encryption for Parameter Store (User Guide): encryption context PARAMETER_ARN',
    departs: { emulator: 'answers the plaintext behind a prefix' },
    async run(stage) {
      await secure(stage, `${stage.path}/p`, 'hidden');
      const sealed = await get(stage, `${stage.path}/p`, false);
      expect(sealed?.Value).not.toContain('hidden');
      const CiphertextBlob = Buffer.from(sealed?.Value ?? '', 'base64');
      const opened = await stage.kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { PARAMETER_ARN: sealed?.ARN ?? '' } }));
      expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe('hidden');
      await refused(
        stage.kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: { PARAMETER_ARN: `${sealed?.ARN}x` } })),
        'InvalidCiphertextException',
      );
    },
  },
  {
    title: 'a SecureString under a disabled key cannot be written or read',
    cites: 'API_GetParameter: InvalidKeyId; Troubleshooting Parameter Store: key not enabled',
    departs: { emulator: 'asks no key' },
    async run(stage) {
      const { KeyMetadata } = await stage.kms.send(new CreateKeyCommand({ Description: randomUUID() }));
      const KeyId = KeyMetadata?.Arn ?? '';
      await secure(stage, `${stage.path}/p`, 'v', { KeyId });
      await stage.kms.send(new DisableKeyCommand({ KeyId }));
      await refused(get(stage, `${stage.path}/p`), 'InvalidKeyId');
      await refused(secure(stage, `${stage.path}/q`, 'v', { KeyId }), 'InvalidKeyId');
    },
  },
  {
    title: 'GetParameters answers what exists and names what does not',
    cites: 'API_GetParameters: InvalidParameters',
    async run(stage) {
      await secure(stage, `${stage.path}/a`, '1');
      await secure(stage, `${stage.path}/b`, '2');
      const answer = await getMany(stage, [`${stage.path}/b`, `${stage.path}/missing`, `${stage.path}/a`]);
      expect(new Map(answer.Parameters?.map((each) => [each.Name, each.Value]))).toEqual(
        new Map([
          [`${stage.path}/a`, '1'],
          [`${stage.path}/b`, '2'],
        ]),
      );
      expect(answer.InvalidParameters).toEqual([`${stage.path}/missing`]);
    },
  },
  {
    title: 'GetParameters takes ten names',
    cites: 'API_GetParameters: Names, at most 10',
    async run(stage) {
      const answer = await getMany(
        stage,
        Array.from({ length: 10 }, (_, index) => `${stage.path}/${index}`),
      );
      expect(answer.InvalidParameters).toHaveLength(10);
    },
  },
  {
    title: 'GetParameters refuses eleven names',
    cites: 'API_GetParameters: Names, at most 10',
    run: (stage) =>
      refused(
        getMany(
          stage,
          Array.from({ length: 11 }, (_, index) => `${stage.path}/${index}`),
        ),
        'ValidationException',
      ),
  },
  {
    title: 'GetParameters names a version that does not exist among the invalid ones',
    cites: 'API_GetParameters: InvalidParameters',
    async run(stage) {
      await secure(stage, `${stage.path}/a`, '1');
      expect((await getMany(stage, [`${stage.path}/a:7`])).InvalidParameters).toEqual([`${stage.path}/a:7`]);
    },
  },
  {
    title: 'a deleted parameter is gone, and a new one of its name begins at version 1',
    cites: 'API_DeleteParameter',
    async run(stage) {
      await secure(stage, `${stage.path}/p`, 'one');
      await secure(stage, `${stage.path}/p`, 'two', { Overwrite: true });
      await stage.ssm.send(new DeleteParameterCommand({ Name: `${stage.path}/p` }));
      await refused(get(stage, `${stage.path}/p`), 'ParameterNotFound');
      expect(await secure(stage, `${stage.path}/p`, 'new')).toMatchObject({ Version: 1 });
      await refused(get(stage, `${stage.path}/p:2`), 'ParameterVersionNotFound');
    },
  },
  {
    title: 'deleting what is not there is ParameterNotFound',
    cites: 'API_DeleteParameter: ParameterNotFound',
    run: (stage) => refused(stage.ssm.send(new DeleteParameterCommand({ Name: `${stage.path}/missing` })), 'ParameterNotFound'),
  },
  {
    title: 'DeleteParameters answers what it deleted and what was not there',
    cites: 'API_DeleteParameters: DeletedParameters, InvalidParameters',
    async run(stage) {
      await secure(stage, `${stage.path}/a`, '1');
      const answer = await stage.ssm.send(new DeleteParametersCommand({ Names: [`${stage.path}/a`, `${stage.path}/missing`] }));
      expect(answer).toMatchObject({ DeletedParameters: [`${stage.path}/a`], InvalidParameters: [`${stage.path}/missing`] });
    },
  },
]);
