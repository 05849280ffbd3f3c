import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { type ConformanceCase, refused, type Stage } from './case.fixture.ts';
import { create, get, put } from './secret-calls.fixture.ts';

/** How a secret begins: its name, its token, and what it may hold. */
export const NEW_SECRETS: readonly ConformanceCase[] = [
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
];
