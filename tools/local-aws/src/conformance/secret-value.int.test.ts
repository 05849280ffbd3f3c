import { randomUUID } from 'node:crypto';
import { CreateKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';

const create = ({ secrets, name }: Stage, more: Partial<CreateSecretCommandInput> = {}) =>
  secrets.send(new CreateSecretCommand({ Name: name, SecretString: 'one', ...more }));
const put = ({ secrets, name }: Stage, more: Partial<PutSecretValueCommandInput> = {}) =>
  secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString: 'two', ...more }));
const get = ({ secrets, name }: Stage, more: Partial<GetSecretValueCommandInput> = {}) => secrets.send(new GetSecretValueCommand({ SecretId: name, ...more }));

conformance([
  {
    title: 'a new secret is current under its token',
    cites: 'API_CreateSecret: ClientRequestToken becomes the VersionId, AWSCURRENT is attached',
    async run(stage) {
      const ClientRequestToken = randomUUID();
      expect(await create(stage, { ClientRequestToken })).toMatchObject({ Name: stage.name, VersionId: ClientRequestToken });
      expect(await get(stage)).toMatchObject({ SecretString: 'one', VersionId: ClientRequestToken, VersionStages: ['AWSCURRENT'] });
    },
  },
  {
    title: 'an ARN ends in a hyphen and six random characters',
    cites: 'API_CreateSecret: Name; Secrets Manager adds a hyphen and six characters',
    run: async (stage) =>
      expect((await create(stage)).ARN).toMatch(new RegExp(`^arn:aws:secretsmanager:us-east-1:\\d{12}:secret:${stage.name}-[a-zA-Z0-9]{6}$`)),
  },
  {
    title: 'a secret is found by its name, its ARN and its ARN without the suffix',
    cites: 'API_GetSecretValue: SecretId; partial ARN',
    async run(stage) {
      const { ARN = '' } = await create(stage);
      for (const SecretId of [stage.name, ARN, ARN.slice(0, -7)]) expect(await get(stage, { SecretId })).toMatchObject({ ARN, SecretString: 'one' });
    },
  },
  {
    title: 'a second secret of the same name is refused',
    cites: 'API_CreateSecret: ResourceExistsException',
    async run(stage) {
      await create(stage);
      await refused(create(stage), 'ResourceExistsException');
    },
  },
  {
    title: 'creating again with the same token and value changes nothing',
    cites: 'API_CreateSecret: ClientRequestToken, idempotent retry',
    departs: { emulator: 'answers ResourceExistsException' },
    async run(stage) {
      const ClientRequestToken = randomUUID();
      const first = await create(stage, { ClientRequestToken });
      expect(await create(stage, { ClientRequestToken })).toMatchObject({ ARN: first.ARN, VersionId: ClientRequestToken });
    },
  },
  {
    title: 'creating again with the same token and another value is refused',
    cites: 'API_CreateSecret: ClientRequestToken, ResourceExistsException',
    async run(stage) {
      const ClientRequestToken = randomUUID();
      await create(stage, { ClientRequestToken });
      await refused(create(stage, { ClientRequestToken, SecretString: 'other' }), 'ResourceExistsException');
    },
  },
  ...[31, 65].map((length) => ({
    title: `a token of ${length} characters is refused`,
    cites: 'API_PutSecretValue: ClientRequestToken, 32 to 64 characters',
    async run(stage: Stage) {
      await create(stage);
      await refused(put(stage, { ClientRequestToken: 'x'.repeat(length) }), 'InvalidParameterException');
    },
  })),
  {
    title: 'a name with other characters is refused',
    cites: 'API_CreateSecret: Name, ASCII letters, digits and /_+=.@-',
    departs: { emulator: 'stores it' },
    run: (stage) => refused(create(stage, { Name: `${stage.name} x` }), 'ValidationException'),
  },
  {
    title: 'text and bytes together are refused',
    cites: 'API_CreateSecret: SecretString or SecretBinary, not both',
    departs: { emulator: 'stores the text' },
    run: (stage) => refused(create(stage, { SecretBinary: Buffer.from('x') }), 'InvalidParameterException'),
  },
  {
    title: 'bytes come back as bytes',
    cites: 'API_GetSecretValue: SecretBinary',
    async run(stage) {
      const bytes = Buffer.from([0, 255, 128, 10]);
      await create(stage, { SecretString: undefined, SecretBinary: bytes });
      const answer = await get(stage);
      expect(Buffer.from(answer.SecretBinary ?? [])).toEqual(bytes);
      expect(answer.SecretString).toBeUndefined();
    },
  },
  {
    title: 'text keeps every character of Unicode and every line break',
    cites: 'API_PutSecretValue: SecretString',
    async run(stage) {
      const text = 'p🔑ä\n\t"\\ \u2028 end ';
      await create(stage, { SecretString: text });
      expect((await get(stage)).SecretString).toBe(text);
    },
  },
  {
    title: 'a value of 65,536 bytes is taken',
    cites: 'API_PutSecretValue: SecretString, at most 65,536',
    async run(stage) {
      await create(stage, { SecretString: 'x'.repeat(65_536) });
      expect((await get(stage)).SecretString).toHaveLength(65_536);
    },
  },
  {
    title: 'a value of 65,537 bytes is refused',
    cites: 'API_PutSecretValue: SecretString, at most 65,536',
    departs: { emulator: 'stores it' },
    run: (stage) => refused(create(stage, { SecretString: 'x'.repeat(65_537) }), 'ValidationException'),
  },
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
