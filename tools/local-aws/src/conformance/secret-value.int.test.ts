import { randomUUID } from 'node:crypto';
import { CreateKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import { DescribeSecretCommand, UpdateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';
import { NEW_SECRETS } from './new-secrets.fixture.ts';
import { create, get, put } from './secret-calls.fixture.ts';

conformance([
  ...NEW_SECRETS,
  {
    title: 'a new value moves AWSCURRENT to itself and AWSPREVIOUS to the last one',
    cites: 'API_PutSecretValue: VersionStages; AWSPREVIOUS moves when AWSCURRENT does',
    async run(stage) {
      const { VersionId: first } = await create(stage);
      const { VersionId: second, VersionStages } = await put(stage);
      expect(VersionStages).toEqual(['AWSCURRENT']);
      expect(await get(stage, { VersionStage: 'AWSCURRENT' })).toMatchObject({ SecretString: 'two', VersionId: second });
      expect(await get(stage, { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'one', VersionId: first });
    },
  },
  {
    title: 'a pending value leaves the current one alone',
    cites: 'API_PutSecretValue: VersionStages',
    async run(stage) {
      await create(stage);
      await put(stage, { VersionStages: ['AWSPENDING'] });
      expect((await get(stage, { VersionStage: 'AWSCURRENT' })).SecretString).toBe('one');
      expect((await get(stage, { VersionStage: 'AWSPENDING' })).SecretString).toBe('two');
    },
  },
  {
    title: 'the first value is current, whatever stage was named',
    cites: 'API_PutSecretValue: the first version gets AWSCURRENT',
    departs: { emulator: 'attaches only what was named' },
    async run(stage) {
      await create(stage, { SecretString: undefined });
      await put(stage, { VersionStages: ['AWSPENDING'] });
      expect((await get(stage)).SecretString).toBe('two');
    },
  },
  {
    title: 'the same token with the same value is one version',
    cites: 'API_PutSecretValue: ClientRequestToken, the request is ignored',
    async run(stage) {
      await create(stage);
      const ClientRequestToken = randomUUID();
      await put(stage, { ClientRequestToken });
      expect(await put(stage, { ClientRequestToken })).toMatchObject({ VersionId: ClientRequestToken });
      const { VersionIdsToStages = {} } = await stage.secrets.send(new DescribeSecretCommand({ SecretId: stage.name }));
      expect(Object.keys(VersionIdsToStages)).toHaveLength(2);
    },
  },
  {
    title: 'the same token with another value is refused and changes nothing',
    cites: 'API_PutSecretValue: ResourceExistsException; a version cannot be modified',
    departs: { emulator: 'overwrites the version' },
    async run(stage) {
      await create(stage);
      const ClientRequestToken = randomUUID();
      await put(stage, { ClientRequestToken });
      await refused(put(stage, { ClientRequestToken, SecretString: 'three' }), 'ResourceExistsException');
      expect((await get(stage)).SecretString).toBe('two');
    },
  },
  {
    title: 'a put without a value is refused',
    cites: 'API_PutSecretValue: SecretString or SecretBinary is needed',
    async run(stage) {
      await create(stage);
      await refused(put(stage, { SecretString: undefined }), 'InvalidRequestException');
    },
  },
  {
    title: 'a version is read by its id',
    cites: 'API_GetSecretValue: VersionId',
    async run(stage) {
      const { VersionId } = await create(stage);
      await put(stage);
      expect(await get(stage, { VersionId })).toMatchObject({ SecretString: 'one' });
    },
  },
  {
    title: 'an id and a stage of two versions are refused',
    cites: 'API_GetSecretValue: VersionStage and VersionId must name the same version',
    departs: { emulator: 'answers another error' },
    async run(stage) {
      const { VersionId } = await create(stage);
      await put(stage);
      await refused(get(stage, { VersionId, VersionStage: 'AWSCURRENT' }), 'InvalidRequestException');
    },
  },
  ...[{ VersionStage: 'AWSPENDING' }, { VersionId: randomUUID() }].map((missing) => ({
    title: `a read by ${Object.keys(missing).join()} that is not there is ResourceNotFoundException`,
    cites: 'API_GetSecretValue: ResourceNotFoundException',
    async run(stage: Stage) {
      await create(stage);
      await refused(get(stage, missing), 'ResourceNotFoundException', 'any');
    },
  })),
  {
    title: 'a missing secret is ResourceNotFoundException',
    cites: 'API_GetSecretValue: ResourceNotFoundException',
    run: (stage) => refused(get(stage), 'ResourceNotFoundException', 'any'),
  },
  {
    title: 'a missing secret is answered with status 400',
    cites: 'API_GetSecretValue: ResourceNotFoundException, HTTP status 400',
    departs: { emulator: 'answers 404' },
    run: (stage) => refused(get(stage), 'ResourceNotFoundException', 400),
  },
  {
    title: 'UpdateSecret with a value makes it current',
    cites: 'API_UpdateSecret: SecretString creates a new version',
    async run(stage) {
      await create(stage);
      await stage.secrets.send(new UpdateSecretCommand({ SecretId: stage.name, SecretString: 'three', Description: 'words' }));
      expect((await get(stage)).SecretString).toBe('three');
      expect(await stage.secrets.send(new DescribeSecretCommand({ SecretId: stage.name }))).toMatchObject({ Description: 'words' });
    },
  },
  {
    title: 'a secret under a disabled key cannot be read or written',
    cites: 'API_GetSecretValue: DecryptionFailure; API_PutSecretValue: EncryptionFailure',
    departs: { emulator: 'asks no key' },
    async run(stage) {
      const { KeyMetadata } = await stage.kms.send(new CreateKeyCommand({ Description: randomUUID() }));
      const KmsKeyId = KeyMetadata?.Arn ?? '';
      await create(stage, { KmsKeyId });
      await stage.kms.send(new DisableKeyCommand({ KeyId: KmsKeyId }));
      await refused(get(stage), 'DecryptionFailure');
      await refused(put(stage), 'EncryptionFailure');
    },
  },
]);
