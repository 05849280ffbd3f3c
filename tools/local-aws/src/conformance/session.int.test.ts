import { AssumeRoleCommand, type AssumeRoleCommandInput, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { expect } from 'vitest';
import { conformance, refused, type Stage } from './case.fixture.ts';
import { sdkClients } from './subject.fixture.ts';

const assume = ({ sts, roleArn }: Stage, more: Partial<AssumeRoleCommandInput> = {}) =>
  sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'case', ...more }));
const tags = (count: number) => Array.from({ length: count }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));

conformance([
  {
    title: 'a session has a key, a secret, a token and an hour',
    cites: 'API_AssumeRole: Credentials; DurationSeconds 3,600 by default',
    async run(stage) {
      const { Credentials, AssumedRoleUser } = await assume(stage);
      expect(Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z0-9]{16}$/);
      expect(Math.abs(Number(Credentials?.Expiration) - Date.now() - 3_600_000)).toBeLessThan(120_000);
      expect(AssumedRoleUser?.Arn).toMatch(/:assumed-role\/rcm-agent-tenant\/case$/);
    },
  },
  {
    title: 'a session is who it says it is',
    cites: 'API_GetCallerIdentity',
    async run(stage) {
      const { Credentials } = await assume(stage);
      const credentials = {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      };
      const session = sdkClients({ ...stage, credentials });
      const identity = await session.sts.send(new GetCallerIdentityCommand({}));
      expect(identity.Arn).toMatch(/^arn:aws:sts::\d{12}:assumed-role\/rcm-agent-tenant\/case$/);
      expect(identity.Account).toMatch(/^\d{12}$/);
    },
  },
  {
    title: 'session tags are taken, with every letter of Unicode and an empty value',
    cites: 'API_AssumeRole: Tags; API_Tag',
    run: async (stage) =>
      expect(
        (
          await assume(stage, {
            Tags: [
              { Key: 'env', Value: 'é/ü=+@' },
              { Key: 'empty', Value: '' },
            ],
          })
        ).Credentials,
      ).toBeDefined(),
  },
  ...[
    { what: 'a tag value with other characters', Tags: [{ Key: 'a', Value: 'semi;colon' }] },
    { what: 'a tag value of 257 characters', Tags: [{ Key: 'a', Value: 'x'.repeat(257) }] },
    { what: 'a tag key of 129 characters', Tags: [{ Key: 'x'.repeat(129), Value: '' }] },
    { what: '51 tags', Tags: tags(51) },
  ].map(({ what, Tags }) => ({
    title: `${what} is refused`,
    cites: 'API_AssumeRole: Tags, at most 50; API_Tag: Key 128, Value 256, pattern [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*',
    departs: { emulator: 'checks no tags' },
    run: (stage: Stage) => refused(assume(stage, { Tags }), 'ValidationError'),
  })),
  {
    title: '50 tags of the largest size of key are taken',
    cites: 'API_AssumeRole: Tags, at most 50',
    run: async (stage) => expect((await assume(stage, { Tags: tags(50) })).Credentials).toBeDefined(),
  },
  {
    title: 'tag keys that differ in case only are refused',
    cites: 'Pass session tags in AWS STS (User Guide): keys are unique, whatever the case',
    departs: { emulator: 'checks no tags' },
    run: (stage) =>
      refused(
        assume(stage, {
          Tags: [
            { Key: 'Env', Value: 'a' },
            { Key: 'env', Value: 'b' },
          ],
        }),
        'InvalidParameterValue',
      ),
  },
  ...[899, 43_201].map((DurationSeconds) => ({
    title: `a session of ${DurationSeconds} seconds is refused`,
    cites: 'API_AssumeRole: DurationSeconds, 900 to 43,200',
    departs: { emulator: 'takes any duration' },
    run: (stage: Stage) => refused(assume(stage, { DurationSeconds }), 'ValidationError'),
  })),
  ...['x', 'sp ace', 'x'.repeat(65)].map((RoleSessionName) => ({
    title: `a session name of ${RoleSessionName.length} characters (${RoleSessionName.slice(0, 8)}) is refused`,
    cites: 'API_AssumeRole: RoleSessionName, 2 to 64 of [\\w+=,.@-]',
    departs: { emulator: 'checks at most the length' },
    run: (stage: Stage) => refused(assume(stage, { RoleSessionName }), 'ValidationError'),
  })),
  {
    title: 'a role that does not exist is AccessDenied',
    cites: 'API_AssumeRole: Common errors, AccessDenied 403',
    departs: { emulator: 'assumes any role' },
    run: (stage) => refused(assume(stage, { RoleArn: `${stage.roleArn}-missing` }), 'AccessDenied', 403),
  },
  {
    title: 'who asks without a role is the account’s user',
    cites: 'API_GetCallerIdentity: Arn, UserId, Account',
    run: async (stage) => expect((await stage.sts.send(new GetCallerIdentityCommand({}))).Arn).toMatch(/^arn:aws:(iam|sts)::\d{12}:user\//),
  },
]);
